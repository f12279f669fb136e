/** Every backward pass adds to the gradients: two of the same window, without zeroing between, give twice those of one. */
import { describe, expect, test } from "vitest";
import type { Engine, Tensor } from "../../src/engine/engine.js";
import { Random } from "../../src/engine/random.js";
import { ReferenceEngine } from "../../src/engine/reference.js";
import { AdaptiveDecoder } from "../../src/layers/adaptive-decoder.js";
import { MixtureDecoder } from "../../src/layers/mixture-decoder.js";
import { Decoder } from "../../src/layers/decoder.js";
import { Embedding } from "../../src/layers/embedding.js";
import { KnownIds } from "../../src/layers/known-ids.js";
import { GruLayer } from "../../src/layers/gru.js";
import { type Parameter, type WeightMatrix, isParameter } from "../../src/layers/layer.js";
import { LstmLayer } from "../../src/layers/lstm.js";
import { MinGruLayer } from "../../src/layers/min-gru.js";
import { MinLstmLayer } from "../../src/layers/min-lstm.js";
import type { RecurrentLayer } from "../../src/layers/recurrent.js";
import { RnnLayer } from "../../src/layers/rnn.js";
import { CandidateSampler } from "../../src/layers/candidate-sampler.js";
import { compiledEngines } from "../engine/compiled-engines.js";
import { dataOf, idsOf } from "../engine/tensor-data.js";

const [T, B, I, H, V] = [3, 4, 5, 6, 40];
const N = T * B;

const engines: [string, () => Engine, number][] = [
  ["reference, f64", () => new ReferenceEngine("f64"), 1e-12],
  ...compiledEngines.map(({ engine, isa, make }): [string, () => Engine, number] => [
    `${engine}, ${isa}`,
    () => make(2),
    1e-5,
  ]),
];

const layers: [string, (engine: Engine) => RecurrentLayer][] = [
  ["rnn, tanh", (engine) => new RnnLayer(engine, 0, I, H, "tanh")],
  ["rnn, relu", (engine) => new RnnLayer(engine, 0, I, H, "relu")],
  ["lstm", (engine) => new LstmLayer(engine, 0, I, H)],
  ["gru", (engine) => new GruLayer(engine, 0, I, H)],
  ["minlstm", (engine) => new MinLstmLayer(engine, 0, I, H)],
  ["mingru", (engine) => new MinGruLayer(engine, 0, I, H)],
];

function drawn(engine: Engine, random: Random, length: number): Tensor {
  const tensor = engine.tensor(length);
  for (let i = 0; i < length; i++) dataOf(tensor)[i] = random.normal();
  return tensor;
}

function drawWeights(weights: readonly WeightMatrix[], random: Random): Parameter[] {
  const parameters = weights.filter(isParameter);
  for (const { value } of parameters)
    for (let i = 0; i < value.length; i++) dataOf(value)[i] = random.normal() * 0.4;
  return parameters;
}

/** Runs `pass` once and once more, and compares. */
function expectTwice(parameters: readonly Parameter[], tolerance: number, pass: () => void): void {
  pass();
  const once = parameters.map(({ grad }) => Float64Array.from(dataOf(grad)));
  pass();
  for (const [p, { name, grad }] of parameters.entries()) {
    const largest = once[p]!.reduce((most, g) => Math.max(most, Math.abs(g)), 0);
    expect(largest, name).toBeGreaterThan(0);
    for (const [i, g] of once[p]!.entries())
      expect(Math.abs(dataOf(grad)[i]! - 2 * g), `${name}[${i}]`).toBeLessThanOrEqual(tolerance * largest);
  }
}

describe.each(engines)("%s", (_name, make, tolerance) => {
  const engine = make();

  test.each(layers)("%s", (_cell, makeLayer) => {
    const random = new Random(3);
    const layer = makeLayer(engine);
    const parameters = drawWeights(layer.weights, random);
    const [x, dY, dX] = [drawn(engine, random, N * I), drawn(engine, random, N * H), engine.tensor(N * I)];
    const zeros = () => engine.tensor(B * H);
    expectTwice(parameters, tolerance, () => {
      layer.forward(x, T, B, { h: zeros(), c: zeros() }, { train: true });
      layer.backward(dY, dX);
    });
  });

  const drawnIds = (random: Random, below: number): Int32Array =>
    Int32Array.from({ length: N }, () => random.below(below));
  const targetsOf = (ids: Int32Array): KnownIds => {
    const known = new KnownIds(engine);
    known.reserve(N).set(ids);
    known.send(N);
    return known;
  };

  test.each([true, false])("an embedding, its rows repeated: %s", (repeated) => {
    const random = new Random(4);
    const embedding = new Embedding(engine, V, I, false);
    const parameters = drawWeights([embedding.weight], random);
    const [ids, y, dY] = [drawnIds(random, 3), engine.tensor(N * I), drawn(engine, random, N * I)];
    expectTwice(parameters, tolerance, () => {
      if (repeated) {
        expect(embedding.forwardDistinct(ids, y)).toBeDefined();
        embedding.backwardDistinct(dY);
      } else {
        embedding.forward(ids, y);
        embedding.backward(dY);
      }
    });
  });

  test("the rows that an embedding's gradient touches are those of all windows since it was zeroed", () => {
    const random = new Random(5);
    const embedding = new Embedding(engine, V, I, false);
    const [parameter] = drawWeights([embedding.weight], random);
    const dY = drawn(engine, random, 2 * I);
    const touched = () => {
      const { values, rows, count } = parameter!.touched!;
      expect([...idsOf(rows).subarray(0, count)]).toEqual([...values.subarray(0, count)]);
      return [...values.subarray(0, count)];
    };
    for (const ids of [Int32Array.of(7, 2), Int32Array.of(2, 39)]) {
      embedding.forward(ids, engine.tensor(2 * I));
      embedding.backward(dY);
    }
    expect(touched()).toEqual([7, 2, 39]);
    embedding.zeroGradient();
    expect(touched()).toEqual([]);
    expect(dataOf(parameter!.grad).every((g) => g === 0)).toBe(true);
  });

  const adaptive = (): AdaptiveDecoder => new AdaptiveDecoder(engine, H, V, { cutoffs: [9, 20], divisor: 2 });
  const mixture = () => new MixtureDecoder(engine, { components: 2, hidden: H, width: H + 3, vocabulary: V });
  const sampler = new CandidateSampler(new Float64Array(V).fill(1), 6);

  test.each(["full", "sampled", "adaptive", "mixture"] as const)("the %s softmax", (kind) => {
    const random = new Random(6);
    const decoder =
      kind === "adaptive" ? adaptive() : kind === "mixture" ? mixture() : new Decoder(engine, H, V);
    const parameters = drawWeights(decoder.weights, random);
    const [h, dH, targets] = [
      drawn(engine, random, N * H),
      engine.tensor(N * H),
      targetsOf(drawnIds(random, V)),
    ];
    const pass = { train: true, ...(kind === "sampled" && { draw: { seed: 1, step: 2 }, sampler }) };
    expectTwice(parameters, tolerance, () => {
      decoder.lossAndGradient(h, targets, N, 0.1, dH, pass, engine.sums());
    });
    decoder.zeroGradient();
    for (const { grad } of parameters) expect(dataOf(grad).every((g) => g === 0)).toBe(true);
  });

  test("candidates of two windows are touched, and all rows once a window was not sampled", () => {
    const random = new Random(7);
    const decoder = new Decoder(engine, H, V);
    const [weight] = drawWeights(decoder.weights, random);
    const [h, dH, targets] = [
      drawn(engine, random, N * H),
      engine.tensor(N * H),
      targetsOf(drawnIds(random, 4)),
    ];
    const few = new CandidateSampler(new Float64Array(V).fill(1), 3);
    const sampled = (step: number) => ({ train: true, draw: { seed: 1, step }, sampler: few });
    for (const step of [1, 2]) decoder.lossAndGradient(h, targets, N, 0.1, dH, sampled(step), engine.sums());
    const { values, count } = weight!.touched!;
    const listed = new Set(values.subarray(0, count));
    expect(listed.size).toBe(count);
    for (let v = 0; v < V; v++)
      expect(
        dataOf(weight!.grad)
          .subarray(v * H, (v + 1) * H)
          .some((g) => g !== 0),
      ).toBe(listed.has(v));
    decoder.lossAndGradient(h, targets, N, 0.1, dH, { train: true }, engine.sums());
    decoder.lossAndGradient(h, targets, N, 0.1, dH, sampled(3), engine.sums());
    expect(weight!.touched).toBeUndefined();
    decoder.zeroGradient();
    expect(dataOf(weight!.grad).every((g) => g === 0)).toBe(true);
  });
});
