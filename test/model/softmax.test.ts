/** Softmaxes for large vocabularies: cut-offs, the draws of a sampled one, and what its estimate is of. */
import { describe, expect, test } from "vitest";
import { Random } from "../../src/engine/random.js";
import { ReferenceEngine } from "../../src/engine/reference.js";
import { AliasTable } from "../../src/layers/alias-table.js";
import { CandidateSampler } from "../../src/layers/candidate-sampler.js";
import { modelConfig } from "../../src/model/config.js";
import { chooseCutoffs, rowCost, zipfCounts } from "../../src/model/cutoffs.js";
import { createModel } from "../../src/model/create-model.js";
import { dataOf, idsOf } from "../engine/tensor-data.js";
import { trainStep } from "./train-step.js";

test("an alias table draws each token as often as its weight says", () => {
  const weights = Float64Array.of(5, 0, 1, 3, 0.5, 10);
  const [table, random] = [new AliasTable(weights), new Random(3)];
  const counts = new Float64Array(weights.length);
  for (let i = 0; i < 195_000; i++) counts[table.draw(random)]!++;
  for (const [i, weight] of weights.entries()) {
    if (weight === 0) expect(counts[i]).toBe(0);
    else expect(Math.abs(counts[i]! / (weight * 10_000) - 1)).toBeLessThan(0.05);
  }
  expect(() => new AliasTable(Float64Array.of(0, 0))).toThrow(RangeError);
});

test("the inclusion probability is that of being drawn at least once", () => {
  const sampler = new CandidateSampler([7, 0, 1], 4);
  const [random, draws, rounds] = [new Random(1), 4, 40_000];
  const met = [0, 0, 0];
  for (let i = 0; i < rounds; i++) {
    for (const id of new Set(Array.from({ length: draws }, () => sampler.draw(random)))) met[id]!++;
  }
  for (const [id, times] of met.entries())
    expect(Math.abs(Math.exp(sampler.logInclusion(id, draws)) - times / rounds)).toBeLessThan(0.01);
});

describe("chooseCutoffs", () => {
  test.each([2, 3, 10, 96, 2000, 33_278, 1_000_000])("of %i tokens ascend within the vocabulary", (V) => {
    const { cutoffs } = chooseCutoffs(zipfCounts(V), 200);
    const cuts = [0, ...cutoffs, V];
    for (let i = 1; i < cuts.length; i++) expect(cuts[i]).toBeGreaterThan(cuts[i - 1]!);
    expect(() =>
      modelConfig({ vocabulary: V, adaptive: { cutoffs: [...cutoffs], divisor: 4 } }),
    ).not.toThrow();
  });

  test("a skewed text is cut earlier than a flat one, and cheaper than the whole head", () => {
    const V = 30_000;
    const skewed = chooseCutoffs(
      Array.from({ length: V }, (_, v) => (v < 500 ? 1e6 : 1)),
      200,
    );
    const flat = chooseCutoffs(new Float64Array(V).fill(1), 200);
    expect(skewed.cutoffs[0]).toBeLessThan(1000);
    expect(flat.cutoffs[0]).toBeGreaterThan(0.8 * V);
    const zipf = zipfCounts(V);
    const total = zipf.reduce((a, b) => a + b);
    const share = (from: number, to: number) => zipf.subarray(from, to).reduce((a, b) => a + b, 0) / total;
    const cost = rowCost(chooseCutoffs(zipf, 200), 200, share, V);
    expect(cost).toBeLessThan(V * 224 * 0.2);
  });
});

describe("sampled softmax", () => {
  const V = 60;
  const counts = Array.from({ length: V }, (_, v) => Math.ceil(400 / (v + 1)));
  const config = modelConfig({ vocabulary: V, hidden: 6, embedding: 6 });
  const engine = new ReferenceEngine("f64");
  const model = createModel(engine, config, 4);
  for (const { value } of model.parameters) for (let i = 0; i < value.length; i++) dataOf(value)[i]! *= 8;
  model.weightsChanged();
  const table = new AliasTable(Float64Array.from(counts));
  const random = new Random(9);
  const [T, B] = [10, 3];
  const draw = () => Int32Array.from({ length: T * B }, () => table.draw(random));
  const window = { T, B, inputs: draw(), targets: draw() };
  const exact = trainStep(model, window, model.zeroState(B), { seed: 1, step: 0 }).nats;
  const exactGradient = dataOf(model.parameters.at(-2)!.grad).slice();

  test("with every token a candidate it is the full softmax", () => {
    const all = new CandidateSampler(counts, 100_000);
    const { nats } = trainStep(model, window, model.zeroState(B), { seed: 1, step: 0 }, all);
    expect(Math.abs(nats - exact) / exact).toBeLessThan(1e-6);
    for (const [i, g] of dataOf(model.parameters.at(-2)!.grad).entries())
      expect(Math.abs(g - exactGradient[i]!)).toBeLessThan(1e-6);
  });

  test("its mean over many draws is near the full loss, and so is its gradient", () => {
    const some = new CandidateSampler(counts, 30);
    const rounds = 400;
    let [sum, dot, norm, exactNorm] = [0, 0, 0, 0];
    const mean = new Float64Array(exactGradient.length);
    for (let step = 0; step < rounds; step++) {
      sum += trainStep(model, window, model.zeroState(B), { seed: 1, step }, some).nats;
      for (const [i, g] of dataOf(model.parameters.at(-2)!.grad).entries()) mean[i]! += g / rounds;
    }
    expect(Math.abs(sum / rounds / exact - 1)).toBeLessThan(0.05);
    for (const [i, g] of mean.entries()) {
      dot += g * exactGradient[i]!;
      norm += g * g;
      exactNorm += exactGradient[i]! ** 2;
    }
    expect(dot / Math.sqrt(norm * exactNorm)).toBeGreaterThan(0.93);
  });

  test("the touched rows are the candidates: the gradient is zero elsewhere, also after the next window", () => {
    const few = new CandidateSampler(counts, 5);
    for (let step = 0; step < 3; step++) {
      trainStep(model, window, model.zeroState(B), { seed: 2, step }, few);
      const { grad, touched } = model.parameters.at(-2)!;
      const listed = new Set(idsOf(touched!.rows).subarray(0, touched!.count));
      expect(listed.size).toBe(touched!.count);
      for (let v = 0; v < V; v++) {
        const row = dataOf(grad).subarray(v * 6, v * 6 + 6);
        expect(row.some((g) => g !== 0)).toBe(listed.has(v));
      }
    }
    trainStep(model, window, model.zeroState(B), { seed: 2, step: 3 });
    expect(model.parameters.at(-2)!.touched).toBeUndefined();
  });

  test.each([false, true])(
    "of a mixture, tied %s, too: with every token a candidate it is the full one",
    (tie) => {
      const mixed = createModel(engine, modelConfig({ ...config, tie, mixture: { components: 3 } }), 4);
      const train = (sampler?: CandidateSampler) => {
        const { nats } = trainStep(mixed, window, mixed.zeroState(B), { seed: 1, step: 0 }, sampler);
        return [nats, ...mixed.parameters.flatMap(({ grad }) => [...dataOf(grad)])];
      };
      const full = train();
      for (const [i, x] of train(new CandidateSampler(counts, 100_000)).entries())
        expect(Math.abs(x - full[i]!)).toBeLessThan(1e-5);
      expect(train(new CandidateSampler(counts, 5))[0]).not.toBeCloseTo(full[0]!, 3);
    },
  );

  test("an adaptive softmax is not sampled", () => {
    const adaptive = modelConfig({ vocabulary: V, hidden: 6, adaptive: { cutoffs: [9], divisor: 4 } });
    const cut = createModel(engine, adaptive, 1);
    const sampler = new CandidateSampler(counts, 3);
    expect(() => trainStep(cut, window, cut.zeroState(B), { seed: 1, step: 0 }, sampler)).toThrow(TypeError);
  });
});
