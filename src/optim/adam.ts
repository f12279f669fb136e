/**
 * Adam (Kingma and Ba, 2015) and AdamW (Loshchilov and Hutter, 2019):
 *
 *   m ← β₁ m + (1 − β₁) g,   v ← β₂ v + (1 − β₂) g²
 *   w ← w − lr · (m / (1 − β₁ᵗ)) / (√(v / (1 − β₂ᵗ)) + ε)
 *
 * Every row of an embedding is updated in every step, touched or not: its moments go on decaying, as in PyTorch.
 */
import type { Engine, Tensor } from "../engine/engine.js";
import type { Parameter } from "../model/parameter.js";
import type { Optimizer } from "./optimizer.js";

const BETA1 = 0.9;
const BETA2 = 0.999;
const EPSILON = 1e-8;

export class Adam implements Optimizer {
  updates = 0;
  readonly #engine: Engine;
  readonly #parameters: readonly Parameter[];
  readonly #weightDecay: number;
  readonly #decoupled: boolean;
  readonly #m: readonly Tensor[];
  readonly #v: readonly Tensor[];

  /** @param decoupled AdamW: the decay acts on the weight, not through the gradient */
  constructor(engine: Engine, parameters: readonly Parameter[], weightDecay = 0, decoupled = false) {
    this.#engine = engine;
    this.#parameters = parameters;
    this.#weightDecay = weightDecay;
    this.#decoupled = decoupled;
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
    const rates = {
      learningRate,
      beta1: BETA1,
      beta2: BETA2,
      epsilon: EPSILON,
      weightDecay: this.#weightDecay,
    };
    const settings = { ...rates, decoupled: this.#decoupled, gradientScale, step: this.updates };
    for (const [i, { value, grad }] of this.#parameters.entries()) {
      this.#engine.adam(value, grad, this.#m[i]!, this.#v[i]!, settings);
    }
  }
}
