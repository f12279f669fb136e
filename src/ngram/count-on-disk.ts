/**
 * Counts the n-grams of a text in bounded memory: what does not fit is sorted on the disk. The result is that of
 * count-ngrams.ts, number for number.
 *
 * Of every place of the text the n-gram of the greatest length that begins there is kept, or what there is up to the end
 * of the sentence. Sorted, they have all n-grams of all lengths in their order, an n-gram of length n as the first n words of
 * some that stand side by side, so that one walk finds them with their counts. What they come after is counted by sorting a
 * second time: each different v g as g, once.
 */
import { ScratchFile } from "../format/scratch-file.js";
import type { CountedLevel, CountedPiece } from "./counted-level.js";
import { GrowingInts } from "./growing-arrays.js";
import { RecordSorter } from "./record-sorter.js";

/** Bytes that are sorted in, at most: longer runs save little. */
const MOST_SORTED = 2 ** 31;
/** N-grams of a piece that is read or written at once. */
const PIECE = 1 << 12;

/** What is known before the text is. */
export interface CountingPlan {
  readonly order: number;
  readonly beginId: number;
  readonly endId: number;
  /** Bytes to count in; the vocabulary comes on top, with some numbers a word. */
  readonly memory: number;
  readonly signal?: AbortSignal | undefined;
}

export class DiskCounter {
  readonly #plan: CountingPlan;
  /** All that is sorted and merged in: shares of it are handed out. */
  readonly #room: Int32Array;
  readonly #windows: RecordSorter | undefined;
  /** The last ids of the sentence that is read, each 1 larger: 0 stands behind the end of a sentence. */
  readonly #last: Int32Array;
  #held = 0;
  readonly #unigrams = new GrowingInts();
  readonly #files: LevelFile[] = [];

  constructor(plan: CountingPlan) {
    this.#plan = plan;
    const { order, memory, signal } = plan;
    // Each share has room for two records at least.
    const least = order * 2 * (order + 3);
    this.#room = new Int32Array(Math.max(least, Math.floor(Math.min(memory, MOST_SORTED) / 4)));
    this.#windows = order === 1 ? undefined : new RecordSorter(order, this.#room, signal);
    this.#last = new Int32Array(order);
  }

  /** The next word of the text, the begin and the end of sentences too. @throws UserError where the disk is full */
  push(id: number): void {
    this.#unigrams.add(id, 1);
    if (!this.#windows) return;
    const last = this.#last;
    last[this.#held++] = id + 1;
    if (id === this.#plan.endId) {
      last.fill(0, this.#held);
      while (this.#held > 0) this.#addWindow();
    } else if (this.#held === last.length) this.#addWindow();
  }

  /**
   * By length from 1 on. Levels can be read until `close`.
   * @param vocabulary number of words
   * @throws UserError where the disk is full; the signal's reason
   */
  async finish(vocabulary: number): Promise<CountedLevel[]> {
    const { order, beginId } = this.#plan;
    const count = new Int32Array(vocabulary);
    count.set(this.#unigrams.view());
    const adjusted = this.#windows ? await this.#countLonger(this.#windows, vocabulary) : count.slice();
    adjusted[beginId] = 0;
    const unigrams: CountedPiece = {
      context: new Int32Array(vocabulary),
      word: Int32Array.from({ length: vocabulary }, (_, id) => id),
      count,
      adjusted,
    };
    return [{ pieces: () => [unigrams] }, ...this.#files.slice(0, order - 1)];
  }

  /** Frees the room on the disk. */
  close(): void {
    this.#windows?.close();
    for (const file of this.#files) file.close();
  }

  /** The n-gram at the first of the places that are held; the place is let go. */
  #addWindow(): void {
    this.#windows!.add(this.#last, 0, 1);
    this.#last.copyWithin(0, 1);
    this.#last[this.#last.length - 1] = 0;
    this.#held--;
  }

  /** Fills the files of lengths from 2 on. @returns after how many words each word comes */
  async #countLonger(windows: RecordSorter, vocabulary: number): Promise<Int32Array> {
    const { order, beginId, signal } = this.#plan;
    const unigramAdjusted = new Int32Array(vocabulary);
    // Two shares to merge in, and one to sort in for each length but the first and the greatest.
    const share = Math.floor(this.#room.length / order);
    const shares = (from: number, to: number): Int32Array => this.#room.subarray(from * share, to * share);
    // By length less 2; of the greatest length the counts themselves are taken.
    const sorters: RecordSorter[] = [];
    try {
      for (let n = 2; n <= order; n++) {
        this.#files.push(new LevelFile(n === order));
        if (n < order) sorters.push(new RecordSorter(n, shares(n, n + 1), signal));
      }
      await this.#walk(windows, shares(0, 2), {
        begun: (ids, n) => {
          if (n === 2) unigramAdjusted[ids[1]! - 1]!++;
          else sorters[n - 3]!.add(ids, 1, 1);
        },
        ended: (ids, n, context, count) => {
          this.#files[n - 2]!.push(context, ids[n - 1]! - 1, count);
          if (n < order && ids[0] === beginId + 1) sorters[n - 2]!.add(ids, 0, count);
        },
      });
      for (const file of this.#files) file.end();
      for (const [i, sorter] of sorters.entries()) {
        const file = this.#files[i]!;
        await sorter.each((_, __, count) => file.pushAdjusted(count));
        file.endAdjusted();
      }
      return unigramAdjusted;
    } finally {
      for (const sorter of sorters) sorter.close();
    }
  }

  /** Every different n-gram of a length from 2 on, as it begins and as it ends in the order of all. */
  async #walk(
    windows: RecordSorter,
    room: Int32Array,
    visitor: {
      /** @param ids 1 larger, the first n of them */
      begun(ids: Int32Array, n: number): void;
      ended(ids: Int32Array, n: number, context: number, count: number): void;
    },
  ): Promise<void> {
    const { order } = this.#plan;
    // The n-grams that are begun, by length less 1: the last ids of them, their counts, and their numbers.
    const ids = new Int32Array(order);
    const counts = new Int32Array(order);
    const numbers = new Int32Array(order);
    const next = new Int32Array(order);
    let depth = 0;
    const end = (to: number): void => {
      for (; depth > to; depth--)
        if (depth > 1) visitor.ended(ids, depth, numbers[depth - 2]!, counts[depth - 1]!);
    };
    await windows.each((records, at, count) => {
      let same = 0;
      while (same < depth && records[at + same] === ids[same]) same++;
      end(same);
      for (; depth < order && records[at + depth] !== 0; depth++) {
        ids[depth] = records[at + depth]!;
        counts[depth] = 0;
        numbers[depth] = depth === 0 ? ids[0]! - 1 : next[depth]!++;
        if (depth > 0) visitor.begun(ids, depth + 1);
      }
      for (let i = 0; i < depth; i++) counts[i]! += count;
    }, room);
    end(0);
  }
}

/** The n-grams of one length on the disk: pieces, in each the contexts, then the words, then the counts. */
class LevelFile implements CountedLevel {
  readonly #file = new ScratchFile();
  /** Undefined where they are the counts. */
  readonly #adjusted: ScratchFile | undefined;
  readonly #piece = new Int32Array(3 * PIECE);
  #used = 0;
  #size = 0;

  constructor(longest: boolean) {
    this.#adjusted = longest ? undefined : new ScratchFile();
  }

  push(context: number, word: number, count: number): void {
    const i = this.#used++;
    this.#piece[i] = context;
    this.#piece[PIECE + i] = word;
    this.#piece[2 * PIECE + i] = count;
    this.#size++;
    if (this.#used === PIECE) this.end();
  }

  /** All of them are there. */
  end(): void {
    for (let column = 0; column < 3; column++)
      this.#file.append(this.#piece.subarray(column * PIECE, column * PIECE + this.#used));
    this.#used = 0;
  }

  pushAdjusted(count: number): void {
    this.#piece[this.#used++] = count;
    if (this.#used === PIECE) this.#flushAdjusted();
  }

  endAdjusted(): void {
    this.#flushAdjusted();
    if (this.#adjusted!.length !== this.#size)
      throw new Error(`${this.#adjusted!.length} counts were adjusted of ${this.#size}`);
  }

  *pieces(): Generator<CountedPiece> {
    const columns = new Int32Array(3 * PIECE);
    const own = new Int32Array(this.#adjusted ? PIECE : 0);
    for (let from = 0; from < this.#size; from += PIECE) {
      const size = Math.min(PIECE, this.#size - from);
      this.#file.read(3 * from, columns.subarray(0, 3 * size));
      this.#adjusted?.read(from, own.subarray(0, size));
      const count = columns.subarray(2 * size, 3 * size);
      yield {
        context: columns.subarray(0, size),
        word: columns.subarray(size, 2 * size),
        count,
        adjusted: this.#adjusted ? own.subarray(0, size) : count,
      };
    }
  }

  close(): void {
    this.#file.close();
    this.#adjusted?.close();
  }

  #flushAdjusted(): void {
    this.#adjusted!.append(this.#piece.subarray(0, this.#used));
    this.#used = 0;
  }
}
