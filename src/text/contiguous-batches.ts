/**
 * Windows over running text for stateful truncated backpropagation through time: the ids are cut into B contiguous
 * streams that are read side by side, T steps at a time, so that the state of one window is where the next begins.
 */
import type { Batches, Window } from "./batches.js";
import type { TokenSource } from "./token-source.js";

export class ContiguousBatches implements Batches {
  readonly batchSize: number;
  readonly maxSteps: number;
  readonly targetsPerEpoch: number;
  readonly #source: TokenSource;
  /** Targets of a stream; the last stream may have fewer, and its missing ones are −1. */
  readonly #perStream: number;
  readonly #row: Int32Array;
  readonly #inputs: Int32Array;
  readonly #targets: Int32Array;

  /** Every id but the first is a target exactly once an epoch. @throws RangeError with fewer than two ids */
  constructor(source: TokenSource, batchSize: number, seqLen: number) {
    if (source.length < 2)
      throw new RangeError(`a window needs at least two ids, and there are ${source.length}`);
    this.#source = source;
    this.targetsPerEpoch = source.length - 1;
    this.batchSize = batchSize;
    this.#perStream = Math.ceil(this.targetsPerEpoch / batchSize);
    this.maxSteps = Math.min(seqLen, this.#perStream);
    this.#row = new Int32Array(this.maxSteps + 1);
    this.#inputs = new Int32Array(this.maxSteps * batchSize);
    this.#targets = new Int32Array(this.maxSteps * batchSize);
  }

  windows(): number {
    return Math.ceil(this.#perStream / this.maxSteps);
  }

  window(_epoch: number, index: number): Window {
    const B = this.batchSize;
    const from = index * this.maxSteps;
    const T = Math.min(this.maxSteps, this.#perStream - from);
    if (index < 0 || T <= 0) throw new RangeError(`there is no window ${index} among ${this.windows()}`);
    const inputs = this.#inputs.subarray(0, T * B);
    const targets = this.#targets.subarray(0, T * B);
    for (let b = 0; b < B; b++) {
      const start = b * this.#perStream + from;
      const known = Math.max(0, Math.min(T + 1, this.#source.length - start));
      if (known > 0) this.#source.read(start, this.#row.subarray(0, known));
      for (let t = 0; t < T; t++) {
        inputs[t * B + b] = t < known ? this.#row[t]! : 0;
        targets[t * B + b] = t + 1 < known ? this.#row[t + 1]! : -1;
      }
    }
    return { T, B, inputs, targets, fresh: index === 0 };
  }
}
