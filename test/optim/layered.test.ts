/** Rates by layer, and layers that begin to learn one after the other. */
import { describe, expect, test } from "vitest";
import type { Engine } from "../../src/engine/engine.js";
import { ReferenceEngine } from "../../src/engine/reference.js";
import { type ModelConfigInput, modelConfig } from "../../src/model/config.js";
import { createModel } from "../../src/model/create-model.js";
import { depthOf } from "../../src/model/layer-of.js";
import { loadLayered } from "../../src/optim/layered.js";
import { loadOptimizer } from "../../src/optim/make-optimizer.js";
import type { OptimizerSettings } from "../../src/optim/optimizer.js";
import { OPTIMIZERS } from "../../src/options/words.js";
import { trainStep } from "../model/train-step.js";

const WINDOW = { T: 3, B: 1, inputs: Int32Array.of(1, 5, 4), targets: Int32Array.of(5, 4, 2) };
const settingsOf = (name: OptimizerSettings["name"]): OptimizerSettings => ({
  name,
  momentum: 0,
  weightDecay: 0.1,
  gates: 4,
});

/** A model in float64, its gradient of one window. */
function learning(input: Partial<ModelConfigInput> = {}) {
  const engine: Engine = new ReferenceEngine("f64");
  const model = createModel(
    engine,
    modelConfig({ vocabulary: 7, hidden: 4, embedding: 3, layers: 2, ...input }),
    1,
  );
  const gradient = (step: number): void => {
    trainStep(model, WINDOW, model.zeroState(1), { seed: 1, step });
  };
  gradient(0);
  const weights = () =>
    new Map(model.parameters.map(({ name, value }) => [name, engine.read(value).slice()]));
  return { engine, model, weights, gradient };
}

describe("depths", () => {
  test("from the output layer down to the embedding", () => {
    const of = (config: { layers: number; tie: boolean }) => (name: string) => depthOf(name, config);
    const names = ["decoder.weight", "decoder.tail.0.1.weight", "projection.weight", "past_decode.weight"];
    expect(names.map(of({ layers: 3, tie: false }))).toEqual([0, 0, 0, 0]);
    const layers = ["rnn.weight_ih_l2", "rnn.bias_hh_l1", "rnn.weight_q1_left_l0", "embedding.weight"];
    expect(layers.map(of({ layers: 3, tie: false }))).toEqual([1, 2, 3, 4]);
    expect(layers.map(of({ layers: 3, tie: true }))).toEqual([1, 2, 3, 0]);
  });

  test.each([
    { cell: "mogrifier", mogrify: { rounds: 2, rank: 2 } },
    { adaptive: { cutoffs: [3], divisor: 2 } },
    { tie: true, mixture: { components: 2 } },
    { tie: true },
  ] satisfies Partial<ModelConfigInput>[])("every weight of %o is in one of them", async (input) => {
    const { engine, model } = learning(input);
    const layered = await loadLayered(engine, model.config, model.parameters, {
      ...settingsOf("adam"),
      layerDecay: 0.5,
    });
    layered.begin(Infinity);
    expect(layered.begun).toEqual(Array(input.tie ? 3 : 4).fill(0));
    expect(new Set(layered.trained)).toEqual(new Set(model.parameters));
    expect(layered.trained).toHaveLength(model.parameters.length);
  });
});

describe.each(OPTIMIZERS)("%s", (name) => {
  test("with a factor of 1, and all at once, it is the optimizer itself, to the bit", async () => {
    const [plain, layers] = [learning(), learning()];
    const one = await loadOptimizer(plain.engine, plain.model.parameters, settingsOf(name));
    const layered = await loadLayered(layers.engine, layers.model.config, layers.model.parameters, {
      ...settingsOf(name),
      layerDecay: 1,
    });
    layered.begin(Infinity);
    for (let step = 1; step < 4; step++) {
      for (const [{ model, gradient }, optimizer] of [
        [plain, one],
        [layers, layered],
      ] as const) {
        optimizer.step(0.01, 0.7);
        model.weightsChanged();
        gradient(step);
      }
    }
    expect(layers.weights()).toEqual(plain.weights());
    expect([layered.updates, one.updates]).toEqual([3, 3]);
  });

  test("a lower layer's first step is that of a rate as much lower", async () => {
    const layers = learning();
    const before = layers.weights();
    const layered = await loadLayered(layers.engine, layers.model.config, layers.model.parameters, {
      ...settingsOf(name),
      layerDecay: 0.25,
    });
    layered.begin(Infinity);
    layered.step(0.02, 0.7);
    const after = layers.weights();
    for (const { name: weight } of layers.model.parameters) {
      const other = learning();
      const plain = await loadOptimizer(other.engine, other.model.parameters, settingsOf(name));
      plain.step(0.02 * 0.25 ** depthOf(weight, other.model.config), 0.7);
      expect(after.get(weight), weight).toEqual(other.weights().get(weight));
      expect(after.get(weight), weight).not.toEqual(before.get(weight));
    }
  });

  test("what has not begun stays as it is, and begins as if the run did", async () => {
    const { engine, model, weights, gradient } = learning();
    const before = weights();
    const layered = await loadLayered(engine, model.config, model.parameters, {
      ...settingsOf(name),
      layerDecay: 1,
      unfreezeEvery: 2,
    });
    layered.begin(2.5);
    for (let step = 1; step < 4; step++) {
      layered.step(0.01, 1);
      model.weightsChanged();
      gradient(step);
    }
    const frozen = model.parameters.filter(({ name: weight }) => depthOf(weight, model.config) > 1);
    expect(frozen.length).toBeGreaterThan(3);
    for (const { name: weight } of model.parameters) {
      const still = frozen.some((parameter) => parameter.name === weight);
      if (still) expect(weights().get(weight), weight).toEqual(before.get(weight));
      else expect(weights().get(weight), weight).not.toEqual(before.get(weight));
    }
    expect(new Set([...layered.trained, ...frozen])).toEqual(new Set(model.parameters));
    layered.begin(1);
    layered.begin(4);
    expect(layered.begun).toEqual([0, 0, 3]);

    // The first update of what begins now, beside an optimizer of its own that has made none.
    const other = learning();
    for (const [i, { value, grad }] of model.parameters.entries()) {
      other.engine.write(engine.read(value), other.model.parameters[i]!.value);
      other.engine.write(engine.read(grad), other.model.parameters[i]!.grad);
    }
    const lower = other.model.parameters.filter(({ name: weight }) => depthOf(weight, model.config) === 2);
    const fresh = await loadOptimizer(other.engine, lower, settingsOf(name));
    fresh.step(0.01, 1);
    layered.step(0.01, 1);
    for (const { name: weight } of lower)
      expect(weights().get(weight), weight).toEqual(other.weights().get(weight));
  });

  test("goes on from its moments and what had begun", async () => {
    const whole = learning();
    const halves = learning();
    const make = ({ engine, model }: ReturnType<typeof learning>) =>
      loadLayered(engine, model.config, model.parameters, {
        ...settingsOf(name),
        layerDecay: 0.5,
        unfreezeEvery: 1,
      });
    const one = await make(whole);
    let other = await make(halves);
    for (let step = 1; step < 5; step++) {
      if (step === 3) {
        const next = await make(halves);
        next.begun = other.begun;
        next.updates = other.updates;
        const names = other.moments.map((moment) => moment.name);
        expect(new Set(names).size).toBe(names.length);
        for (const [i, { name: moment, tensor }] of next.moments.entries()) {
          expect(moment).toBe(names[i]);
          halves.engine.write(halves.engine.read(other.moments[i]!.tensor), tensor);
        }
        other = next;
      }
      for (const [{ model, gradient }, optimizer] of [
        [whole, one],
        [halves, other],
      ] as const) {
        optimizer.begin(step - 1);
        optimizer.step(0.01, 1);
        model.weightsChanged();
        gradient(step);
      }
    }
    expect(halves.weights()).toEqual(whole.weights());
    expect(other.begun).toEqual([0, 1, 2, 3]);
  });
});

test("the average of schedule-free layers is that of those that have begun", async () => {
  const { engine, model, weights, gradient } = learning();
  const layered = await loadLayered(engine, model.config, model.parameters, {
    ...settingsOf("schedule-free"),
    layerDecay: 1,
    unfreezeEvery: 1,
  });
  expect(layered.averaged!.on).toBe(false);
  layered.begin(0);
  for (let step = 1; step < 4; step++) {
    layered.step(0.05, 1);
    model.weightsChanged();
    gradient(step);
  }
  const trained = weights();
  const inside = await layered.averaged!.inPlace(model, async () => weights());
  for (const { name } of model.parameters) {
    if (depthOf(name, model.config) === 0) expect(inside.get(name), name).not.toEqual(trained.get(name));
    else expect(inside.get(name), name).toEqual(trained.get(name));
  }
  expect(weights()).toEqual(trained);
});

test("an optimizer without averages has none in layers", async () => {
  const { engine, model } = learning();
  const layered = await loadLayered(engine, model.config, model.parameters, {
    ...settingsOf("adam"),
    layerDecay: 1,
  });
  expect(layered.averaged).toBeUndefined();
});
