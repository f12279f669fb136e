/** Draws the candidates of a sampled softmax (sampled-softmax.ts) from how often each token occurs. */
import type { Engine } from "../engine/engine.js";
import type { Random } from "../engine/random.js";
import { AliasTable } from "./alias-table.js";
import { type CandidateSource, SampledSoftmax } from "./sampled-softmax.js";

/** The distribution that candidates are drawn from, and the loss over them: a pass without a sampler loads neither. */
export class CandidateSampler implements CandidateSource {
  readonly samples: number;
  readonly size: number;
  readonly #table: AliasTable;
  /** ln(1 − q_v) */
  readonly #logMissed: Float64Array;

  /**
   * @param counts of every token in the training text; one more is added to each
   * @param samples draws a window, with replacement
   * @throws RangeError where `samples` is not a whole number from 1 on, or a count is not a number from 0 on
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

  /** Makes the sampled softmax of an output layer over V tokens, which keeps it. */
  softmax(engine: Engine, hidden: number, vocabulary: number): SampledSoftmax {
    return new SampledSoftmax(engine, hidden, vocabulary);
  }

  draw(random: Random): number {
    return this.#table.draw(random);
  }

  logInclusion(id: number, draws: number): number {
    return Math.log(-Math.expm1(draws * this.#logMissed[id]!));
  }
}
