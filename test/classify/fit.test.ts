/** The parts of the quick way: gradients, the minimiser, folds, the temperature, and the head that they make. */
import { describe, expect, test } from "vitest";
import { calibrate } from "../../src/classify/calibrate.js";
import { fitHead } from "../../src/classify/fit-head.js";
import { stratifiedFolds } from "../../src/classify/folds.js";
import { ClassifierHead, probabilitiesOf } from "../../src/classify/head.js";
import { minimise } from "../../src/classify/lbfgs.js";
import { SoftmaxRegression } from "../../src/classify/softmax-regression.js";
import { standardise, unstandardised } from "../../src/classify/standardise.js";
import { fittedTemperature, nats } from "../../src/classify/temperature.js";
import { createEngine } from "../../src/engine/create.js";
import { Random } from "../../src/engine/random.js";

const native = await createEngine({ engine: "native", threads: 1 });
const exact = await createEngine({ engine: "reference", precision: "f64" });

/** N vectors of D normal numbers whose first one is shifted by their label. */
function points(N: number, D: number, C: number, shift: number, seed: number) {
  const random = new Random(seed);
  const labels = Int32Array.from({ length: N }, () => random.below(C));
  const rows = Float32Array.from({ length: N * D }, (_, i) => {
    const n = Math.floor(i / D);
    return random.normal() + (i % D === labels[n] ? shift : 0);
  });
  return { labels, rows };
}

describe("softmax regression", () => {
  test("its gradient is that of central differences, also of weighted rows and several blocks", () => {
    const [N, D, C] = [7, 4, 3];
    const { labels, rows } = points(N, D, C, 1, 1);
    const blocks = [rows.subarray(0, 3 * D), rows.subarray(3 * D)];
    const regression = new SoftmaxRegression(exact, blocks, labels, { C, D });
    const random = new Random(2);
    const theta = Float64Array.from({ length: regression.size }, () => random.normal());
    const weights = Float64Array.of(1, 0, 2.5, 1, 0.5, 0, 3);
    const gradient = new Float64Array(theta.length);
    regression.evaluate(theta, weights, 0.3, gradient);
    const unused = new Float64Array(theta.length);
    const h = 1e-6;
    for (let i = 0; i < theta.length; i++) {
      const at = (by: number): number => {
        const moved = theta.slice();
        moved[i]! += by;
        return regression.evaluate(moved, weights, 0.3, unused);
      };
      expect(Math.abs((at(h) - at(-h)) / (2 * h) - gradient[i]!)).toBeLessThan(1e-8);
    }
  });

  test("a row that counts 0 has its logits, and changes nothing", () => {
    const [N, D, C] = [6, 3, 2];
    const { labels, rows } = points(N, D, C, 1, 3);
    const weights = Float64Array.of(1, 1, 1, 1, 1, 0);
    const theta = Float64Array.of(1, -1, 0.5, 2, 0, 1, 0.1, -0.2);
    const values = [labels, labels.map((label, n) => (n === 5 ? 1 - label : label))].map((own) => {
      const regression = new SoftmaxRegression(exact, [rows], own, { C, D });
      const gradient = new Float64Array(theta.length);
      const loss = regression.evaluate(theta, weights, 0, gradient);
      const x = rows.subarray(5 * D);
      expect(regression.logits[5 * C]).toBeCloseTo(x[0]! - x[1]! + 0.5 * x[2]! + 0.1, 12);
      return { loss, gradient };
    });
    expect(values[1]).toEqual(values[0]);
  });
});

test("L-BFGS finds the minimum of a badly scaled quadratic, and of Rosenbrock's function", () => {
  const scales = [1, 10, 100, 1000];
  const quadratic = (x: Float64Array, g: Float64Array): number =>
    scales.reduce((sum, scale, i) => {
      g[i] = 2 * scale * (x[i]! - i);
      return sum + scale * (x[i]! - i) ** 2;
    }, 0);
  const run = (f: typeof quadratic, x: Float64Array): number => {
    let steps = 0;
    for (const _ of minimise(f, x, { steps: 200, tolerance: 1e-8 })) steps++;
    return steps;
  };
  const x = new Float64Array(4);
  expect(run(quadratic, x)).toBeLessThan(40);
  for (const [i, value] of x.entries()) expect(value).toBeCloseTo(i, 8);
  const rosenbrock = ([a, b]: Float64Array, g: Float64Array): number => {
    g[0] = -2 * (1 - a!) - 400 * a! * (b! - a! * a!);
    g[1] = 200 * (b! - a! * a!);
    return (1 - a!) ** 2 + 100 * (b! - a! * a!) ** 2;
  };
  const y = Float64Array.of(-1.2, 1);
  expect(run(rosenbrock, y)).toBeLessThan(100);
  expect(y[0]).toBeCloseTo(1, 6);
  expect(y[1]).toBeCloseTo(1, 6);
});

describe("folds", () => {
  test("have the same part of every label, and the sizes of a fifth", () => {
    const labels = Int32Array.from({ length: 103 }, (_, n) => (n < 61 ? 0 : n < 101 ? 1 : 2));
    const { of, count, held } = stratifiedFolds(labels, 3, 5);
    expect({ count, held }).toEqual({ count: 5, held: 5 });
    for (let fold = 0; fold < count; fold++) {
      const own = [0, 1, 2].map((label) => labels.filter((one, n) => one === label && of[n] === fold).length);
      expect(own[0]).toBeGreaterThanOrEqual(12);
      expect(own[0]).toBeLessThanOrEqual(13);
      expect(own[1]).toBe(8);
      // Of two texts never both are held out.
      expect(own[2]).toBeLessThanOrEqual(1);
      const size = own.reduce((a, b) => a + b);
      expect(size).toBeGreaterThanOrEqual(20);
      expect(size).toBeLessThanOrEqual(21);
    }
    expect(stratifiedFolds(labels, 3, 5).of).toEqual(of);
    expect(stratifiedFolds(labels, 3, 6).of).not.toEqual(of);
  });

  test("of many texts one is held out", () => {
    expect(stratifiedFolds(new Int32Array(2000), 1, 1).held).toBe(1);
  });
});

describe("the temperature", () => {
  test("is found again where logits were multiplied by one", () => {
    const random = new Random(7);
    const [N, C] = [20_000, 3];
    const honest = Float64Array.from({ length: N * C }, () => 1.5 * random.normal());
    const labels = Int32Array.from({ length: N }, (_, n) => {
      const p = probabilitiesOf(honest.slice(n * C, (n + 1) * C));
      let u = random.next();
      return p.findIndex((one) => (u -= one) < 0);
    });
    for (const T of [0.5, 1, 3]) {
      const told = honest.map((z) => z * T);
      expect(fittedTemperature(told, labels, C)).toBeGreaterThan(0.95 * T);
      expect(fittedTemperature(told, labels, C)).toBeLessThan(1.05 * T);
      expect(nats(told, labels, C, T)).toBeCloseTo(nats(honest, labels, C), 6);
    }
  });

  test("stays near 1 where a few texts are all told right", () => {
    const T = fittedTemperature(Float64Array.of(2, 0, 0, 2, 2, 0), Int32Array.of(0, 1, 0), 2);
    expect(T).toBeGreaterThan(0.3);
    expect(T).toBeLessThan(1);
  });
});

test("a head on standardised vectors is the same on those they were", () => {
  const [D, C] = [3, 2];
  const { rows } = points(5, D, C, 4, 9);
  const theta = Float64Array.of(1, 2, -1, 0.5, 0, 3, 0.25, -0.5);
  const shifted = rows.map((x, i) => 10 + (1 + (i % D)) * x);
  const blocks = [shifted.slice(0, 2 * D), shifted.slice(2 * D)];
  const standard = standardise(blocks, D);
  const { weight, bias } = unstandardised(theta, standard, C);
  const head = new ClassifierHead(["a", "b"], "mean", weight, bias);
  const flat = [...blocks[0]!, ...blocks[1]!];
  for (let n = 0; n < 5; n++) {
    const z = head.logits(shifted.subarray(n * D, (n + 1) * D));
    for (let c = 0; c < C; c++) {
      let expected = theta[C * D + c]!;
      for (let d = 0; d < D; d++) expected += theta[c * D + d]! * flat[n * D + d]!;
      expect(z[c]).toBeCloseTo(expected, 4);
    }
  }
});

describe("a fitted head", () => {
  const labels = ["a", "b", "c"];
  const fitted = (N: number, shift: number, settings: { balanced?: boolean; seed?: number } = {}) => {
    const made = points(N, 8, 3, shift, 11);
    // Of the third label few.
    const keep = Array.from(made.labels.keys()).filter((n) => made.labels[n] !== 2 || n % 8 === 0);
    const rows = Float32Array.from(keep.flatMap((n) => Array.from(made.rows.subarray(n * 8, (n + 1) * 8))));
    const own = Int32Array.from(keep, (n) => made.labels[n]!);
    const counts = labels.map((_, c) => own.filter((label) => label === c).length);
    const classWeights = counts.map((count) => (settings.balanced ? own.length / (3 * count) : 1));
    const seed = settings.seed ?? 1;
    return fitHead(native, [rows], 8, own, 3, { classWeights, seed }).then((head) => {
      const heldLabels = Int32Array.from(head.heldOut, (n) => own[n]!);
      return { ...head, ...calibrate(head.logits, heldLabels, labels, 0), rows: head.heldOut };
    });
  };

  test("tells labels that can be told, and says how sure that is", async () => {
    const { heldOut, penalty, temperature, rows } = await fitted(600, 3);
    expect(heldOut.accuracy).toBeGreaterThan(0.9);
    expect(heldOut.expectedCalibrationError).toBeLessThan(0.06);
    expect(rows).toEqual(Array.from(rows.keys()));
    expect(penalty).toBeLessThan(1);
    expect(temperature).toBeGreaterThan(0.3);
  });

  test("knows that it knows nothing where there is nothing to be told", async () => {
    const { heldOut, penalty, bias } = await fitted(300, 0);
    // As often right as the most frequent label is there; sure of no more.
    expect(heldOut.expectedCalibrationError).toBeLessThan(0.12);
    expect(penalty).toBeGreaterThan(0.05);
    expect(bias.every(Number.isFinite)).toBe(true);
  });

  test("finds more of a rare label where labels count alike", async () => {
    const recall = async (balanced: boolean): Promise<number> =>
      (await fitted(600, 1.2, { balanced })).heldOut.labels[2]!.recall;
    expect(await recall(true)).toBeGreaterThan((await recall(false)) + 0.1);
  });

  test("has the same bits with the same seed, and holds out others with another", async () => {
    const [one, same, other] = await Promise.all([
      fitted(200, 1),
      fitted(200, 1),
      fitted(200, 1, { seed: 2 }),
    ]);
    expect(same).toEqual(one);
    expect(other.heldOut.loss).not.toBe(one.heldOut.loss);
  });
});
