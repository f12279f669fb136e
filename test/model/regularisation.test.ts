/** Regularised passes: what is dropped, together with what, and that nothing of it stays when a model is measured. */
import { describe, expect, test } from "vitest";
import type { Engine } from "../../src/engine/engine.js";
import { dropoutBits, dropoutKeys } from "../../src/engine/random.js";
import { ReferenceEngine } from "../../src/engine/reference.js";
import type { ReferenceTensor } from "../../src/engine/reference-tensors.js";
import { maskOf } from "../../src/layers/draw.js";
import { Embedding } from "../../src/layers/embedding.js";
import { trained } from "../../src/layers/layer.js";
import { NO_REGULARISATION, type Regularisation } from "../../src/layers/regularisation.js";
import { cellsThatReadState } from "../../src/cells.js";
import { modelConfig } from "../../src/model/config.js";
import { createModel } from "../../src/model/create-model.js";
import { LanguageModel, type Pass } from "../../src/model/language-model.js";
import { modelMakers } from "../../src/model/model-makers.js";
import { Dropout } from "../../src/model/parts/dropout.js";
import { compiledEngines } from "../engine/compiled-engines.js";
import { dataOf } from "../engine/tensor-data.js";
import { trainStep } from "./train-step.js";

const [T, B, V] = [7, 3, 19];
const inputs = new Int32Array(T * B).map((_, n) => (n * 5) % V);
const targets = new Int32Array(T * B).map((_, n) => (n * 3 + 1) % V);
const window = { T, B, inputs, targets };
const DRAW = { seed: 5, step: 3 };

const engines: [string, () => Engine][] = [
  ["reference, f64", () => new ReferenceEngine("f64")],
  ["reference, bf16", () => new ReferenceEngine("f32", "bf16")],
  ...compiledEngines.map(({ engine, isa, make }): [string, () => Engine] => [
    `${engine}, ${isa}`,
    () => make(2),
  ]),
];

const CELLS = cellsThatReadState();

const made = (engine: Engine, cell: (typeof CELLS)[number]): LanguageModel =>
  createModel(engine, modelConfig({ vocabulary: V, cell, layers: 2, hidden: 17, embedding: 9 }), 3);
const gradients = (model: LanguageModel) => model.parameters.map(({ grad }) => dataOf(grad).slice());

describe.each(engines)("%s", (_name, make) => {
  test.each(
    CELLS.flatMap((cell) => [
      { cell, weightDrop: 0.5 },
      { cell, dropoutState: 0.5 },
    ]),
  )(
    "%o: weights are dropped in a training pass alone, whatever was packed before",
    ({ cell, ...dropping }) => {
      const model = made(make(), cell);
      const measured = () => model.evaluate(window, model.zeroState(B)).nats;
      const step = (draw = DRAW, rates: Partial<Regularisation> = dropping) => {
        const { nats } = trainStep(model, window, model.zeroState(B), draw, undefined, rates);
        return { nats, gradients: gradients(model) };
      };
      const whole = measured();
      const plain = step(DRAW, {});
      const dropped = step();
      expect(dropped.nats).not.toBe(plain.nats);
      expect(measured()).toBe(whole);
      expect(step()).toEqual(dropped);
      expect(step({ ...DRAW, step: 4 }).nats).not.toBe(dropped.nats);
      expect(step(DRAW, {})).toEqual(plain);
      expect(measured()).toBe(whole);
    },
  );

  test("rates of 0 change no bit", () => {
    const model = made(make(), "lstm");
    const losses = [{}, NO_REGULARISATION, { ...NO_REGULARISATION, lockedDropout: true }].map((rates) => {
      const { nats } = trainStep(model, window, model.zeroState(B), DRAW, undefined, rates);
      return { nats, gradients: gradients(model) };
    });
    expect(losses[1]).toEqual(losses[0]);
    expect(losses[2]).toEqual(losses[0]);
  });

  test("two windows' gradients by dropped weights add up", () => {
    const model = made(make(), "lstm");
    const sums = model.engine.sums();
    const pass = (step: number) => ({ draw: { seed: 1, step }, regularisation: { weightDrop: 0.5 } });
    const alone = [1, 2].map((step) => {
      model.train(window, model.zeroState(B), pass(step), sums);
      return gradients(model);
    });
    model.train(window, model.zeroState(B), pass(1), sums);
    model.accumulate(window, model.zeroState(B), pass(2), sums);
    for (const [k, sum] of gradients(model).entries())
      for (const [i, g] of sum.entries()) expect(g).toBeCloseTo(alone[0]![k]![i]! + alone[1]![k]![i]!, 5);
  });
});

test("a locked mask is the same at all time steps, and another in the next window and place", () => {
  const engine = new ReferenceEngine("f64");
  const x = engine.tensor(T * B * 40);
  engine.fill(x, 1);
  const pass = (step: number) => ({
    train: true,
    draw: { seed: 5, step },
    regularisation: { dropoutBetween: 0.4, lockedDropout: true },
  });
  const drawn = (step: number, place: number) => {
    const part = new Dropout(engine, "dropoutBetween", place, 3);
    const y = [...dataOf(part.forward(x, T, pass(step)))];
    // The gradient has the mask too.
    const dY = engine.tensor(x.length);
    engine.fill(dY, 1);
    expect([...dataOf(part.backward(dY))]).toEqual(y);
    return y;
  };
  const y = drawn(1, 1);
  const first = y.slice(0, B * 40);
  expect(new Set(first)).toEqual(new Set([0, 1 / 0.6]));
  for (let t = 1; t < T; t++) expect(y.slice(t * B * 40, (t + 1) * B * 40)).toEqual(first);
  expect(first.slice(0, 40)).not.toEqual(first.slice(40, 80));
  expect(drawn(2, 1)).not.toEqual(y);
  expect(drawn(1, 2)).not.toEqual(y);
});

test("a dropped word is zero wherever it stands, the others are scaled; equal rows are shared all the same", () => {
  const engine = new ReferenceEngine("f64");
  const E = 4;
  const embedding = new Embedding(engine, V, E, false);
  engine.fill(trained(embedding.weight).value as ReferenceTensor, 3);
  const pass = { train: true, draw: DRAW, regularisation: { dropoutWords: 0.4 } };
  const ids = Int32Array.from({ length: 60 }, (_, n) => (n * n) % V);
  const y = engine.tensor(60 * E);
  embedding.forward(ids, y, pass);
  const of = new Map<number, number>();
  for (const [n, id] of ids.entries()) {
    const row = [...dataOf(y).subarray(n * E, n * E + E)];
    expect(new Set(row).size).toBe(1);
    expect([0, 3 / 0.6]).toContain(row[0]);
    expect(of.get(id) ?? row[0]).toBe(row[0]);
    of.set(id, row[0]!);
  }
  expect(new Set(of.values()).size).toBe(2);
  const repeated = embedding.forwardDistinct(ids, y, pass)!;
  expect(repeated.count).toBe(of.size);
  expect([...of.values()]).toEqual([...Array(of.size).keys()].map((u) => dataOf(y)[u * E]));
});

test("masks of words, weights and places are independent", () => {
  const p = 0.5;
  const masks = [
    { p, seed: DRAW.seed, stream: DRAW.step * 2048 },
    maskOf(DRAW, "words", p),
    maskOf(DRAW, "weights", p),
    maskOf(DRAW, "weights", p, 1),
    maskOf(DRAW, "state", p),
    maskOf({ ...DRAW, step: 4 }, "weights", p),
  ].map(({ seed, stream }) => {
    const keys = dropoutKeys(seed, stream);
    return Array.from({ length: 10_000 }, (_, i) => dropoutBits(keys, i) < 2 ** 31);
  });
  for (const [a, mask] of masks.entries()) {
    for (const other of masks.slice(a + 1)) {
      const same = mask.filter((bit, i) => bit === other[i]).length / mask.length;
      expect(Math.abs(same - 0.5)).toBeLessThan(0.03);
    }
  }
});

test("a model that was made to be read refuses rates, and trains without", async () => {
  const config = modelConfig({ vocabulary: V, hidden: 5 });
  const engine = new ReferenceEngine("f32");
  const model = new LanguageModel(engine, config, await modelMakers(config));
  const train = (pass: Omit<Pass, "train">) => model.train(window, model.zeroState(B), pass, engine.sums());
  expect(() => train({ draw: DRAW, regularisation: { ar: 1 } })).toThrow("a model without regularisers");
  expect(train({ draw: DRAW })).toBe(T * B);
});
