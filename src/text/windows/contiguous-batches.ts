/**
 * Windows over running text for stateful truncated backpropagation through time: the ids are cut into B contiguous
 * streams that are read side by side, so that each window begins where the one before it ended.
 */
import { option, sentence, UserError } from "../../errors.js";
import { seededHash } from "../line-hash.js";
import type { Batches, Window } from "./batches.js";
import type { TokenSource } from "./token-source.js";
import { drawnStarts, longestWindow } from "./window-lengths.js";

/** What changes from epoch to epoch; nothing does without these. */
export interface StreamOptions {
  /** What is drawn is a function of (seed, epoch). */
  readonly seed: number;
  /** Lengths of windows are drawn around seqLen: see window-lengths.ts. */
  readonly varySeqLen?: boolean | undefined;
  /** Each stream begins at a place of its own, drawn anew in every epoch: see `#rotation`. */
  readonly rotateStreams?: boolean | undefined;
}

/** Streams of hashes: keeps the rotations apart from the other choices of a seed and an epoch. */
const ROTATION_STREAM = 0x726f74;
/** Windows that are drawn at most to count those of a run; later epochs are taken to have as many on average. */
const MOST_COUNTED = 1_000_000;

export class ContiguousBatches implements Batches {
  readonly batchSize: number;
  readonly maxSteps: number;
  /** Every id but the first is a target, once an epoch. */
  readonly targetsPerEpoch: number;
  readonly varying: boolean;
  readonly #source: TokenSource;
  readonly #seqLen: number;
  readonly #seed: number;
  readonly #rotates: boolean;
  /** Targets of one stream. The last streams have fewer where the ids do not divide evenly; theirs are −1 then. */
  readonly #streamLength: number;
  readonly #row: Int32Array;
  readonly #inputs: Int32Array;
  readonly #targets: Int32Array;
  /** Where the drawn windows of an epoch begin, and where the last one ends. */
  #drawn: { readonly epoch: number; readonly starts: Float64Array } | undefined;

  /**
   * @param batchSize streams side by side (B)
   * @param seqLen time steps of a window (T); where a stream has fewer targets, windows are as long as that
   * @throws UserError where the source has fewer than B + 1 ids, too few to give each stream a target
   */
  constructor(
    source: TokenSource,
    batchSize: number,
    seqLen: number,
    { seed, varySeqLen = false, rotateStreams = false }: StreamOptions = { seed: 0 },
  ) {
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
    this.#seqLen = Math.min(seqLen, this.#streamLength);
    this.#seed = seed;
    this.varying = varySeqLen;
    this.#rotates = rotateStreams;
    this.maxSteps = varySeqLen ? Math.min(longestWindow(this.#seqLen), this.#streamLength) : this.#seqLen;
    this.#row = new Int32Array(this.maxSteps + 1);
    this.#inputs = new Int32Array(this.maxSteps * batchSize);
    this.#targets = new Int32Array(this.maxSteps * batchSize);
  }

  windows(epoch: number): number {
    return this.varying ? this.#startsOf(epoch).length - 1 : Math.ceil(this.#streamLength / this.#seqLen);
  }

  windowsIn(from: number, to: number): number {
    if (!this.varying) return Math.max(0, to - from) * this.windows(0);
    let counted = 0;
    let epoch = from;
    while (epoch < to && counted < MOST_COUNTED) counted += this.windows(epoch++);
    return epoch < to ? Math.round((counted / (epoch - from)) * (to - from)) : counted;
  }

  part(epoch: number, index: number): number {
    return this.#startOf(epoch, index) / this.#streamLength;
  }

  window(epoch: number, index: number): Window {
    const B = this.batchSize;
    const count = this.windows(epoch);
    if (!(index >= 0 && index < count)) throw new RangeError(`window ${index} is not among 0 … ${count - 1}`);
    const start = this.#startOf(epoch, index);
    const T = this.#startOf(epoch, index + 1) - start;
    const inputs = this.#inputs.subarray(0, T * B);
    const targets = this.#targets.subarray(0, T * B);
    for (let b = 0; b < B; b++) {
      const from = b * this.#streamLength;
      const length = Math.max(0, Math.min(this.#streamLength, this.targetsPerEpoch - from));
      const counted = Math.max(0, Math.min(T, length - start));
      // A rotated stream goes on at its own beginning once its end is reached.
      const place = counted === 0 ? 0 : (start + this.#rotation(epoch, b, length)) % length;
      const untilEnd = Math.min(counted, length - place);
      this.#fill(b, 0, from + place, untilEnd);
      this.#fill(b, untilEnd, from, counted - untilEnd);
      // An id without a successor is no input either.
      for (let t = counted; t < T; t++) {
        inputs[t * B + b] = 0;
        targets[t * B + b] = -1;
      }
    }
    return { T, B, inputs, targets, fresh: index === 0 };
  }

  /** Steps t … t + count − 1 of row b: the ids from `from` on, and as targets those after them. */
  #fill(b: number, t: number, from: number, count: number): void {
    if (count === 0) return;
    const B = this.batchSize;
    const row = this.#row.subarray(0, count + 1);
    this.#source.read(from, row);
    for (let i = 0; i < count; i++) {
      this.#inputs[(t + i) * B + b] = row[i]!;
      this.#targets[(t + i) * B + b] = row[i + 1]!;
    }
  }

  /**
   * The place in stream b where an epoch begins to read it; having come to its end it goes on at its beginning ("partial
   * shuffle", Press, 2019). So the streams meet otherwise in every epoch, and windows are cut at other places. The state
   * is zero at the beginning of an epoch and carried over the seam, as in the paper; unlike there, also the target at
   * the seam is the input's own successor in the text.
   */
  #rotation(epoch: number, b: number, length: number): number {
    if (!this.#rotates) return 0;
    const key = seededHash(seededHash(this.#seed, ROTATION_STREAM), epoch);
    return Math.floor((seededHash(key, b) / 2 ** 32) * length);
  }

  /** Targets of a stream before a window; `index` may be the number of windows. */
  #startOf(epoch: number, index: number): number {
    return this.varying ? this.#startsOf(epoch)[index]! : Math.min(index * this.#seqLen, this.#streamLength);
  }

  #startsOf(epoch: number): Float64Array {
    if (this.#drawn?.epoch !== epoch) {
      this.#drawn = { epoch, starts: drawnStarts(this.#streamLength, this.#seqLen, this.#seed, epoch) };
    }
    return this.#drawn.starts;
  }
}
