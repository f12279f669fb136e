/**
 * Schedule-free AdamW (Defazio et al., 2024, "The road less scheduled"): in place of a rate that falls, an average x of
 * all iterates z, and gradients at a point y between the two:
 *
 *   y = (1 − β₁) z + β₁ x,   d = g(y) / (√(v / (1 − β₂ᵗ)) + ε) + decay · y
 *   z ← z − γ d,   x ← (1 − c) x + c z,   c = γ² / Σ γ²
 *
 * The model's weights are y while it trains, and z and v are kept beside them; x = y + (1 − 1 / β₁) (z − y) is what is
 * measured and kept. The schedule should be constant but for a warm-up.
 */
import type { Engine, Tensor } from "../engine/engine.js";
import type { Parameter } from "../model/parameter.js";
import type { AveragedWeights } from "./average.js";
import { BETA1, BETA2, EPSILON } from "./adam.js";
import type { Optimizer, OptimizerSettings } from "./optimizer.js";

export class ScheduleFree implements Optimizer, AveragedWeights {
  updates = 0;
  readonly #engine: Engine;
  readonly #parameters: readonly Parameter[];
  readonly #weightDecay: number;
  readonly #z: readonly Tensor[];
  readonly #v: readonly Tensor[];
  /** Σ γ²: rounded as the engine keeps it, so that a resumed run goes on from the same. */
  readonly #sum: Tensor;
  /** y, while x stands in its place. */
  #kept: readonly Tensor[] | undefined;

  constructor(engine: Engine, parameters: readonly Parameter[], { weightDecay }: OptimizerSettings) {
    this.#engine = engine;
    this.#parameters = parameters;
    this.#weightDecay = weightDecay;
    this.#z = parameters.map((p) => engine.tensor(p.value.length));
    this.#v = parameters.map((p) => engine.tensor(p.value.length));
    this.#sum = engine.tensor(1);
  }

  get moments() {
    const all = this.#parameters.flatMap(({ name, shape }, i) => [
      { name: `z.${name}`, tensor: this.#z[i]!, shape },
      { name: `v.${name}`, tensor: this.#v[i]!, shape },
    ]);
    return [...all, { name: "rates", tensor: this.#sum, shape: [1] }];
  }

  get averaged(): AveragedWeights {
    return this;
  }

  get on(): boolean {
    return this.updates > 0;
  }

  validated(): void {}

  step(learningRate: number, gradientScale: number): void {
    const engine = this.#engine;
    // Here and not before, as the first weights are drawn or read after the optimizer was made.
    if (this.updates === 0)
      for (const [i, { value }] of this.#parameters.entries()) engine.copy(value, this.#z[i]!);
    this.updates++;
    const square = learningRate ** 2;
    engine.write([engine.read(this.#sum)[0]! + square], this.#sum);
    const sum = engine.read(this.#sum)[0]!;
    const rates = { learningRate, beta1: BETA1, beta2: BETA2, epsilon: EPSILON, gradientScale };
    // A warm-up begins with a rate of 0.
    const share = sum > 0 ? Math.min(1, square / sum) : 0;
    const settings = { ...rates, weightDecay: this.#weightDecay, step: this.updates, share };
    for (const [i, { value, grad }] of this.#parameters.entries())
      engine.scheduleFree(value, grad, this.#z[i]!, this.#v[i]!, settings);
  }

  async inPlace<Result>(model: { weightsChanged(): void }, work: () => Promise<Result>): Promise<Result> {
    const engine = this.#engine;
    const kept = (this.#kept ??= this.#parameters.map(({ value }) => engine.tensor(value.length)));
    for (const [i, { value }] of this.#parameters.entries()) {
      engine.copy(value, kept[i]!);
      engine.addScaled(this.#z[i]!, 1 - 1 / BETA1, value, 1 / BETA1);
    }
    model.weightsChanged();
    try {
      return await work();
    } finally {
      for (const [i, { value }] of this.#parameters.entries()) engine.copy(kept[i]!, value);
      model.weightsChanged();
    }
  }
}
