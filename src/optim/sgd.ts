/**
 * Stochastic gradient descent, with momentum as PyTorch writes it (no dampening):
 *
 *   v ← momentum · v + (g + decay · w),   w ← w − lr · v
 */
import type { Engine, Tensor } from "../engine/engine.js";
import type { Parameter } from "../model/parameter.js";
import type { Optimizer, OptimizerSettings } from "./optimizer.js";

export class Sgd implements Optimizer {
  updates = 0;
  readonly #engine: Engine;
  readonly #parameters: readonly Parameter[];
  readonly #settings: OptimizerSettings;
  readonly #velocity: readonly Tensor[];

  constructor(engine: Engine, parameters: readonly Parameter[], settings: OptimizerSettings) {
    this.#engine = engine;
    this.#parameters = parameters;
    this.#settings = settings;
    this.#velocity = settings.momentum > 0 ? parameters.map((p) => engine.tensor(p.value.length)) : [];
  }

  get moments() {
    return this.#velocity.map((tensor, i) => {
      const { name, shape } = this.#parameters[i]!;
      return { name: `velocity.${name}`, tensor, shape };
    });
  }

  step(learningRate: number, gradientScale: number): void {
    const { momentum, weightDecay, updateRows } = this.#settings;
    const settings = { learningRate, momentum, weightDecay, gradientScale };
    // Without momentum and decay a row without gradient stays as it is, so only the touched ones are visited.
    const sparse = updateRows === "touched" || (momentum === 0 && weightDecay === 0);
    for (const [i, { value, grad, touched }] of this.#parameters.entries()) {
      const v = this.#velocity[i];
      if (sparse && touched) {
        this.#engine.sgdRows(value, grad, v, touched.rows, touched.count, touched.width, settings);
      } else {
        this.#engine.sgd(value, grad, v, settings);
      }
    }
    this.updates++;
  }
}
