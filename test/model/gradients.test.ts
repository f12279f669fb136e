/** Every gradient of the model against central differences, in float64 on the reference engine. */
import { describe, expect, test } from "vitest";
import type { Floats } from "../../src/engine/engine.js";
import { Random } from "../../src/engine/random.js";
import { ReferenceEngine } from "../../src/engine/reference.js";
import { CandidateSampler } from "../../src/layers/candidate-sampler.js";
import { Recording } from "../../src/layers/recording.js";
import type { Regularisation } from "../../src/layers/regularisation.js";
import { type ModelConfigInput, modelConfig } from "../../src/model/config.js";
import { createModel } from "../../src/model/create-model.js";
import type { RecurrentState } from "../../src/model/state.js";
import { dataOf, idsOf } from "../engine/tensor-data.js";
import { trainStep } from "./train-step.js";

const T = 4;
const B = 3;
const V = 7;
const STEP = 1e-5;
const TOLERANCE = 1e-6;

const DROPOUT = { dropoutEmbedding: 0.2, dropoutBetween: 0.3, dropoutOutput: 0.25 };

/** How a case trains: the draws of a sampled softmax, and rates. */
interface Training extends Partial<Regularisation> {
  readonly samples?: number;
}

/** Name, what the model has, and how it trains. */
const cases: [string, Partial<ModelConfigInput>, Training?][] = [
  ["Elman RNN, tanh", { cell: "rnn" }],
  ["Elman RNN, relu", { cell: "rnn", nonlinearity: "relu" }],
  ["LSTM", { cell: "lstm" }],
  ["GRU", { cell: "gru" }],
  ["minLSTM", { cell: "minlstm" }],
  ["minGRU", { cell: "mingru" }],
  ["LSTM of one layer", { cell: "lstm", layers: 1 }],
  ["tied LSTM", { cell: "lstm", tie: true, embedding: 5 }],
  ["tied GRU with dropout everywhere", { cell: "gru", tie: true, embedding: 5 }, DROPOUT],
  ["tied minLSTM with dropout everywhere", { cell: "minlstm", tie: true, embedding: 5 }, DROPOUT],
  ["minGRU of three layers, tied", { cell: "mingru", tie: true, embedding: 5, layers: 3 }],
  ["RNN with dropout everywhere", { cell: "rnn", layers: 3 }, DROPOUT],
  ["LSTM with locked dropout", { cell: "lstm" }, { ...DROPOUT, lockedDropout: true }],
  ["LSTM with dropped words, and dropout", { cell: "lstm" }, { ...DROPOUT, dropoutWords: 0.4 }],
  ["tied GRU with dropped words", { cell: "gru", tie: true, embedding: 5 }, { dropoutWords: 0.4 }],
  ["RNN with dropped weights", { cell: "rnn" }, { weightDrop: 0.4 }],
  ["LSTM with dropped weights", { cell: "lstm" }, { weightDrop: 0.4 }],
  ["GRU with dropped weights", { cell: "gru" }, { weightDrop: 0.4 }],
  ["RNN with a dropped state", { cell: "rnn" }, { dropoutState: 0.4 }],
  ["GRU with a dropped state and weights", { cell: "gru" }, { dropoutState: 0.4, weightDrop: 0.3 }],
  ["LSTM with activation penalties", { cell: "lstm" }, { ar: 2, tar: 1.5 }],
  ["minGRU with activation penalties", { cell: "mingru" }, { ar: 2, tar: 1.5, dropoutBetween: 0.3 }],
  ["LSTM with an adaptive softmax", { cell: "lstm", adaptive: { cutoffs: [2, 4], divisor: 2 } }],
  ["LSTM of layers of other widths", { cell: "lstm", hidden: [6, 3, 5], embedding: 4 }],
  [
    "GRU of layers of other widths, tied, with dropout everywhere",
    { cell: "gru", hidden: [3, 6], embedding: 6, tie: true },
    DROPOUT,
  ],
  ["LSTM with tied weights and a projection to fewer", { cell: "lstm", tie: true, embedding: 3 }, DROPOUT],
  [
    "minGRU with tied weights and a projection to more, of two widths",
    { cell: "mingru", tie: true, hidden: [6, 3], embedding: 5 },
  ],
  [
    "LSTM with a projection and a sampled softmax",
    { cell: "lstm", tie: true, embedding: 3, layers: 1 },
    { samples: 2 },
  ],
  [
    "LSTM with residual connections and dropout everywhere",
    { cell: "lstm", layers: 3, residual: true },
    DROPOUT,
  ],
  [
    "tied GRU with residual connections and a projection",
    { cell: "gru", tie: true, embedding: 3, residual: true },
  ],
  ["GRU with a sampled softmax", { cell: "gru", layers: 1 }, { samples: 3 }],
  ["LSTM with a mixture of softmaxes", { cell: "lstm", mixture: { components: 3 } }],
  [
    "GRU with a mixture, tied to a narrower embedding",
    { cell: "gru", tie: true, mixture: { components: 2 } },
  ],
  ["LSTM with a sampled mixture", { cell: "lstm", layers: 1, mixture: { components: 2 } }, { samples: 3 }],
  ["LSTM with a capped input gate", { cell: "lstm", inputGate: "capped" }],
  ["Mogrifier LSTM of one round", { cell: "mogrifier", mogrify: { rounds: 1, rank: 0 } }],
  ["Mogrifier LSTM", { cell: "mogrifier", mogrify: { rounds: 3, rank: 0 } }],
  [
    "tied Mogrifier LSTM of low rank with a capped input gate and dropout everywhere",
    { cell: "mogrifier", mogrify: { rounds: 2, rank: 2 }, inputGate: "capped", tie: true, embedding: 5 },
    DROPOUT,
  ],
  ["tied LSTM with a sampled softmax", { cell: "lstm", tie: true, embedding: 5 }, { samples: 2 }],
];

/** @param distinct ids that the window reads: of few, the embedding sends each through the first layer once */
function setup(input: Partial<ModelConfigInput>, distinct = V, { samples, ...rates }: Training = {}) {
  const engine = new ReferenceEngine("f64");
  const config = modelConfig({
    vocabulary: V,
    hidden: 5,
    embedding: 4,
    ...(!Array.isArray(input.hidden) && { layers: 2 }),
    ...input,
  });
  const model = createModel(engine, config, 3);
  const random = new Random(5);
  // Larger weights than the initial ones, so that no gradient is lost in rounding.
  for (const p of model.parameters)
    for (let i = 0; i < p.value.length; i++) dataOf(p.value)[i] = random.normal() * 0.5;
  model.weightsChanged();
  const inputs = new Int32Array(T * B).map((_, n) => n % distinct);
  const targets = new Int32Array(T * B).map(() => (random.next() < 0.2 ? -1 : random.below(V)));
  targets[0] = 1;
  const start = model.zeroState(B);
  for (const { h, c } of start.layers) {
    for (let i = 0; i < h.length; i++) dataOf(h)[i] = random.normal() * 0.5;
    if (c) for (let i = 0; i < c.length; i++) dataOf(c)[i] = random.normal() * 0.5;
  }
  const window = { T, B, inputs, targets };
  const sampler = samples === undefined ? undefined : new CandidateSampler([5, 4, 3, 2, 1, 1, 0], samples);
  const penalised = (rates.ar ?? rates.tar) !== undefined;
  const loss = (state: RecurrentState = start): number => {
    model.weightsChanged();
    const recording = new Recording({ hidden: penalised });
    const draw = { seed: 11, step: 4 };
    const { nats, count } = trainStep(model, window, state.copy(), draw, sampler, rates, recording);
    return nats / count + (penalised ? penalties(recording.hidden.at(-1)!, rates) : 0);
  };
  return { model, start, loss };
}

/** α · mean h² + β · mean (h_t − h_{t−1})², of h (T, B, H) that nothing is dropped of. */
function penalties(h: Floats, { ar = 0, tar = 0, dropoutOutput = 0 }: Partial<Regularisation>): number {
  expect(dropoutOutput).toBe(0);
  const step = h.length / T;
  const mean = (xs: number[]) => xs.reduce((sum, x) => sum + x * x, 0) / xs.length;
  const changes = Array.from(h.subarray(step), (x, i) => x - h[i]!);
  return ar * mean([...h]) + tar * mean(changes);
}

/** |analytic − numeric| relative to the larger of the two, with a floor for gradients near zero. */
function relativeError(analytic: number, numeric: number): number {
  return Math.abs(analytic - numeric) / Math.max(Math.abs(analytic), Math.abs(numeric), 1e-3);
}

describe.each(cases)("%s", (_name, input, training) => {
  test.each([V, 3])("parameters, reading %i distinct tokens", (distinct) => {
    const { model, loss } = setup(input, distinct, training);
    loss();
    const analytic = model.parameters.map((p) => dataOf(p.grad).slice());
    for (const [k, p] of model.parameters.entries()) {
      let worst = 0;
      for (let i = 0; i < p.value.length; i++) {
        const kept = dataOf(p.value)[i]!;
        dataOf(p.value)[i] = kept + STEP;
        const up = loss();
        dataOf(p.value)[i] = kept - STEP;
        const down = loss();
        dataOf(p.value)[i] = kept;
        worst = Math.max(worst, relativeError(analytic[k]![i]!, (up - down) / (2 * STEP)));
      }
      expect(worst, p.name).toBeLessThan(TOLERANCE);
      expect(
        analytic[k]!.some((g) => g !== 0),
        `${p.name} has a gradient`,
      ).toBe(true);
    }
  });

  test("initial state", () => {
    const { model, start, loss } = setup(input, V, training);
    loss();
    const analytic = model.initialStateGradient.map(({ h, c }) => ({
      h: dataOf(h).slice(),
      ...(c && { c: dataOf(c).slice() }),
    }));
    for (const [l, layer] of start.layers.entries()) {
      for (const part of ["h", "c"] as const) {
        if (!layer[part]) continue;
        const values = dataOf(layer[part]);
        let worst = 0;
        for (let i = 0; i < values.length; i++) {
          const kept = values[i]!;
          values[i] = kept + STEP;
          const up = loss();
          values[i] = kept - STEP;
          const down = loss();
          values[i] = kept;
          worst = Math.max(worst, relativeError(analytic[l]![part]![i]!, (up - down) / (2 * STEP)));
        }
        expect(worst, `${part} of layer ${l}`).toBeLessThan(TOLERANCE);
      }
    }
  });
});

test.each([V, 3])(
  "the %i rows that an untied embedding's gradient touches are those of the ids read",
  (ids) => {
    const { model, loss } = setup({}, ids);
    loss();
    const { touched, grad } = model.parameters[0]!;
    const listed = new Set(idsOf(touched!.rows).slice(0, touched!.count));
    for (let v = 0; v < V; v++) {
      const row = dataOf(grad).subarray(v * 4, v * 4 + 4);
      expect(listed.has(v)).toBe(v < ids);
      expect(row.some((g) => g !== 0)).toBe(v < ids);
    }
  },
);
