/**
 * Windows over independent lines, each `<bos> … <eos>`. Lines of like length stand side by side, so that little is
 * padded; which of them do, and the order of the batches, is drawn anew each epoch. A line longer than a window is
 * read in several, the state carried from one to the next.
 */
import { Random } from "../engine/random.js";
import type { Batches, Window } from "./batches.js";
import type { TokenSource } from "./token-source.js";

export interface LineBatchesOptions {
  /** Decides the order; the same seed and epoch give the same. */
  readonly seed?: number;
  /** False: in order of length. Default true. */
  readonly shuffle?: boolean;
}

interface Plan {
  readonly epoch: number;
  /** Line numbers, batch after batch. */
  readonly order: Int32Array;
  /** For each window: its batch, and the time step within the batch it begins at. */
  readonly batch: Int32Array;
  readonly from: Int32Array;
}

/** Odd multiplier that keeps the seeds of neighbouring epochs apart. */
const EPOCH_STRIDE = 0x9e3779b1;

export class LineBatches implements Batches {
  readonly batchSize: number;
  readonly maxSteps: number;
  readonly targetsPerEpoch: number;
  readonly #source: TokenSource;
  readonly #offsets: ArrayLike<number>;
  readonly #seqLen: number;
  readonly #seed: number;
  readonly #shuffle: boolean;
  readonly #windows: number;
  #plan: Plan | undefined;
  #row = new Int32Array(0);
  readonly #inputs: Int32Array;
  readonly #targets: Int32Array;

  /** @param offsets where each line begins among the ids, and where the last one ends: lines + 1 numbers */
  constructor(
    source: TokenSource,
    offsets: ArrayLike<number>,
    batchSize: number,
    seqLen: number,
    options: LineBatchesOptions = {},
  ) {
    if (offsets.length < 2) throw new RangeError("there is no line");
    this.#source = source;
    this.#offsets = offsets;
    this.batchSize = batchSize;
    this.#seqLen = seqLen;
    this.#seed = options.seed ?? 0;
    this.#shuffle = options.shuffle ?? true;
    let longest = 0;
    for (let line = 0; line < this.#lines; line++) longest = Math.max(longest, this.#targetsOf(line));
    this.maxSteps = Math.min(seqLen, longest);
    this.targetsPerEpoch = offsets[offsets.length - 1]! - offsets[0]! - this.#lines;
    this.#inputs = new Int32Array(this.maxSteps * batchSize);
    this.#targets = new Int32Array(this.maxSteps * batchSize);
    // The lengths that stand together are the same in every epoch, so the number of windows is, too.
    this.#windows = this.#planFor(0).batch.length;
  }

  windows(): number {
    return this.#windows;
  }

  window(epoch: number, index: number): Window {
    const B = this.batchSize;
    const { order, batch, from } = this.#planFor(epoch);
    if (index < 0 || index >= batch.length)
      throw new RangeError(`there is no window ${index} among ${batch.length}`);
    const rows = order.subarray(batch[index]! * B, (batch[index]! + 1) * B);
    const start = from[index]!;
    let T = 0;
    for (const line of rows) T = Math.max(T, Math.min(this.#seqLen, this.#targetsOf(line) - start));
    const inputs = this.#inputs.subarray(0, T * B).fill(0);
    const targets = this.#targets.subarray(0, T * B).fill(-1);
    for (const [b, line] of rows.entries()) {
      const steps = Math.min(T, this.#targetsOf(line) - start);
      if (steps <= 0) continue;
      if (this.#row.length < steps + 1) this.#row = new Int32Array(this.#seqLen + 1);
      this.#source.read(this.#offsets[line]! + start, this.#row.subarray(0, steps + 1));
      for (let t = 0; t < steps; t++) {
        inputs[t * B + b] = this.#row[t]!;
        targets[t * B + b] = this.#row[t + 1]!;
      }
    }
    return { T, B, inputs, targets, fresh: start === 0 };
  }

  get #lines(): number {
    return this.#offsets.length - 1;
  }

  /** Ids of a line that are predicted: all but the first. */
  #targetsOf(line: number): number {
    return this.#offsets[line + 1]! - this.#offsets[line]! - 1;
  }

  #planFor(epoch: number): Plan {
    if (this.#plan?.epoch === epoch) return this.#plan;
    const random = new Random(this.#seed * EPOCH_STRIDE + epoch);
    const keys = new Float64Array(this.#lines);
    if (this.#shuffle) for (let line = 0; line < keys.length; line++) keys[line] = random.next();
    const order = Int32Array.from(keys, (_, line) => line).sort(
      (a, b) => this.#targetsOf(a) - this.#targetsOf(b) || keys[a]! - keys[b]! || a - b,
    );
    const batches = Int32Array.from({ length: Math.ceil(this.#lines / this.batchSize) }, (_, i) => i);
    if (this.#shuffle) shuffle(batches, random);
    const batch: number[] = [];
    const from: number[] = [];
    for (const number of batches) {
      const last = order[Math.min(this.#lines, (number + 1) * this.batchSize) - 1]!;
      for (let start = 0; start < this.#targetsOf(last); start += this.#seqLen) {
        batch.push(number);
        from.push(start);
      }
    }
    this.#plan = { epoch, order, batch: Int32Array.from(batch), from: Int32Array.from(from) };
    return this.#plan;
  }
}

/** Fisher and Yates. */
function shuffle(items: Int32Array, random: Random): void {
  for (let i = items.length - 1; i > 0; i--) {
    const j = random.below(i + 1);
    [items[i], items[j]] = [items[j]!, items[i]!];
  }
}
