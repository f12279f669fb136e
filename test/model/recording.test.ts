/** What a pass keeps for whoever looks: hidden states, gates, the gradient by the embedded input. */
import { describe, expect, test } from "vitest";
import { CELL_TABLE, CELLS, type Cell } from "../../src/cells.js";
import type { Engine, Floats } from "../../src/engine/engine.js";
import { Random } from "../../src/engine/random.js";
import { ReferenceEngine } from "../../src/engine/reference.js";
import { Recording } from "../../src/layers/recording.js";
import { NO_REGULARISATION } from "../../src/layers/regularisation.js";
import { modelConfig } from "../../src/model/config.js";
import { createModel } from "../../src/model/create-model.js";
import type { LanguageModel } from "../../src/model/language-model.js";
import { compiledEngines } from "../engine/compiled-engines.js";

const [T, B, V, E, H] = [5, 2, 12, 4, 6];
const DROPOUT = { dropoutEmbedding: 0.2, dropoutBetween: 0.3, dropoutOutput: 0.25 };
const STEP = 1e-5;

function create(engine: Engine, cell: Cell, residual = false): LanguageModel {
  const config = modelConfig({ cell, vocabulary: V, embedding: E, hidden: H, layers: 2, residual });
  const model = createModel(engine, config, 7);
  for (const { value } of model.parameters)
    engine.write(
      engine.read(value).map((x) => 3 * x),
      value,
    );
  model.weightsChanged();
  return model;
}

const random = new Random(3);
const targets = Int32Array.from({ length: T * B }, () => random.below(V));
/** Every token once, but for the last two rows, which repeat the first ones. */
const inputs = Int32Array.from({ length: T * B }, (_, n) => n % (T * B - 2));
const window = { T, B, inputs, targets };

const largestDifference = (a: Floats, b: Floats): number =>
  Float64Array.from(a).reduce((most, x, i) => Math.max(most, Math.abs(x - b[i]!)), 0);

describe.each(CELLS)("%s", (cell) => {
  test.each([false, true])(
    "h of every layer is that of the state, step by step; gates are as many as the cell has; residual %j",
    (residual) => {
      const engine: Engine = new ReferenceEngine("f64");
      const model = create(engine, cell, residual);
      const recording = new Recording({ hidden: true, gates: true });
      model.evaluate(window, model.zeroState(B), undefined, recording);
      const state = model.zeroState(B);
      for (let t = 0; t < T; t++) {
        const rows = inputs.slice(t * B, (t + 1) * B);
        model.logits(rows, state);
        for (const [l, { h }] of state.layers.entries()) {
          const own = recording.hidden[l]!.slice(t * B * H, (t + 1) * B * H);
          expect(largestDifference(own, engine.read(h))).toBeLessThan(1e-12);
        }
      }
      for (const gates of recording.gates) expect(gates.length).toBe(T * B * CELL_TABLE[cell].gates * H);
      expect(recording.gates).toHaveLength(cell === "rnn" ? 0 : 2);
      expect(recording.inputGradient).toBeUndefined();
    },
  );

  test("compiled engines record what the reference does", () => {
    const record = (engine: Engine) => {
      const model = create(engine, cell);
      const recording = new Recording({ hidden: true, gates: true, inputGradient: true });
      const pass = { recording, draw: { seed: 1, step: 2 } };
      model.train(window, model.zeroState(B), pass, engine.sums());
      return recording;
    };
    const exact = record(new ReferenceEngine("f64"));
    for (const { make } of compiledEngines) {
      const other = record(make(2));
      for (const l of [0, 1]) {
        expect(largestDifference(exact.hidden[l]!, other.hidden[l]!)).toBeLessThan(1e-4);
        if (exact.gates[l]) expect(largestDifference(exact.gates[l], other.gates[l]!)).toBeLessThan(1e-4);
      }
      expect(largestDifference(exact.inputGradient!, other.inputGradient!)).toBeLessThan(1e-4);
    }
  });

  test.each([false, true])("the gradient by the embedded input, with dropout: %s", (dropped) => {
    const engine: Engine = new ReferenceEngine("f64");
    const model = create(engine, cell);
    const pass = (recording?: Recording) => ({
      draw: { seed: 5, step: 1 },
      regularisation: dropped ? DROPOUT : NO_REGULARISATION,
      ...(recording && { recording }),
    });
    const recording = new Recording({ inputGradient: true });
    const sums = engine.sums();
    model.train(window, model.zeroState(B), pass(recording), sums);
    expect(recording.hidden).toHaveLength(0);
    const [embedding] = model.parameters;
    const gradient = recording.inputGradient!;
    expect(gradient.length).toBe(T * B * E);
    // Rows of one token add up to its row of the weight's gradient …
    const byToken = new Float64Array(V * E);
    for (const [n, id] of inputs.entries())
      for (let e = 0; e < E; e++) byToken[id * E + e]! += gradient[n * E + e]!;
    expect(largestDifference(byToken, engine.read(embedding!.grad))).toBeLessThan(1e-12);
    // … and a token that is read once has its input's gradient alone: central differences.
    const loss = (): number => {
      model.weightsChanged();
      const own = engine.sums();
      const count = model.train(window, model.zeroState(B), pass(), own);
      return own.readNow().nats / count;
    };
    const weights = engine.read(embedding!.value).slice();
    for (let n = 2; n < T * B - 2; n++) {
      for (let e = 0; e < E; e++) {
        const at = inputs[n]! * E + e;
        const shifted = (by: number): number => {
          engine.write([weights[at]! + by], embedding!.value.slice(at, 1));
          return loss();
        };
        const numeric = (shifted(STEP) - shifted(-STEP)) / (2 * STEP);
        shifted(0);
        expect(Math.abs(numeric - gradient[n * E + e]!)).toBeLessThan(1e-8);
      }
    }
  });
});
