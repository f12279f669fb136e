/**
 * A body takes what the cells there are do not need yet: a layer without an input product of a whole window, whose input
 * is changed by h_{t−1} at each step, and a part with weights between layers.
 */
import { expect, test } from "vitest";
import type { Engine, Tensor } from "../../src/engine/engine.js";
import { Random } from "../../src/engine/random.js";
import { ReferenceEngine } from "../../src/engine/reference.js";
import { Embedding } from "../../src/layers/embedding.js";
import { type Parameter, isParameter, parameter } from "../../src/layers/layer.js";
import { type Pass, READING } from "../../src/layers/pass.js";
import type { LayerState, RecurrentLayer, StateGradient } from "../../src/layers/recurrent.js";
import { RnnLayer } from "../../src/layers/rnn.js";
import { Body } from "../../src/model/body.js";
import type { BodyPart } from "../../src/model/parts/body-part.js";

const [T, B, V, H] = [4, 2, 9, 3];
const TRAINING: Pass = { train: true };
const STEP = 1e-5;

/** h_t = tanh(w ⊙ x_t ⊙ (1 + h_{t−1})), on the reference's numbers. */
class ModulatedLayer implements RecurrentLayer {
  readonly weight: Parameter;
  readonly weights: readonly Parameter[];
  readonly #engine: Engine;
  #x = new Float64Array(0);
  #hs = new Float64Array(0);
  #shape = [0, 0] as readonly [T: number, B: number];

  constructor(engine: Engine) {
    this.#engine = engine;
    this.weight = parameter(engine, "rnn.modulation_l0", [H]);
    this.weights = [this.weight];
  }

  weightsChanged(): void {}

  forward(x: Tensor, steps: number, sequences: number, state: LayerState): Tensor {
    const [engine, block] = [this.#engine, sequences * H];
    this.#shape = [steps, sequences];
    this.#x = Float64Array.from(engine.read(x));
    this.#hs = new Float64Array((steps + 1) * block);
    this.#hs.set(engine.read(state.h));
    const w = engine.read(this.weight.value);
    for (let i = 0; i < steps * block; i++)
      this.#hs[i + block] = Math.tanh(w[i % H]! * this.#x[i]! * (1 + this.#hs[i]!));
    engine.write(this.#hs.subarray(steps * block), state.h);
    const y = engine.tensor(steps * block);
    engine.write(this.#hs.subarray(block), y);
    return y;
  }

  backward(dY: Tensor, dX: Tensor | undefined): StateGradient {
    const [engine, [steps, sequences]] = [this.#engine, this.#shape];
    const block = sequences * H;
    const [w, dy] = [engine.read(this.weight.value), engine.read(dY).slice()];
    const [dx, dw, dh] = [new Float64Array(steps * block), new Float64Array(H), new Float64Array(block)];
    for (let i = steps * block - 1; i >= 0; i--) {
      const [h, before, x] = [this.#hs[i + block]!, this.#hs[i]!, this.#x[i]!];
      const dz = (dy[i]! + dh[i % block]!) * (1 - h * h);
      dx[i] = dz * w[i % H]! * (1 + before);
      dw[i % H]! += dz * x * (1 + before);
      dh[i % block] = dz * w[i % H]! * x;
    }
    if (dX) engine.write(dx, dX);
    const added = engine.tensor(H);
    engine.write(dw, added);
    engine.add(added, this.weight.grad);
    const byState = engine.tensor(block);
    engine.write(dh, byState);
    return { h: byState };
  }
}

/** y = s ⊙ x: a part that has weights. */
class Scaling implements BodyPart {
  readonly scale: Parameter;
  readonly weights: readonly Parameter[];
  readonly #engine: Engine;
  #x = new Float64Array(0);

  constructor(engine: Engine) {
    this.#engine = engine;
    this.scale = parameter(engine, "scaling", [H]);
    this.weights = [this.scale];
  }

  changes(): boolean {
    return true;
  }

  weightsChanged(): void {}

  forward(x: Tensor): Tensor {
    this.#x = Float64Array.from(this.#engine.read(x));
    return this.#times(this.#x);
  }

  backward(dY: Tensor): Tensor {
    const dy = Float64Array.from(this.#engine.read(dY));
    const ds = this.#engine.read(this.scale.grad).slice();
    for (const [i, d] of dy.entries()) ds[i % H]! += d * this.#x[i]!;
    this.#engine.write(ds, this.scale.grad);
    return this.#times(dy);
  }

  #times(x: Float64Array): Tensor {
    const s = this.#engine.read(this.scale.value);
    const y = this.#engine.tensor(x.length);
    this.#engine.write(
      x.map((value, i) => value * s[i % H]!),
      y,
    );
    return y;
  }
}

function build(place: 0 | 1, residual: boolean) {
  const engine: Engine = new ReferenceEngine("f64");
  const embedding = new Embedding(engine, V, H, false);
  const layers: RecurrentLayer[] = [new ModulatedLayer(engine), new RnnLayer(engine, 1, H, H, "tanh")];
  if (place === 0) layers.reverse();
  const places = [0, 1, 2].map((p) => (p === place ? [new Scaling(engine)] : []));
  const body = new Body(engine, {
    embedding,
    layers,
    places,
    embeddingWidth: H,
    hiddenSizes: [H, H],
    outputWidth: H,
    residual,
    vocabulary: V,
    state: ["h"],
  });
  const random = new Random(4);
  const parameters = body.weights.filter(isParameter);
  for (const { value } of parameters) {
    engine.write(
      Float64Array.from({ length: value.length }, () => random.normal()),
      value,
    );
  }
  const ids = Int32Array.from({ length: T * B }, () => random.below(V));
  const dY = Float64Array.from({ length: T * B * H }, () => random.normal());
  return { engine, body, parameters, ids, dY };
}

const CASES = [
  [0, false],
  [1, false],
  [1, true],
] as const;

test.each(CASES)("gradients of every weight, the part at place %i, residual %j", (place, residual) => {
  const { engine, body, parameters, ids, dY } = build(place, residual);
  const objective = (): number => {
    body.weightsChanged();
    const y = engine.read(body.forward(ids, T, B, body.zeroState(B), TRAINING));
    return Float64Array.from(y).reduce((sum, value, i) => sum + value * dY[i]!, 0);
  };
  objective();
  body.zeroGradients();
  engine.write(dY, body.gradient());
  body.backward();
  expect(parameters.map(({ name }) => name)).toContain("scaling");
  for (const { name, value, grad } of parameters) {
    const [weights, analytic] = [engine.read(value).slice(), engine.read(grad).slice()];
    for (const [i, w] of weights.entries()) {
      const shifted = (by: number): number => {
        engine.write([w + by], value.slice(i, 1));
        return objective();
      };
      const numeric = (shifted(STEP) - shifted(-STEP)) / (2 * STEP);
      engine.write([w], value.slice(i, 1));
      expect(Math.abs(numeric - analytic[i]!), `${name}[${i}]`).toBeLessThan(1e-7);
    }
  }
});

test.each(CASES)(
  "token by token is the window at once, the part at place %i, residual %j",
  (place, residual) => {
    const { engine, body, ids } = build(place, residual);
    const [state, stepped] = [body.zeroState(B), body.zeroState(B)];
    const whole = engine.read(body.forward(ids, T, B, state, READING)).slice();
    for (let t = 0; t < T; t++) {
      const y = engine.read(body.step(ids.slice(t * B, (t + 1) * B), stepped));
      for (const [i, value] of y.entries()) expect(value).toBeCloseTo(whole[t * B * H + i]!, 12);
    }
    for (const [l, { h }] of state.layers.entries())
      expect([...engine.read(stepped.layers[l]!.h)]).toEqual([...engine.read(h)]);
  },
);
