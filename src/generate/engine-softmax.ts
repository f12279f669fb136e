/** The exponentials of a draw from a large vocabulary, by an engine: many times as fast as one by one. */
import type { Engine, Floats, Tensor } from "../engine/engine.js";

export class EngineSoftmax {
  readonly #engine: Engine;
  readonly #x: Tensor;
  readonly #y: Tensor;

  constructor(engine: Engine, size: number) {
    this.#engine = engine;
    this.#x = engine.tensor(size);
    this.#y = engine.tensor(size);
  }

  /**
   * @param adjust changes the logits between normalizer and weights; what it makes −∞ has any weight
   * @returns ln Σ e^x of the logits as they came; of the adjusted ones the most probable token and (for τ > 0) the weights
   *   exp((x − max) / τ); undefined where something is not finite
   */
  soften(
    logits: Floats,
    temperature: number,
    adjust: (x: Floats) => void,
  ): { normalizer: number; best: number; weights: Floats } | undefined {
    const [engine, x] = [this.#engine, this.#x];
    x.data.set(logits);
    const normalizer = this.#logSumExp();
    if (!Number.isFinite(normalizer)) return undefined;
    adjust(x.data);
    const max = engine.greatest(x);
    if (max === -Infinity) return undefined;
    if (temperature > 0) engine.sumOfExponentials(x, max, 1 / temperature, this.#y);
    return { normalizer, best: x.data.indexOf(max), weights: this.#y.data };
  }

  #logSumExp(): number {
    const max = this.#engine.greatest(this.#x);
    return max + Math.log(this.#engine.sumOfExponentials(this.#x, max, 1));
  }
}
