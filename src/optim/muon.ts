/**
 * Muon (Jordan et al., 2024; Liu et al., 2025): momentum that is orthogonalised, for the matrices of the recurrent layers;
 * AdamW for embedding, decoder and biases.
 *
 *   m ← μ m + (1 − μ) g,   O = orthogonal((1 − μ) g + μ m),   w ← (1 − lr · decay) w − lr · 0.2 √max(rows, columns) O
 *
 * The gates of a cell lie below each other in one matrix: each is orthogonalised by itself. With the factor of O an
 * update is as large as one of AdamW's usually is, so that both take one rate. Three products of the matrix's own size five
 * times a step: their cost does not depend on the window, and is small only beside large ones.
 */
import type { Engine, Tensor } from "../engine/engine.js";
import type { Parameter } from "../model/parameter.js";
import { Adam } from "./adam.js";
import type { Optimizer, OptimizerSettings } from "./optimizer.js";
import { Orthogonaliser } from "./orthogonalise.js";

const MOMENTUM = 0.95;
const SCALE = 0.2;

/** The matrices of recurrent layers and of what lies between them. */
const isHidden = ({ name, shape }: Parameter): boolean =>
  shape.length === 2 && !/^(embedding|decoder)\./.test(name);

export class Muon implements Optimizer {
  readonly #engine: Engine;
  readonly #settings: OptimizerSettings;
  readonly #matrices: readonly Parameter[];
  readonly #momentum: readonly Tensor[];
  /** The update of the largest. */
  readonly #update: Tensor;
  readonly #orthogonaliser: Orthogonaliser;
  readonly #others: Adam;

  constructor(engine: Engine, parameters: readonly Parameter[], settings: OptimizerSettings) {
    this.#engine = engine;
    this.#settings = settings;
    this.#matrices = parameters.filter(isHidden);
    this.#momentum = this.#matrices.map(({ value }) => engine.tensor(value.length));
    this.#update = engine.tensor(Math.max(1, ...this.#matrices.map(({ value }) => value.length)));
    this.#orthogonaliser = new Orthogonaliser(engine);
    const others = parameters.filter((parameter) => !isHidden(parameter));
    this.#others = new Adam(engine, others, { ...settings, name: "adamw" });
  }

  get updates(): number {
    return this.#others.updates;
  }

  set updates(updates: number) {
    this.#others.updates = updates;
  }

  get moments() {
    const own = this.#matrices.map(({ name, shape }, i) => ({
      name: `m.${name}`,
      tensor: this.#momentum[i]!,
      shape,
    }));
    return [...own, ...this.#others.moments];
  }

  step(learningRate: number, gradientScale: number): void {
    const engine = this.#engine;
    const { weightDecay, gates = 1 } = this.#settings;
    for (const [i, { name, shape, value, grad }] of this.#matrices.entries()) {
      const [height, k] = shape as readonly [number, number];
      const m = this.#momentum[i]!;
      const update = this.#update.slice(0, value.length);
      engine.addScaled(grad, gradientScale * (1 - MOMENTUM), m, MOMENTUM);
      engine.addScaled(grad, gradientScale * (1 - MOMENTUM), update, 0);
      engine.addScaled(m, MOMENTUM, update);
      const blocks = name.startsWith("rnn.") && height % gates === 0 ? gates : 1;
      const rows = height / blocks;
      for (let block = 0; block < blocks; block++)
        this.#orthogonaliser.apply(update.slice(block * rows * k, rows * k), rows, k);
      const rate = learningRate * SCALE * Math.sqrt(Math.max(rows, k));
      engine.addScaled(update, -rate, value, 1 - learningRate * weightDecay);
    }
    this.#others.step(learningRate, gradientScale);
  }
}
