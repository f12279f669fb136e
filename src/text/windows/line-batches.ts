/**
 * Windows over independent lines, each `<bos> … <eos>`. Lines of similar length stand side by side, so that little is
 * padded; which ones meet, and the order of the batches, changes with every epoch. A line longer than a window is read
 * in several, its state carried from each to the next.
 */
import { UserError } from "../../errors.js";
import type { Batches, Window } from "./batches.js";
import { shuffle } from "../line-hash.js";
import type { TokenSource } from "./token-source.js";

export interface LineBatchesOptions {
  /** False: by length, the same in every epoch (for validation, where the order changes nothing). Default true. */
  readonly shuffle?: boolean;
  /** True: one after the other as they stand in the text, for a batch size of 1. Default false. */
  readonly inOrder?: boolean;
}

/** Batches drawn together and sorted by length among themselves: more pad less, fewer mix lines of all lengths better. */
const POOL_BATCHES = 64;
/** Longer lines count as equally long when sorting: a sort key is length · 2^32 + place and has to stay below 2^53. */
const LONGEST_SORTED = 2 ** 20;

/** One epoch. */
interface Plan {
  readonly epoch: number;
  /** Line numbers, batch after batch; all batches but one have B lines. */
  readonly order: Int32Array;
  /** The batches in the order they are read. */
  readonly batches: Int32Array;
  /** By place in `batches`: the number of its first window; and the number of all windows. */
  readonly firstWindow: Float64Array;
}

export class LineBatches implements Batches {
  readonly batchSize: number;
  readonly maxSteps: number;
  readonly varying = false;
  /** Every id but the first of each line. */
  readonly targetsPerEpoch: number;
  readonly #source: TokenSource;
  readonly #offsets: ArrayLike<number>;
  readonly #lines: number;
  readonly #seed: number;
  readonly #shuffled: boolean;
  readonly #inOrder: boolean;
  #plan: Plan | undefined;
  readonly #row: Int32Array;
  readonly #inputs: Int32Array;
  readonly #targets: Int32Array;

  /**
   * @param offsets where each line begins among the ids, and where the last one ends: lines + 1 numbers
   * @param batchSize lines side by side (B); a batch with fewer has empty rows: inputs 0, targets −1
   * @param seqLen longest T of a window
   * @param seed the order is a function of (seed, epoch)
   * @throws UserError where there is no line; RangeError where a line has fewer than two ids
   */
  constructor(
    source: TokenSource,
    offsets: ArrayLike<number>,
    batchSize: number,
    seqLen: number,
    seed: number,
    options: LineBatchesOptions = {},
  ) {
    if (offsets.length < 2)
      throw new UserError("The text has no line with anything in it; give a text with lines.");
    this.#source = source;
    this.#offsets = offsets;
    this.#lines = offsets.length - 1;
    this.batchSize = batchSize;
    this.#seed = seed;
    this.#inOrder = options.inOrder ?? false;
    this.#shuffled = !this.#inOrder && (options.shuffle ?? true);
    let longest = 0;
    for (let line = 0; line < this.#lines; line++) {
      const targets = this.#targetsOf(line);
      if (!(targets >= 1)) throw new RangeError(`line ${line} has ${targets + 1} ids, and a line needs two`);
      longest = Math.max(longest, targets);
    }
    this.maxSteps = Math.min(seqLen, longest);
    this.targetsPerEpoch = offsets[this.#lines]! - offsets[0]! - this.#lines;
    this.#row = new Int32Array(this.maxSteps + 1);
    this.#inputs = new Int32Array(this.maxSteps * batchSize);
    this.#targets = new Int32Array(this.maxSteps * batchSize);
  }

  /** May differ between epochs where lines are longer than a window. */
  windows(epoch: number): number {
    const { batches, firstWindow } = this.#planOf(epoch);
    return firstWindow[batches.length]!;
  }

  /** As if all epochs were like the first. */
  windowsIn(from: number, to: number): number {
    return Math.max(0, to - from) * this.windows(0);
  }

  part(epoch: number, index: number): number {
    return index / this.windows(epoch);
  }

  window(epoch: number, index: number): Window {
    const B = this.batchSize;
    const { order, batches, firstWindow } = this.#planOf(epoch);
    const count = firstWindow[batches.length]!;
    if (!(index >= 0 && index < count)) throw new RangeError(`window ${index} is not among 0 … ${count - 1}`);
    const place = lastAtMost(firstWindow, index);
    const start = (index - firstWindow[place]!) * this.maxSteps;
    const rows = order.subarray(batches[place]! * B, (batches[place]! + 1) * B);
    let T = 0;
    for (const line of rows) T = Math.max(T, Math.min(this.maxSteps, this.#targetsOf(line) - start));
    const inputs = this.#inputs.subarray(0, T * B).fill(0);
    const targets = this.#targets.subarray(0, T * B).fill(-1);
    for (let b = 0; b < rows.length; b++) {
      const steps = Math.min(T, this.#targetsOf(rows[b]!) - start);
      if (steps <= 0) continue;
      this.#source.read(this.#offsets[rows[b]!]! + start, this.#row.subarray(0, steps + 1));
      for (let t = 0; t < steps; t++) {
        inputs[t * B + b] = this.#row[t]!;
        targets[t * B + b] = this.#row[t + 1]!;
      }
    }
    return { T, B, inputs, targets, fresh: start === 0 };
  }

  /** Ids of a line that are predicted: all but its first. */
  #targetsOf(line: number): number {
    return this.#offsets[line + 1]! - this.#offsets[line]! - 1;
  }

  #planOf(epoch: number): Plan {
    // Without shuffling every epoch is the first.
    const drawn = this.#shuffled ? epoch : 0;
    if (this.#plan?.epoch === drawn) return this.#plan;
    const B = this.batchSize;
    const order = Int32Array.from({ length: this.#lines }, (_, line) => line);
    const batches = Int32Array.from({ length: Math.ceil(this.#lines / B) }, (_, batch) => batch);
    if (this.#shuffled) {
      shuffle(order, this.#seed, 2 * drawn);
      shuffle(batches, this.#seed, 2 * drawn + 1);
    }
    const pool = this.#shuffled ? POOL_BATCHES * B : order.length;
    for (let from = 0; from < order.length && !this.#inOrder; from += pool)
      this.#sortByLength(order.subarray(from, from + pool));
    const firstWindow = new Float64Array(batches.length + 1);
    for (let place = 0; place < batches.length; place++) {
      // The last line of a batch is its longest.
      const longest = order[Math.min(this.#lines, (batches[place]! + 1) * B) - 1]!;
      firstWindow[place + 1] = firstWindow[place]! + Math.ceil(this.#targetsOf(longest) / this.maxSteps);
    }
    this.#plan = { epoch: drawn, order, batches, firstWindow };
    return this.#plan;
  }

  /** In place; lines of the same length keep their order. Numeric keys sort many times faster than a comparison function. */
  #sortByLength(lines: Int32Array): void {
    const keys = new Float64Array(lines.length);
    for (let i = 0; i < lines.length; i++) {
      keys[i] = Math.min(this.#targetsOf(lines[i]!), LONGEST_SORTED) * 2 ** 32 + i;
    }
    keys.sort();
    const before = lines.slice();
    for (let i = 0; i < lines.length; i++) lines[i] = before[keys[i]! % 2 ** 32]!;
  }
}

/** The last place whose value is at most `value`, of ascending values whose first is. */
function lastAtMost(values: Float64Array, value: number): number {
  let low = 0;
  let high = values.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (values[middle]! <= value) low = middle;
    else high = middle - 1;
  }
  return low;
}
