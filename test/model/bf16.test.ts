/** A model trained with products of bfloat16: only its gradients know. Measuring and generating are float32. */
import { describe, expect, test } from "vitest";
import { nativeEngine } from "../../src/engine/native-loader.js";
import type { Engine } from "../../src/engine/engine.js";
import { Random } from "../../src/engine/random.js";
import { ReferenceEngine } from "../../src/engine/reference.js";
import { CELLS, type ModelConfigInput, modelConfig } from "../../src/model/config.js";
import { createModel } from "../../src/model/create-model.js";
import type { LanguageModel } from "../../src/model/language-model.js";
import { dataOf } from "../engine/tensor-data.js";
import { trainStep } from "./train-step.js";

const [V, T, B] = [61, 9, 5];
const random = new Random(3);
const draw = () => new Int32Array(T * B).map(() => random.below(V));
const window = { T, B, inputs: draw(), targets: draw() };
const next = { T, B, inputs: draw(), targets: draw() };

function made(engine: Engine, input: Partial<ModelConfigInput>): LanguageModel {
  const config = modelConfig({ vocabulary: V, layers: 2, hidden: 37, embedding: 23, ...input });
  return createModel(engine, config, 5);
}

/** Loss and gradients of a window, then the second one measured and a token's logits. */
function used(engine: Engine, input: Partial<ModelConfigInput>) {
  const model = made(engine, input);
  const state = model.zeroState(B);
  const before = model.evaluate(window, model.zeroState(B)).nats;
  const trained = trainStep(model, window, state, { seed: 1, step: 1 }).nats;
  const gradients = model.parameters.map(({ grad }) => Float64Array.from(dataOf(grad)));
  const again = trainStep(model, window, model.zeroState(B), { seed: 1, step: 1 }).nats;
  const after = model.evaluate(window, model.zeroState(B)).nats;
  const measured = model.evaluate(next, model.zeroState(B)).nats;
  const logits = Float64Array.from(model.logits(window.inputs.slice(0, B), model.zeroState(B)));
  return { before, trained, again, after, measured, gradients, logits };
}

/** |a − b| / |b|, over all gradients together. */
function distance(a: readonly Float64Array[], b: readonly Float64Array[]): number {
  const sum = (of: (x: number, y: number) => number) =>
    a.reduce((total, x, p) => total + x.reduce((s, value, i) => s + of(value, b[p]![i]!), 0), 0);
  return Math.sqrt(sum((x, y) => (x - y) ** 2) / sum((_x, y) => y ** 2));
}

const kinds: [string, Partial<ModelConfigInput>][] = [
  ...CELLS.map((cell): [string, Partial<ModelConfigInput>] => [cell, { cell }]),
  ["a mixture of softmaxes", { mixture: { components: 2 } }],
  ["tied by a projection", { tie: true, hidden: [31, 37] }],
];

describe.each(kinds)("%s", (_name, input) => {
  const rounded = used(nativeEngine(2, undefined, "bf16"), input);
  const plain = used(nativeEngine(2), input);

  test("evaluation and generation have float32's bits, before, between and after training steps", () => {
    expect(rounded.before).toBe(plain.before);
    expect(rounded.after).toBe(plain.after);
    expect(rounded.measured).toBe(plain.measured);
    expect(rounded.logits).toEqual(plain.logits);
  });

  test("training rounds, the same way each time", () => {
    expect(rounded.trained).not.toBe(plain.trained);
    expect(rounded.again).toBe(rounded.trained);
    expect(Math.abs(rounded.trained / plain.trained - 1)).toBeLessThan(2e-3);
  });

  test("gradients are those of the reference that rounds alike, and near float32's", () => {
    const reference = used(new ReferenceEngine("f64", "bf16"), input);
    const [near, far] = [
      distance(rounded.gradients, reference.gradients),
      distance(rounded.gradients, plain.gradients),
    ];
    expect(far).toBeLessThan(0.02);
    expect(near).toBeLessThan(far / 5);
  });
});
