/** Rows without a target make no logits: told by the rows that reach the engine's softmax and products. */
import { describe, expect, test } from "vitest";
import type { Engine, SoftmaxLoss } from "../../src/engine/engine.js";
import { Random } from "../../src/engine/random.js";
import { ReferenceEngine } from "../../src/engine/reference.js";
import { CandidateSampler } from "../../src/layers/candidate-sampler.js";
import { type ModelConfig, modelConfig } from "../../src/model/config.js";
import { createModel, emptyModel } from "../../src/model/create-model.js";
import type { LanguageModel } from "../../src/model/language-model.js";
import { setQuantized } from "../../src/model/parameter.js";
import { quantizeRows } from "../../src/model/quantize.js";
import { compiledEngines } from "../engine/compiled-engines.js";
import { dataOf } from "../engine/tensor-data.js";
import { trainStep } from "./train-step.js";

const [T, B, H, V] = [8, 4, 6, 60];
const N = T * B;
const SIZES = { vocabulary: V, hidden: H, embedding: 5 };
const ADAPTIVE = { cutoffs: [10, 30], divisor: 2 };
const MIXTURE = { components: 3 };

const engines: [string, () => Engine][] = [
  ["reference", () => new ReferenceEngine("f32")],
  ...compiledEngines.map(({ engine, isa, make }): [string, () => Engine] => [
    `${engine}, ${isa}`,
    () => make(2),
  ]),
];

/** Rows of the output layer that an engine was asked for; the recurrent layer's products have the width 4H. */
function counting(engine: Engine): { engine: Engine; rows: () => number } {
  let rows = 0;
  const counted = new Proxy(engine, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name, target);
      if (typeof value !== "function") return value;
      return (...args: unknown[]): unknown => {
        if (name === "softmaxLoss") rows += (args[0] as SoftmaxLoss).N;
        if (name === "linear") rows += args[3] as number;
        return (value as (...args: unknown[]) => unknown).apply(target, args);
      };
    },
  });
  return {
    engine: counted,
    rows: () => {
      const seen = rows;
      rows = 0;
      return seen;
    },
  };
}

const random = new Random(2);
const inputs = Int32Array.from({ length: N }, () => random.below(V));
const all = Int32Array.from({ length: N }, () => random.below(V));
const none = new Int32Array(N).fill(-1);
const some = all.map((id, n) => (n % 4 === 1 ? id : -1));

function create(engine: Engine, config: ModelConfig): LanguageModel {
  const float = createModel(engine, modelConfig({ ...config, weights: undefined }), 1);
  if (config.weights === undefined) return float;
  const model = emptyModel(engine, config);
  for (const weight of model.quantized) {
    const { value } = float.parameters.find(({ name }) => name === weight.name)!;
    const { q, scales } = quantizeRows(dataOf(value), ...weight.shape);
    setQuantized(engine, weight, q, scales);
  }
  return model;
}

describe.each(engines)("%s", (_name, make) => {
  test.each([
    ["full", modelConfig(SIZES)],
    ["adaptive", modelConfig({ ...SIZES, adaptive: ADAPTIVE })],
    ["mixture", modelConfig({ ...SIZES, mixture: MIXTURE })],
    ["mixture int8", modelConfig({ ...SIZES, mixture: MIXTURE, weights: "int8" })],
    ["int8", modelConfig({ ...SIZES, weights: "int8" })],
    ["adaptive int8", modelConfig({ ...SIZES, adaptive: ADAPTIVE, weights: "int8" })],
  ])("a window is measured by the rows that count: %s", (_softmax, config) => {
    const { engine, rows } = counting(make());
    const model = create(engine, config);
    const logProbabilities = new Float64Array(N).fill(7);
    const measure = (targets: Int32Array) => {
      const sums = model.evaluate({ T, B, inputs, targets }, model.zeroState(B), logProbabilities);
      return { sums, rows: rows(), logProbabilities: logProbabilities.slice() };
    };
    const nothing = measure(none);
    expect(nothing.sums).toEqual({ nats: 0, count: 0, correct: 0 });
    expect(nothing.rows).toBe(0);
    expect([...nothing.logProbabilities]).toEqual([...new Float64Array(N)]);

    const whole = measure(all);
    const part = measure(some);
    expect(part.sums.count).toBe(N / 4);
    // An adaptive softmax may send a row through the head and each cluster.
    expect(part.rows).toBeLessThanOrEqual(config.adaptive ? (3 * N) / 4 : N / 4);
    for (let n = 0; n < N; n++) {
      const wanted = some[n]! < 0 ? 0 : whole.logProbabilities[n]!;
      expect(Math.abs(part.logProbabilities[n]! - wanted)).toBeLessThan(1e-4);
    }
    const nats = part.logProbabilities.reduce((sum, lp) => sum - lp, 0);
    expect(Math.abs(part.sums.nats - nats)).toBeLessThan(1e-3);
  });

  test.each(["full", "sampled", "adaptive", "mixture"] as const)("and trained on by them: %s", (softmax) => {
    const { engine, rows } = counting(make());
    const config = modelConfig({
      ...SIZES,
      ...(softmax === "adaptive" && { adaptive: ADAPTIVE }),
      ...(softmax === "mixture" && { mixture: MIXTURE }),
    });
    const model = create(engine, config);
    const sampler = softmax === "sampled" ? new CandidateSampler(new Float64Array(V).fill(1), 9) : undefined;
    const train = (targets: Int32Array) =>
      trainStep(model, { T, B, inputs, targets }, model.zeroState(B), { seed: 1, step: 0 }, sampler);

    expect(train(some).count).toBe(N / 4);
    expect(rows()).toBeLessThanOrEqual(softmax === "adaptive" ? N / 2 : N / 4);
    for (const { name, grad } of model.parameters)
      expect(
        dataOf(grad).some((g) => g !== 0),
        name,
      ).toBe(true);

    expect(train(none)).toEqual({ nats: 0, count: 0 });
    expect(rows()).toBe(0);
    for (const { grad } of model.parameters) expect(dataOf(grad).every((g) => g === 0)).toBe(true);
  });
});
