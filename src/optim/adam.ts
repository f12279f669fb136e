/**
 * Adam (Kingma and Ba, 2015) and AdamW (Loshchilov and Hutter, 2019):
 *
 *   m ← β₁ m + (1 − β₁) g,   v ← β₂ v + (1 − β₂) g²
 *   w ← w − lr · (m / (1 − β₁ᵗ)) / (√(v / (1 − β₂ᵗ)) + ε)
 *
 * AdaBelief (Zhuang et al., 2020) takes the gradient's variance about m in place of its square, so that steps are long
 * where gradients agree with each other, however large they are:
 *
 *   v ← β₂ v + (1 − β₂) (g − m)² + ε
 *
 * Every row of an embedding is updated in every step, touched or not: its moments go on decaying, as in PyTorch. With
 * `updateRows: "touched"` only the touched rows are, and what the others hold stays as it is (see UpdateRows).
 */
import type { Engine, Tensor } from "../engine/engine.js";
import type { Parameter } from "../model/parameter.js";
import type { Optimizer, OptimizerSettings } from "./optimizer.js";

export const BETA1 = 0.9;
export const BETA2 = 0.999;
export const EPSILON = 1e-8;
/** AdaBelief's, within the root too: its authors' for language models of one layer. */
const BELIEF_EPSILON = 1e-16;

export class Adam implements Optimizer {
  updates = 0;
  readonly #engine: Engine;
  readonly #parameters: readonly Parameter[];
  readonly #settings: OptimizerSettings;
  readonly #m: readonly Tensor[];
  readonly #v: readonly Tensor[];

  constructor(engine: Engine, parameters: readonly Parameter[], settings: OptimizerSettings) {
    this.#engine = engine;
    this.#parameters = parameters;
    this.#settings = settings;
    this.#m = parameters.map((p) => engine.tensor(p.value.length));
    this.#v = parameters.map((p) => engine.tensor(p.value.length));
  }

  get moments() {
    return this.#parameters.flatMap(({ name, shape }, i) => [
      { name: `m.${name}`, tensor: this.#m[i]!, shape },
      { name: `v.${name}`, tensor: this.#v[i]!, shape },
    ]);
  }

  step(learningRate: number, gradientScale: number): void {
    this.updates++;
    const { name, weightDecay, updateRows } = this.#settings;
    const belief = name === "adabelief";
    const settings = {
      learningRate,
      beta1: BETA1,
      beta2: BETA2,
      epsilon: belief ? BELIEF_EPSILON : EPSILON,
      weightDecay,
      decoupled: name !== "adam",
      gradientScale,
      belief,
      step: this.updates,
    };
    for (const [i, { value, grad, touched }] of this.#parameters.entries()) {
      const [m, v] = [this.#m[i]!, this.#v[i]!];
      if (touched && updateRows === "touched") {
        const { rows, count, width } = touched;
        this.#engine.adamRows(value, grad, m, v, rows, count, width, settings);
      } else {
        this.#engine.adam(value, grad, m, v, settings);
      }
    }
  }
}
