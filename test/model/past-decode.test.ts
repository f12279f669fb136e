/** Past-decode regularisation: its gradients, PyTorch's, every engine's, and what cannot have it. */
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import type { Engine } from "../../src/engine/engine.js";
import { Random } from "../../src/engine/random.js";
import { ReferenceEngine } from "../../src/engine/reference.js";
import { CandidateSampler } from "../../src/layers/candidate-sampler.js";
import { Decoder } from "../../src/layers/decoder.js";
import { KnownIds } from "../../src/layers/known-ids.js";
import { parameter } from "../../src/layers/layer.js";
import { PastDecode } from "../../src/layers/past-decode.js";
import { TouchedRowList } from "../../src/layers/touched-rows.js";
import { type ModelConfigInput, modelConfig } from "../../src/model/config.js";
import { createModel } from "../../src/model/create-model.js";
import { compiledEngines } from "../engine/compiled-engines.js";
import { dataOf } from "../engine/tensor-data.js";

const engines: [string, () => Engine, number][] = [
  ["reference, f64", () => new ReferenceEngine("f64"), 1e-10],
  ...compiledEngines.map(({ engine, isa, make }): [string, () => Engine, number] => [
    `${engine}, ${isa}`,
    () => make(2),
    2e-5,
  ]),
];

const [T, B, V] = [4, 3, 11];
const COUNTS = [9, 7, 5, 4, 3, 2, 2, 1, 1, 0, 0];

/** A model whose weights are larger than the initial ones, and what decodes its past. */
function setup(engine: Engine, input: Partial<ModelConfigInput>, strength = 0.7) {
  const config = modelConfig({ vocabulary: V, hidden: 5, tie: true, ...input });
  const model = createModel(engine, config, 3);
  const past = new PastDecode(engine, config.embedding, V, strength);
  past.initialise(4);
  const random = new Random(5);
  const parameters = [...model.parameters, ...past.parameters];
  for (const { value } of parameters)
    engine.write(
      Float64Array.from({ length: value.length }, () => random.normal() * 0.5),
      value,
    );
  const inputs = new Int32Array(T * B).map(() => random.below(V));
  const targets = new Int32Array(T * B).map(() => (random.next() < 0.2 ? -1 : random.below(V)));
  targets[0] = 1;
  const window = { T, B, inputs, targets };
  /** −ln p(target), and −ln q(x), of a counted row. */
  const train = (sampler?: CandidateSampler, decodes = true) => {
    const [sums, draw] = [engine.sums(), { seed: 11, step: 4 }];
    past.sums.clear();
    model.weightsChanged();
    past.weightsChanged();
    const pass = { draw, ...(sampler && { sampler }), ...(decodes && { pastDecode: past }) };
    const count = model.train(window, model.zeroState(B), pass, sums);
    return { loss: sums.readNow().nats / count, past: past.sums.readNow().nats / count, count };
  };
  return { model, past, parameters, train };
}

describe.each<[string, Partial<ModelConfigInput>, number | undefined]>([
  ["a full softmax", { cell: "lstm" }, undefined],
  ["a full softmax behind a projection", { cell: "gru", embedding: 3 }, undefined],
  ["a sampled softmax", { cell: "gru" }, 4],
])("%s", (_name, input, samples) => {
  const sampler = samples === undefined ? undefined : new CandidateSampler(COUNTS, samples);

  test("gradients are those of −ln p(target) − λ ln q(x), of which the first is told", () => {
    const { parameters, train } = setup(new ReferenceEngine("f64"), input);
    const total = () => {
      const { loss, past } = train(sampler);
      return loss + 0.7 * past;
    };
    total();
    const analytic = parameters.map(({ grad }) => dataOf(grad).slice());
    for (const [k, { name, value }] of parameters.entries()) {
      const x = dataOf(value);
      let worst = 0;
      for (let i = 0; i < x.length; i++) {
        const kept = x[i]!;
        x[i] = kept + 1e-5;
        const up = total();
        x[i] = kept - 1e-5;
        const numeric = (up - total()) / 2e-5;
        x[i] = kept;
        const [a, scale] = [analytic[k]![i]!, Math.max(Math.abs(analytic[k]![i]!), Math.abs(numeric), 1e-3)];
        worst = Math.max(worst, Math.abs(a - numeric) / scale);
      }
      expect(worst, name).toBeLessThan(1e-6);
      expect(
        analytic[k]!.some((g) => g !== 0),
        name,
      ).toBe(true);
    }
    const plain = train(sampler, false);
    expect(train(sampler).loss).toBeCloseTo(plain.loss, 12);
  });

  test.each(engines.slice(1))("%s computes the reference's", (_engine, make, tolerance) => {
    const [tested, exact] = [make(), new ReferenceEngine("f64")].map((engine) => {
      const { parameters, train } = setup(engine, input);
      return { ...train(sampler), gradients: parameters.map(({ grad }) => dataOf(grad)) };
    });
    expect(Math.abs(tested!.loss - exact!.loss)).toBeLessThan(tolerance);
    expect(Math.abs(tested!.past - exact!.past)).toBeLessThan(tolerance);
    for (const [k, gradient] of exact!.gradients.entries())
      for (let i = 0; i < gradient.length; i++)
        expect(Math.abs(tested!.gradients[k]![i]! - gradient[i]!)).toBeLessThan(tolerance);
  });
});

test("with every token a candidate, sampled is full", () => {
  const { parameters, train } = setup(new ReferenceEngine("f64"), { cell: "lstm" });
  const used = (sampler?: CandidateSampler) => {
    const { loss, past } = train(sampler);
    return [loss, past, ...parameters.flatMap(({ grad }) => [...dataOf(grad)])];
  };
  const full = used();
  for (const [i, x] of used(new CandidateSampler(COUNTS, 100_000)).entries())
    expect(Math.abs(x - full[i]!)).toBeLessThan(1e-5);
});

test("a sampled softmax touches the rows of both sets of candidates", () => {
  const { model, train } = setup(new ReferenceEngine("f64"), { cell: "lstm" });
  train(new CandidateSampler(COUNTS, 2));
  const { grad, touched } = model.parameters[0]!;
  const listed = new Set(touched!.values.subarray(0, touched!.count));
  for (let v = 0; v < V; v++) {
    const row = dataOf(grad).subarray(5 * v, 5 * (v + 1));
    if (row.some((g) => g !== 0)) expect(listed.has(v)).toBe(true);
  }
});

test("without one softmax that shares the embedding's weight there is nothing to decode by", () => {
  const engine = new ReferenceEngine("f64");
  for (const input of [
    { tie: false },
    { mixture: { components: 2 } },
    { tie: false, adaptive: { cutoffs: [4], divisor: 2 } },
  ])
    expect(() => setup(engine, input).train()).toThrow(TypeError);
});

interface Golden {
  readonly rows: number;
  readonly vocabulary: number;
  readonly width: number;
  readonly strength: number;
  readonly inputs: Readonly<Record<string, readonly number[]>>;
  readonly targets: readonly number[];
  readonly previous: readonly number[];
  readonly loss: number;
  readonly pastLoss: number;
  readonly gradients: Readonly<Record<string, readonly number[]>>;
}

test.each(engines)("%s agrees with PyTorch", (_name, make, tolerance) => {
  const path = new URL("../goldens/past-decode/rows.json", import.meta.url);
  const golden = JSON.parse(readFileSync(path, "utf8")) as Golden;
  const { rows: N, vocabulary, width, strength, inputs, gradients } = golden;
  const engine = make();
  const past = new PastDecode(engine, width, vocabulary, strength);
  const weight = parameter(engine, "embedding.weight", [vocabulary, width]);
  const decoder = new Decoder(engine, width, vocabulary, {
    weight,
    touched: new TouchedRowList(engine, vocabulary, width, "whole"),
  });
  const [pastWeight, pastBias, pastDecoderBias] = past.parameters;
  const own = { weight, bias: decoder.bias, pastWeight, pastBias, pastDecoderBias };
  for (const [name, of] of Object.entries(own)) engine.write(inputs[name]!, of!.value);
  const [h, dH, sums] = [engine.tensor(N * width), engine.tensor(N * width), engine.sums()];
  engine.write(inputs["h"]!, h);
  const [targets, previous] = [golden.targets, golden.previous].map((values) => {
    const ids = new KnownIds(engine);
    ids.reserve(N).set(values);
    ids.send(N);
    return ids;
  });
  const pass = { train: true, pastDecode: past, previous: previous! };
  const counted = golden.targets.filter((id) => id >= 0).length;
  decoder.lossAndGradient(h, targets!, N, 1 / counted, dH, pass, sums);
  expect(Math.abs(sums.readNow().nats / counted - golden.loss)).toBeLessThan(tolerance);
  expect(Math.abs(past.sums.readNow().nats / counted - golden.pastLoss)).toBeLessThan(tolerance);
  const found = {
    h: dataOf(dH),
    ...Object.fromEntries(Object.entries(own).map(([n, p]) => [n, dataOf(p!.grad)])),
  };
  for (const [name, wanted] of Object.entries(gradients))
    for (let i = 0; i < wanted.length; i++)
      expect(Math.abs(found[name as "h"]![i]! - wanted[i]!), name).toBeLessThan(tolerance);
});
