/**
 * Windows over running text for stateful truncated backpropagation through time: the ids are cut into B contiguous
 * streams that are read side by side, T steps at a time, so that each window begins where the one before it ended.
 */
import { option, sentence, UserError } from "../../errors.js";
import type { Batches, Window } from "./batches.js";
import type { TokenSource } from "./token-source.js";

export class ContiguousBatches implements Batches {
  readonly batchSize: number;
  readonly maxSteps: number;
  /** Every id but the first is a target, once an epoch. */
  readonly targetsPerEpoch: number;
  readonly #source: TokenSource;
  /** Targets of one stream. The last streams have fewer where the ids do not divide evenly; theirs are −1 then. */
  readonly #streamLength: number;
  readonly #row: Int32Array;
  readonly #inputs: Int32Array;
  readonly #targets: Int32Array;

  /**
   * @param batchSize streams side by side (B)
   * @param seqLen time steps of a window (T); where a stream has fewer targets, windows are as long as that
   * @throws UserError where the source has fewer than B + 1 ids, too few to give each stream a target
   */
  constructor(source: TokenSource, batchSize: number, seqLen: number) {
    const needed = batchSize + 1;
    if (source.length < needed) {
      throw new UserError({
        option: "batchSize",
        problem: sentence`The text has ${source.length} token${source.length === 1 ? "" : "s"}, and ${option("batchSize", batchSize)} needs at least ${needed}`,
        advice: sentence`give a longer text or a smaller ${option("batchSize")}`,
      });
    }
    this.#source = source;
    this.batchSize = batchSize;
    this.targetsPerEpoch = source.length - 1;
    this.#streamLength = Math.ceil(this.targetsPerEpoch / batchSize);
    this.maxSteps = Math.min(seqLen, this.#streamLength);
    this.#row = new Int32Array(this.maxSteps + 1);
    this.#inputs = new Int32Array(this.maxSteps * batchSize);
    this.#targets = new Int32Array(this.maxSteps * batchSize);
  }

  /** The same in every epoch. */
  windows(): number {
    return Math.ceil(this.#streamLength / this.maxSteps);
  }

  window(_epoch: number, index: number): Window {
    const B = this.batchSize;
    const start = index * this.maxSteps;
    const T = Math.min(this.maxSteps, this.#streamLength - start);
    if (index < 0 || T <= 0) throw new RangeError(`window ${index} is not among 0 … ${this.windows() - 1}`);
    const inputs = this.#inputs.subarray(0, T * B);
    const targets = this.#targets.subarray(0, T * B);
    for (let b = 0; b < B; b++) {
      const from = b * this.#streamLength + start;
      const present = Math.max(0, Math.min(T + 1, this.#source.length - from));
      if (present > 0) this.#source.read(from, this.#row.subarray(0, present));
      for (let t = 0; t < T; t++) {
        // An id without a successor is no input either.
        const counted = t + 1 < present;
        inputs[t * B + b] = counted ? this.#row[t]! : 0;
        targets[t * B + b] = counted ? this.#row[t + 1]! : -1;
      }
    }
    return { T, B, inputs, targets, fresh: index === 0 };
  }
}
