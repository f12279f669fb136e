/** The model against PyTorch: outputs, gradients and ten updates, on the reference and on every instruction set. */
import { describe, expect, test } from "vitest";
import type { Engine } from "../../src/engine/engine.js";
import { ReferenceEngine } from "../../src/engine/reference.js";
import { modelConfig } from "../../src/model/config.js";
import { emptyModel } from "../../src/model/create-model.js";
import type { LanguageModel } from "../../src/model/language-model.js";
import type { RecurrentState } from "../../src/model/state.js";
import { clipScale } from "../../src/optim/clip.js";
import { makeOptimizer } from "../../src/optim/make-optimizer.js";
import { Sgd } from "../../src/optim/sgd.js";
import type { OptimizerSettings } from "../../src/optim/optimizer.js";
import { compiledEngines } from "../engine/compiled-engines.js";
import {
  type Golden,
  type GoldenOptimizer,
  loadGoldens,
  loadRegularisedGoldens,
  type RegularisedGolden,
} from "../goldens/golden.js";
import { dataOf } from "../engine/tensor-data.js";
import { trainStep, gradientNorm } from "./train-step.js";

const engines: [string, () => Engine, number][] = [
  ["reference, f64", () => new ReferenceEngine("f64"), 1e-9],
  ["reference, f32", () => new ReferenceEngine("f32"), 2e-5],
  ...compiledEngines.map(({ engine, isa, make }): [string, () => Engine, number] => [
    `${engine}, ${isa}`,
    () => make(2),
    2e-5,
  ]),
];

function expectClose(
  actual: ArrayLike<number>,
  wanted: readonly number[],
  tolerance: number,
  label: string,
): void {
  expect(actual.length, label).toBe(wanted.length);
  let scale = 1e-2;
  for (const x of wanted) scale = Math.max(scale, Math.abs(x));
  let worst = 0;
  for (let i = 0; i < wanted.length; i++) {
    const error = Math.abs(actual[i]! - wanted[i]!);
    if (!(error <= worst)) worst = error;
  }
  expect(worst / scale, `${label}: largest error`).toBeLessThan(tolerance);
}

function build(
  golden: Golden | RegularisedGolden,
  engine: Engine,
): { model: LanguageModel; state: RecurrentState } {
  const { cell, layers, embedding, hidden, vocabulary } = golden;
  const {
    nonlinearity = "tanh",
    tie = false,
    residual,
    adaptive,
    mixture,
    inputGate,
    mogrify,
  } = golden as Partial<Golden>;
  const sizes = { layers, embedding, hidden, vocabulary };
  const config = modelConfig({
    cell,
    nonlinearity,
    inputGate,
    mogrify,
    ...sizes,
    tie,
    residual,
    adaptive,
    mixture,
  });
  const model = emptyModel(engine, config);
  expect(model.parameters.map((p) => p.name).toSorted()).toEqual(Object.keys(golden.weights).toSorted());
  for (const { name, shape, value } of model.parameters) {
    expect(golden.weights[name]!.shape).toEqual(shape);
    dataOf(value).set(golden.weights[name]!.data);
  }
  const state = model.zeroState(golden.B);
  for (const [l, { h, c }] of golden.initialState.entries()) {
    engine.write(h, state.layers[l]!.h);
    if (c) engine.write(c, state.layers[l]!.c!);
  }
  return { model, state };
}

/** l − ln Σ e^l */
function normalise(logits: Float32Array | Float64Array): void {
  const logSum = Math.log(Float64Array.from(logits).reduce((sum, l) => sum + Math.exp(l), 0));
  for (let v = 0; v < logits.length; v++) logits[v]! -= logSum;
}

const optimizers: Record<GoldenOptimizer, { settings: OptimizerSettings; rate: number }> = {
  adam: { settings: { name: "adam", momentum: 0, weightDecay: 0 }, rate: 0.01 },
  adamw: { settings: { name: "adamw", momentum: 0, weightDecay: 0.01 }, rate: 0.01 },
  sgd: { settings: { name: "sgd", momentum: 0, weightDecay: 0 }, rate: 0.5 },
  momentum: { settings: { name: "sgd", momentum: 0.9, weightDecay: 0 }, rate: 0.5 },
};

const ids = (xs: readonly number[]) => Int32Array.from(xs);

describe.each(loadRegularisedGoldens().map((golden) => [golden.name, golden] as const))(
  "%s, regularised",
  (_name, golden) => {
    test.each(engines)("%s: loss and gradients", (_engine, make, tolerance) => {
      const { model, state } = build(golden, make());
      const { T, B, draw, rates, inputs, targets, loss, gradients } = golden;
      const window = { T, B, inputs: ids(inputs), targets: ids(targets) };
      const { nats, count } = trainStep(model, window, state, draw, undefined, rates);
      expect(Math.abs(nats / count - loss)).toBeLessThan(tolerance);
      for (const { name, grad } of model.parameters)
        expectClose(dataOf(grad), gradients[name]!.data, tolerance, `gradient of ${name}`);
    });
  },
);

describe.each(loadGoldens().map((golden) => [golden.name, golden] as const))("%s", (_name, golden) => {
  test.each(engines)("%s: loss, state and gradients", (_engine, make, tolerance) => {
    const { model, state } = build(golden, make());
    const { T, B } = golden;
    const window = { T, B, inputs: ids(golden.windows[0]!.inputs), targets: ids(golden.windows[0]!.targets) };
    const sums = trainStep(model, window, state, { seed: 0, step: 0 });
    expect(sums.count).toBe(golden.windows[0]!.targets.filter((id) => id >= 0).length);
    expect(Math.abs(sums.nats / sums.count - golden.loss)).toBeLessThan(tolerance);
    for (const { name, grad } of model.parameters) {
      expectClose(dataOf(grad), golden.gradients[name]!.data, tolerance, `gradient of ${name}`);
    }
    for (const [l, { h, c }] of golden.finalState.entries()) {
      expectClose(model.engine.read(state.layers[l]!.h), h, tolerance, `h of layer ${l}`);
      if (c) expectClose(model.engine.read(state.layers[l]!.c!), c, tolerance, `c of layer ${l}`);
    }
    for (const [l, { h, c }] of golden.initialStateGradients.entries()) {
      expectClose(
        model.engine.read(model.initialStateGradient[l]!.h),
        h,
        tolerance,
        `gradient of h of layer ${l}`,
      );
      if (c)
        expectClose(
          model.engine.read(model.initialStateGradient[l]!.c!),
          c,
          tolerance,
          `gradient of c of layer ${l}`,
        );
    }
  });

  test.each(engines)("%s: evaluation: loss, ln p and accuracy", (_engine, make, tolerance) => {
    const { model, state } = build(golden, make());
    const { T, B, vocabulary: V } = golden;
    const { inputs, targets } = golden.windows[0]!;
    const logProbabilities = new Float64Array(T * B);
    const window = { T, B, inputs: ids(inputs), targets: ids(targets) };
    const { nats, count, correct } = model.evaluate(window, state, logProbabilities);
    expect(Math.abs(nats / count - golden.loss)).toBeLessThan(tolerance);
    let hits = 0;
    for (const [n, target] of targets.entries()) {
      const row = Float64Array.from(golden.logits.slice(n * V, (n + 1) * V));
      normalise(row);
      if (target >= 0 && row.indexOf(Math.max(...row)) === target) hits++;
      expect(Math.abs(logProbabilities[n]! - (target < 0 ? 0 : row[target]!))).toBeLessThan(tolerance * 10);
    }
    expect(correct).toBe(hits);
  });

  test.each(engines)("%s: logits, token by token", (_engine, make, tolerance) => {
    const { model, state } = build(golden, make());
    const { T, B, vocabulary: V } = golden;
    for (let t = 0; t < T; t++) {
      const logits = model.logits(ids(golden.windows[0]!.inputs.slice(t * B, (t + 1) * B)), state);
      // Of an adaptive softmax they are ln p, and ours up to a constant a row.
      if (golden.adaptive) for (let b = 0; b < B; b++) normalise(logits.subarray(b * V, (b + 1) * V));
      expectClose(logits, golden.logits.slice(t * B * V, (t + 1) * B * V), tolerance, `logits at ${t}`);
    }
  });

  test.each(engines)("%s: ten updates with each optimizer", (_engine, make, tolerance) => {
    for (const [optimizerName, { settings, rate }] of Object.entries(optimizers)) {
      const engine = make();
      const { model, state } = build(golden, engine);
      const optimizer = makeOptimizer(engine, model.parameters, settings, { Sgd });
      const wanted = golden.trajectories[optimizerName as GoldenOptimizer];
      const losses: number[] = [];
      const norms: number[] = [];
      for (let step = 0; step < wanted.losses.length; step++) {
        const { inputs, targets } = golden.windows[step % golden.windows.length]!;
        const window = { T: golden.T, B: golden.B, inputs: ids(inputs), targets: ids(targets) };
        const { nats, count } = trainStep(model, window, state, { seed: 0, step });
        losses.push(nats / count);
        norms.push(gradientNorm(engine, model.parameters));
        optimizer.step(rate, clipScale(norms.at(-1)!, golden.clip));
        model.weightsChanged();
      }
      // Rounding grows from update to update in float32.
      const wider = tolerance * 20;
      expectClose(losses, wanted.losses, wider, `${optimizerName}: losses`);
      expectClose(norms, wanted.gradientNorms, wider, `${optimizerName}: gradient norms`);
      for (const { name, value } of model.parameters) {
        if (wanted.finalWeights[name]) {
          expectClose(dataOf(value), wanted.finalWeights[name], wider, `${optimizerName}: ${name}`);
        }
      }
    }
  });
});
