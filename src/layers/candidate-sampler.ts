/** Draws the candidates of a sampled softmax (sampled-softmax.ts) from how often each token occurs. */
import type { Random } from "../engine/random.js";
import { AliasTable } from "./alias-table.js";

/** What candidates are drawn from. */
export class CandidateSampler {
  readonly samples: number;
  /** Tokens that there are counts of. */
  readonly size: number;
  readonly #table: AliasTable;
  /** ln(1 − q_v) */
  readonly #logMissed: Float64Array;

  /**
   * @param counts of every token in the training text; one more is added to each
   * @param samples draws a window, with replacement
   * @throws RangeError for draws that are not a whole number from 1 on, or counts that are none
   */
  constructor(counts: ArrayLike<number>, samples: number) {
    if (!(Number.isSafeInteger(samples) && samples >= 1))
      throw new RangeError(`samples is ${samples}; it has to be a whole number from 1 on`);
    this.samples = samples;
    this.size = counts.length;
    const weights = Float64Array.from(counts, (count) => count + 1);
    const total = weights.reduce((a, b) => a + b, 0);
    this.#table = new AliasTable(weights);
    this.#logMissed = weights.map((weight) => Math.log1p(-weight / total));
  }

  /** One token. */
  draw(random: Random): number {
    return this.#table.draw(random);
  }

  /** ln π_v where so many tokens are drawn. */
  logInclusion(id: number, draws: number): number {
    return Math.log(-Math.expm1(draws * this.#logMissed[id]!));
  }
}
