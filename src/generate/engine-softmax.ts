/** The exponentials of a draw from a large vocabulary, by an engine: many times as fast as one by one. */
import type { Engine, Floats, Tensor } from "../engine/engine.js";

/** Changed logits by token; −∞ excludes a token. */
export type ChangedLogits = ReadonlyMap<number, number>;

/** 1/τ at most: of float32, and so large that what is less than the greatest weighs nothing, as with any larger one. */
const MOST_SCALE = 1e30;

export class EngineSoftmax {
  readonly #engine: Engine;
  readonly #x: Tensor;
  readonly #y: Tensor;
  /** The logits converted to the engine's format, where they have another. */
  #converted: Floats | undefined;

  constructor(engine: Engine, size: number) {
    this.#engine = engine;
    this.#x = engine.tensor(size);
    this.#y = engine.tensor(size);
  }

  /**
   * @param logits (V), only read
   * @param changed logits that replace some of them; the normalizer is computed before
   * @param weights (V), gets exp((x − max) / τ) of the changed logits, for τ > 0
   * @returns ln Σ e^x of the unchanged logits, and the most probable token of the changed ones; undefined where
   *   something is not finite
   */
  soften(
    logits: Floats,
    temperature: number,
    changed: ChangedLogits,
    weights: Float64Array,
  ): { normalizer: number; best: number } | undefined {
    const engine = this.#engine;
    const x = this.#x;
    const given = this.#inFormat(logits);
    engine.write(given, x);
    const normalizer = this.#logSumExp();
    if (!Number.isFinite(normalizer)) return undefined;
    for (const [id, logit] of changed) engine.write([logit], x.slice(id, 1));
    const max = engine.greatest(x);
    if (!Number.isFinite(max)) return undefined;
    const best = this.#lowest(max, given, changed);
    if (temperature > 0) {
      engine.sumOfExponentials(x, max, Math.min(1 / temperature, MOST_SCALE), this.#y);
      engine.read(this.#y, weights);
    }
    return { normalizer, best };
  }

  #inFormat(logits: Floats): Floats {
    const wide = this.#engine.precision === "f64";
    if (logits instanceof Float64Array === wide) return logits;
    this.#converted ??= wide ? new Float64Array(this.#x.length) : new Float32Array(this.#x.length);
    this.#converted.set(logits);
    return this.#converted;
  }

  /** The lowest token whose logit, as it is after the changes, is this. */
  #lowest(max: number, logits: Floats, changed: ChangedLogits): number {
    const stored = this.#engine.precision === "f64" ? (x: number) => x : Math.fround;
    let lowest = Infinity;
    for (const [id, logit] of changed) if (stored(logit) === max && id < lowest) lowest = id;
    let unchanged = logits.indexOf(max);
    while (unchanged >= 0 && changed.has(unchanged)) unchanged = logits.indexOf(max, unchanged + 1);
    return unchanged >= 0 && unchanged < lowest ? unchanged : lowest;
  }

  #logSumExp(): number {
    const max = this.#engine.greatest(this.#x);
    return max + Math.log(this.#engine.sumOfExponentials(this.#x, max, 1));
  }
}
