/** Every backward pass adds to the gradients: two of the same window, without zeroing between, give twice those of one. */
import { describe, expect, test } from "vitest";
import type { Engine, IdTensor, Tensor } from "../../src/engine/engine.js";
import { Random } from "../../src/engine/random.js";
import { ReferenceEngine } from "../../src/engine/reference.js";
import { AdaptiveDecoder } from "../../src/layers/adaptive-decoder.js";
import { Decoder } from "../../src/layers/decoder.js";
import { Embedding } from "../../src/layers/embedding.js";
import { GruLayer } from "../../src/layers/gru.js";
import { type Parameter, type WeightMatrix, isParameter } from "../../src/layers/layer.js";
import { LstmLayer } from "../../src/layers/lstm.js";
import { MinGruLayer } from "../../src/layers/min-gru.js";
import { MinLstmLayer } from "../../src/layers/min-lstm.js";
import type { RecurrentLayer } from "../../src/layers/recurrent.js";
import { RnnLayer } from "../../src/layers/rnn.js";
import { CandidateSampler } from "../../src/layers/sampled-softmax.js";
import { compiledEngines } from "../engine/compiled-engines.js";

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
  for (let i = 0; i < length; i++) tensor.data[i] = random.normal();
  return tensor;
}

function drawWeights(weights: readonly WeightMatrix[], random: Random): Parameter[] {
  const parameters = weights.filter(isParameter);
  for (const { value } of parameters)
    for (let i = 0; i < value.length; i++) value.data[i] = random.normal() * 0.4;
  return parameters;
}

/** Runs `pass` once and once more, and compares. */
function expectTwice(parameters: readonly Parameter[], tolerance: number, pass: () => void): void {
  pass();
  const once = parameters.map(({ grad }) => Float64Array.from(grad.data));
  pass();
  for (const [p, { name, grad }] of parameters.entries()) {
    const largest = once[p]!.reduce((most, g) => Math.max(most, Math.abs(g)), 0);
    expect(largest, name).toBeGreaterThan(0);
    for (const [i, g] of once[p]!.entries())
      expect(Math.abs(grad.data[i]! - 2 * g), `${name}[${i}]`).toBeLessThanOrEqual(tolerance * largest);
  }
}

describe.each(engines)("%s", (_name, make, tolerance) => {
  const engine = make();

  test.each(layers)("%s", (_cell, makeLayer) => {
    const random = new Random(3);
    const layer = makeLayer(engine);
    const parameters = drawWeights(layer.weights, random);
    const [x, dY, dX] = [drawn(engine, random, N * I), drawn(engine, random, N * H), engine.tensor(N * I)];
    const zeros = () => (engine.precision === "f64" ? new Float64Array(B * H) : new Float32Array(B * H));
    expectTwice(parameters, tolerance, () => {
      layer.forward(x, T, B, { h: zeros(), c: zeros() });
      layer.backward(dY, dX);
    });
  });

  const idsOf = (random: Random, below: number): IdTensor => {
    const ids = engine.ids(N);
    for (let n = 0; n < N; n++) ids.data[n] = random.below(below);
    return ids;
  };

  test.each([true, false])("an embedding, its rows repeated: %s", (repeated) => {
    const random = new Random(4);
    const embedding = new Embedding(engine, V, I, false);
    const parameters = drawWeights([embedding.weight], random);
    const [ids, y, dY] = [idsOf(random, 3), engine.tensor(N * I), drawn(engine, random, N * I)];
    expectTwice(parameters, tolerance, () => {
      if (repeated) {
        expect(embedding.forwardDistinct(ids, y, N)).toBeDefined();
        embedding.backwardDistinct(dY);
      } else {
        embedding.forward(ids, y, N);
        embedding.backward(dY, ids, N);
      }
    });
  });

  test("the rows that an embedding's gradient touches are those of all windows since it was zeroed", () => {
    const random = new Random(5);
    const embedding = new Embedding(engine, V, I, false);
    const [parameter] = drawWeights([embedding.weight], random);
    const dY = drawn(engine, random, 2 * I);
    const touched = () => {
      const { rows, count } = parameter!.touched!;
      return [...rows.data.subarray(0, count)];
    };
    for (const [a, b] of [
      [7, 2],
      [2, 39],
    ]) {
      const ids = engine.ids(2);
      ids.data.set([a!, b!]);
      embedding.backward(dY, ids, 2);
    }
    expect(touched()).toEqual([7, 2, 39]);
    embedding.zeroGradient();
    expect(touched()).toEqual([]);
    expect(parameter!.grad.data.every((g) => g === 0)).toBe(true);
  });

  const adaptive = (): AdaptiveDecoder => new AdaptiveDecoder(engine, H, V, { cutoffs: [9, 20], divisor: 2 });
  const sampler = new CandidateSampler(new Float64Array(V).fill(1), 6);

  test.each(["full", "sampled", "adaptive"] as const)("the %s softmax", (kind) => {
    const random = new Random(6);
    const decoder = kind === "adaptive" ? adaptive() : new Decoder(engine, H, V);
    const parameters = drawWeights(decoder.weights, random);
    const [h, dH, targets] = [drawn(engine, random, N * H), engine.tensor(N * H), idsOf(random, V)];
    expectTwice(parameters, tolerance, () => {
      if (kind === "sampled" && decoder instanceof Decoder)
        decoder.sampledLossAndGradient(h, targets, N, 0.1, dH, { sampler, seed: 1, step: 2 });
      else decoder.lossAndGradient(h, targets, N, 0.1, dH);
    });
    decoder.zeroGradient();
    for (const { grad } of parameters) expect(grad.data.every((g) => g === 0)).toBe(true);
  });

  test("candidates of two windows are touched, and all rows once a window was not sampled", () => {
    const random = new Random(7);
    const decoder = new Decoder(engine, H, V);
    const [weight] = drawWeights(decoder.weights, random);
    const [h, dH, targets] = [drawn(engine, random, N * H), engine.tensor(N * H), idsOf(random, 4)];
    const few = new CandidateSampler(new Float64Array(V).fill(1), 3);
    for (const step of [1, 2])
      decoder.sampledLossAndGradient(h, targets, N, 0.1, dH, { sampler: few, seed: 1, step });
    const { rows, count } = weight!.touched!;
    const listed = new Set(rows.data.subarray(0, count));
    expect(listed.size).toBe(count);
    for (let v = 0; v < V; v++)
      expect(weight!.grad.data.subarray(v * H, (v + 1) * H).some((g) => g !== 0)).toBe(listed.has(v));
    decoder.lossAndGradient(h, targets, N, 0.1, dH);
    decoder.sampledLossAndGradient(h, targets, N, 0.1, dH, { sampler: few, seed: 1, step: 3 });
    expect(weight!.touched).toBeUndefined();
    decoder.zeroGradient();
    expect(weight!.grad.data.every((g) => g === 0)).toBe(true);
  });
});
