/**
 * Products of operands rounded to bfloat16: every instruction set against the reference that rounds the same way, in
 * float64, over odd sizes and tails. Where the operands are given they are rounded alike and only the sums differ;
 * where they are results (the state of the step before, a gradient) one may fall to the other side of a tie.
 */
import { describe, expect, test } from "vitest";
import { createEngine } from "../../src/engine/create.js";
import { roundToBf16 } from "../../src/engine/bf16.js";
import type { Engine, Operands, Tensor } from "../../src/engine/engine.js";
import { instructionSets, nativeEngine } from "../../src/engine/native-loader.js";
import { Random } from "../../src/engine/random.js";
import { ReferenceEngine } from "../../src/engine/reference.js";
import { dataOf, softmaxSums } from "./tensor-data.js";
import { idsOf } from "./tensor-data.js";

/** Largest error, by the largest element (or 1), where both sides round the same numbers. */
const SUMS = 2e-5;
/** The same where an operand may be rounded to the other side: far below what rounding itself does, about 1e-2. */
const RESULTS = 1e-3;

const exact = new ReferenceEngine("f64", "bf16");
const running = instructionSets().filter((set) => set.runs);

/** The same random numbers in as many engines as there are. */
function drawer(engines: readonly Engine[], seed: number) {
  const random = new Random(seed);
  return (length: number, scale = 1): Tensor[] => {
    const values = Float32Array.from({ length }, () => random.normal() * scale);
    return engines.map((engine) => {
      const tensor = engine.tensor(length);
      dataOf(tensor).set(values);
      return tensor;
    });
  };
}

function difference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let [worst, scale] = [0, 1];
  for (let i = 0; i < b.length; i++) {
    scale = Math.max(scale, Math.abs(b[i]!));
    const error = Math.abs(a[i]! - b[i]!);
    if (!(error <= worst)) worst = error;
  }
  return worst / scale;
}

function packed(
  engine: Engine,
  w: Tensor,
  k: number,
  n: number,
  transposed: boolean,
  kind: Operands = "bf16",
) {
  const p = engine.packed(k, n, kind);
  engine.pack(w, p, transposed);
  return p;
}

test("rounding: to the nearest, ties to even, beyond the largest to infinity, NaN stays NaN", () => {
  const near = 2 ** -8;
  expect([1, 1 + near, 1 + 3 * near, 1 + near * 1.01, -1 - near * 1.01].map(roundToBf16)).toEqual([
    1,
    1,
    1 + 4 * near,
    1 + 2 * near,
    -1 - 2 * near,
  ]);
  expect([0, -0, 3.4e38, Infinity, -Infinity].map(roundToBf16)).toEqual([
    0,
    -0,
    Infinity,
    Infinity,
    -Infinity,
  ]);
  expect(roundToBf16(Number.NaN)).toBeNaN();
});

describe.each(running.map((set) => set.name))("%s", (isa) => {
  const engines = [1, 2, 3].map((threads): Engine => nativeEngine(threads, isa, "bf16"));
  const all = [...engines, exact];

  /** Every engine's result near the exact one's, and the same bits for any number of threads. */
  function agree(results: readonly Tensor[], label: string, tolerance: number): void {
    const [first, ...others] = results.slice(0, -1).map(dataOf);
    expect(difference(first!, dataOf(results.at(-1)!)), label).toBeLessThan(tolerance);
    for (const other of others) expect(other, `${label}: threads`).toEqual(first);
  }

  test("matmul with packed weights, both orientations", () => {
    const draw = drawer(all, 1);
    for (const N of [1, 2, 3, 7, 13, 40, 200]) {
      for (const [k, n] of [
        [1, 1],
        [2, 100],
        [3, 33],
        [17, 64],
        [64, 17],
        [129, 130],
        [300, 41],
        [601, 130],
      ] as const) {
        const [x, w, bias] = [draw(N * k), draw(k * n, 1 / Math.sqrt(k)), draw(n)];
        for (const transposed of [false, true]) {
          const y = draw(N * n);
          for (const [i, e] of all.entries()) {
            const p = packed(e, w[i]!, k, n, transposed);
            e.matmul(x[i]!, p, y[i]!, N, transposed ? bias[i]! : undefined);
          }
          agree(y, `N=${N} k=${k} n=${n} transposed=${transposed}`, SUMS);
        }
      }
    }
  });

  test("weight gradient", () => {
    const draw = drawer(all, 2);
    for (const N of [1, 5, 37, 300, 513]) {
      for (const [m, n] of [
        [1, 1],
        [33, 7],
        [5, 64],
        [130, 19],
        [270, 600],
      ] as const) {
        if (N * m * n > 1e7) continue;
        const stride = m + 3;
        const [dY, x, dW] = [draw(N * stride, 1 / Math.sqrt(N)), draw(N * n), draw(m * n)];
        for (const [i, e] of all.entries()) e.weightGradient(dY[i]!, x[i]!, dW[i]!, N, m, n, stride);
        agree(dW, `N=${N} m=${m} n=${n}`, SUMS);
      }
    }
  });

  test("it is not what float32 gives, and an engine for float32 packs the same where it is told to", () => {
    const plain: Engine = nativeEngine(1, isa);
    const pair = [engines[0]!, plain];
    const draw = drawer(pair, 3);
    const [N, k, n] = [9, 65, 40];
    const [x, w, y, dW] = [draw(N * k), draw(k * n), draw(N * n), draw(n * k)];
    for (const [i, e] of pair.entries()) {
      e.matmul(x[i]!, packed(e, w[i]!, k, n, true), y[i]!, N);
      e.weightGradient(y[i]!, x[i]!, dW[i]!, N, n, k);
    }
    expect(dataOf(y[0]!)).toEqual(dataOf(y[1]!));
    expect(difference(dataOf(dW[0]!), dataOf(dW[1]!))).toBeGreaterThan(RESULTS);
    const unrounded = plain.tensor(N * n);
    plain.matmul(x[1]!, packed(plain, w[1]!, k, n, true, "float"), unrounded, N);
    expect(difference(dataOf(y[1]!), dataOf(unrounded))).toBeGreaterThan(RESULTS);
  });

  const cellSizes = [
    [1, 1, 1],
    [1, 3, 17],
    [1, 13, 40],
    [3, 1, 5],
    [3, 7, 33],
    [5, 13, 40],
    [2, 4, 100],
    [2, 1, 600],
  ] as const;

  test("the cells, forward and backward", () => {
    const draw = drawer(all, 4);
    for (const [T, B, H] of cellSizes) {
      const [shape, N, size] = [{ T, B, H }, T * B, `T=${T} B=${B} H=${H}`];
      const scale = 1 / Math.sqrt(H);
      // At the first step the operands are given; what follows a step is a result.
      const tolerance = T === 1 ? SUMS : RESULTS;
      const states = () => draw((T + 1) * B * H);
      const dY = draw(N * H);
      {
        const [w, z, hs, dZ, dH] = [draw(H * H, scale), draw(N * H), states(), draw(N * H), draw(B * H)];
        for (const [i, e] of all.entries()) {
          e.rnnForward(shape, "tanh", packed(e, w[i]!, H, H, true), z[i]!, hs[i]!);
          e.rnnBackward(shape, "tanh", packed(e, w[i]!, H, H, false), hs[i]!, dY[i]!, dZ[i]!, dH[i]!);
        }
        agree(hs, `rnn hs ${size}`, tolerance);
        for (const [name, x] of Object.entries({ dZ, dH })) agree(x, `rnn ${name} ${size}`, RESULTS);
      }
      {
        const [w, gates, hs, cs] = [draw(4 * H * H, scale), draw(4 * N * H), states(), states()];
        const [dH, dC] = [draw(B * H), draw(B * H)];
        for (const [i, e] of all.entries())
          e.lstmForward(shape, packed(e, w[i]!, H, 4 * H, true), gates[i]!, hs[i]!, cs[i]!);
        for (const [name, x] of Object.entries({ gates, hs, cs }))
          agree(x, `lstm ${name} ${size}`, tolerance);
        for (const [i, e] of all.entries())
          e.lstmBackward(shape, packed(e, w[i]!, 4 * H, H, false), gates[i]!, cs[i]!, dY[i]!, dH[i]!, dC[i]!);
        for (const [name, x] of Object.entries({ gates, dH, dC })) agree(x, `lstm d${name} ${size}`, RESULTS);
      }
      {
        const [rz, n, bias] = [draw(2 * H * H, scale), draw(H * H, scale), draw(3 * H)];
        const [gates, q, hs, dH] = [draw(3 * N * H), draw(N * H), states(), draw(B * H)];
        for (const [i, e] of all.entries()) {
          const [wRz, wN] = [packed(e, rz[i]!, H, 2 * H, true), packed(e, n[i]!, H, H, true)];
          e.gruForward(shape, wRz, wN, bias[i]!, gates[i]!, q[i]!, hs[i]!);
        }
        for (const [name, x] of Object.entries({ gates, q, hs })) agree(x, `gru ${name} ${size}`, tolerance);
        for (const [i, e] of all.entries()) {
          const [wRz, wN] = [packed(e, rz[i]!, 2 * H, H, false), packed(e, n[i]!, H, H, false)];
          e.gruBackward(shape, wRz, wN, gates[i]!, q[i]!, hs[i]!, dY[i]!, dH[i]!);
        }
        for (const [name, x] of Object.entries({ gates, q, dH })) agree(x, `gru d${name} ${size}`, RESULTS);
      }
    }
  });

  test("softmax cross-entropy: rounded with gradients, in float32 without", () => {
    const draw = drawer(all, 5);
    const plain: Engine = nativeEngine(1, isa);
    for (const [N, H, V] of [
      [1, 1, 2],
      [5, 3, 7],
      [40, 17, 33],
      [13, 40, 1001],
      [9, 37, 2500],
      [300, 5, 4097],
    ] as const) {
      const random = new Random(N);
      const ids = Int32Array.from({ length: N }, () => (random.next() < 0.3 && N > 1 ? -1 : random.below(V)));
      const [h, weight, bias] = [draw(N * H), draw(V * H), draw(V)];
      const [dH, dWeight, dBias] = [draw(N * H), draw(V * H), draw(V)];
      const losses = all.map((e, i) => {
        const targets = e.ids(N);
        idsOf(targets).set(ids);
        const inputs = { N, H, V, h: h[i]!, weight: weight[i]!, bias: bias[i]!, targets };
        const backward = { scale: 1 / N, dH: dH[i]!, dWeight: dWeight[i]!, dBias: dBias[i]! };
        return { inputs, trained: softmaxSums(e, { ...inputs, backward }), measured: softmaxSums(e, inputs) };
      });
      const { nats, count, correct } = losses.at(-1)!.trained;
      for (const { trained } of losses.slice(0, -1)) {
        expect([trained.count, trained.correct]).toEqual([count, correct]);
        expect(Math.abs(trained.nats - nats) / Math.max(1, nats)).toBeLessThan(1e-5);
        expect(trained.nats).toBe(losses[0]!.trained.nats);
      }
      expect(losses[0]!.trained.nats).not.toBe(losses[0]!.measured.nats);
      expect(softmaxSums(plain, losses[0]!.inputs)).toEqual(losses[0]!.measured);
      for (const [name, x] of Object.entries({ dH, dWeight, dBias }))
        agree(x, `${name} ${N} ${H} ${V}`, RESULTS);
    }
  });

  test("what is not finite stays so: a diverged run is seen", () => {
    const [engine] = engines;
    for (const bad of [Number.NaN, Infinity]) {
      const [x, w, y, dW] = [engine!.tensor(6), engine!.tensor(6), engine!.tensor(4), engine!.tensor(9)];
      engine!.fill(x, 1);
      engine!.fill(w, 1);
      dataOf(x)[1] = bad;
      engine!.matmul(x, packed(engine!, w, 3, 2, true), y, 2);
      expect([...dataOf(y)]).toEqual([bad, bad, 3, 3]);
      dataOf(w)[4] = bad;
      dataOf(x)[1] = 1;
      engine!.matmul(x, packed(engine!, w, 3, 2, true), y, 2);
      expect([...dataOf(y)]).toEqual([3, bad, 3, bad]);
      engine!.weightGradient(w, x, dW, 2, 3, 3);
      expect(dataOf(dW).slice(3, 6)).toEqual(Float32Array.of(bad, bad, bad));
      expect(dataOf(dW).slice(0, 3)).toEqual(Float32Array.of(2, 2, 2));
    }
  });
});

test("createEngine: bf16 is of training, and no other format is known", async () => {
  expect(await createEngine({ precision: "bf16" })).toMatchObject({
    precision: "f32",
    trainingOperands: "bf16",
  });
  expect(await createEngine()).toMatchObject({ precision: "f32", trainingOperands: "float" });
  expect(await createEngine({ engine: "reference", precision: "bf16" })).toMatchObject({
    trainingOperands: "bf16",
  });
  await expect(createEngine({ precision: "f16" as "f32" })).rejects.toThrow(
    /precision is "f16" .*did you mean bf16/,
  );
});
