/**
 * Sorts records of whole numbers that may be more than fit in memory, and adds up the counts of equal ones. What fits is
 * sorted by radix, 16 bits at a time from the last number on, and written as a run to a file; runs are merged.
 */
import { Turns } from "../breathe.js";
import { ScratchFile } from "../format/scratch-file.js";

/** Bytes of a run that are read at once where there is memory for it. */
const READ_BYTES = 1 << 16;
/** Runs that are merged at once, at most: each is read at a place of its own. */
const MOST_MERGED = 128;
/** Records after which it is looked whether others are to have their turn. */
const A_TURN = 1 << 14;
const RADIX = 1 << 16;

/** Gets a record: `width` numbers from `at` on, and its count. They are valid until it returns. */
export type RecordVisitor = (records: Int32Array, at: number, count: number) => void;

/** Records from `from` to `end` of a file, sorted, each once. */
interface Run {
  readonly from: number;
  readonly end: number;
}

export class RecordSorter {
  readonly #width: number;
  readonly #signal: AbortSignal | undefined;
  readonly #room: Int32Array;
  /** Records that are not sorted yet: their numbers, and the count. */
  readonly #held: Int32Array;
  /** Room for their order, twice. */
  readonly #orders: readonly [Uint32Array, Uint32Array];
  #used = 0;
  #file: ScratchFile | undefined;
  #runs: Run[] = [];

  /**
   * @param width numbers of a record, none of them negative
   * @param room to sort in, and to merge in: 2 (width + 3) numbers at least, and nobody else's; some thousand for what is
   *   written come on top
   * @param signal ends `each`
   */
  constructor(width: number, room: Int32Array, signal?: AbortSignal) {
    this.#width = width;
    this.#room = room;
    this.#signal = signal;
    const stride = width + 1;
    const records = Math.floor(room.length / (stride + 2));
    if (records < 2) throw new RangeError(`${room.length} numbers are no room for records of ${width}`);
    this.#held = room.subarray(0, records * stride);
    const orderAt = (i: number): Uint32Array =>
      new Uint32Array(room.buffer, room.byteOffset + 4 * records * (stride + i), records);
    this.#orders = [orderAt(0), orderAt(1)];
  }

  /** Adds a record: `width` numbers from `at` on. */
  add(numbers: Int32Array, at: number, count: number): void {
    if (this.#used === this.#held.length) this.#spill();
    const held = this.#held;
    const to = this.#used;
    for (let i = 0; i < this.#width; i++) held[to + i] = numbers[at + i]!;
    held[to + this.#width] = count;
    this.#used += this.#width + 1;
  }

  /** How many runs lie on the disk. */
  get runs(): number {
    return this.#runs.length;
  }

  /**
   * All records in their order, equal ones once, with the sum of their counts. The sorter is closed afterwards.
   * @param room to merge in, in place of the sorter's own, which others may then use
   * @throws UserError where the disk is full; the signal's reason
   */
  async each(visit: RecordVisitor, room?: Int32Array): Promise<void> {
    try {
      if (this.#runs.length === 0 && room === undefined) {
        await this.#visitHeld(visit);
        return;
      }
      if (this.#used > 0) this.#spill();
      const merging = room ?? this.#room;
      const most = Math.min(MOST_MERGED, Math.max(2, Math.floor(merging.byteLength / READ_BYTES)));
      while (this.#runs.length > most) await this.#mergeInto(most, merging);
      if (this.#runs.length > 0) await this.#merge(this.#runs, merging, visit);
    } finally {
      this.close();
    }
  }

  close(): void {
    this.#file?.close();
    this.#file = undefined;
    this.#runs = [];
    this.#used = 0;
  }

  async #visitHeld(visit: RecordVisitor): Promise<void> {
    const turns = new Turns();
    let until = A_TURN;
    for (const [at, count] of this.#sorted()) {
      visit(this.#held, at, count);
      until -= 1;
      if (until > 0) continue;
      until = A_TURN;
      await this.#giveTurn(turns);
    }
  }

  /** Writes what is held as a run. */
  #spill(): void {
    const file = (this.#file ??= new ScratchFile());
    const writer = new RunWriter(file, this.#width);
    for (const [at, count] of this.#sorted()) writer.push(this.#held, at, count);
    this.#runs.push(writer.end());
    this.#used = 0;
  }

  /** Places of the records that are held, in their order, equal ones once, with their counts. */
  *#sorted(): Generator<readonly [at: number, count: number]> {
    const width = this.#width;
    const held = this.#held;
    const order = sortedOrder(held, width + 1, this.#used / (width + 1), this.#orders);
    for (let i = 0; i < order.length;) {
      const at = order[i]! * (width + 1);
      let count = 0;
      for (; i < order.length; i++) {
        const other = order[i]! * (width + 1);
        if (compare(held, at, held, other, width) !== 0) break;
        count += held[other + width]!;
      }
      yield [at, count];
    }
  }

  /** Merges so many runs each into one of another file. */
  async #mergeInto(most: number, room: Int32Array): Promise<void> {
    const merged = new ScratchFile();
    const runs: Run[] = [];
    try {
      for (let i = 0; i < this.#runs.length; i += most) {
        const writer = new RunWriter(merged, this.#width);
        await this.#merge(this.#runs.slice(i, i + most), room, (records, at, count) =>
          writer.push(records, at, count),
        );
        runs.push(writer.end());
      }
    } catch (error) {
      merged.close();
      throw error;
    }
    this.#file!.close();
    this.#file = merged;
    this.#runs = runs;
  }

  async #merge(runs: readonly Run[], room: Int32Array, visit: RecordVisitor): Promise<void> {
    const width = this.#width;
    const stride = width + 1;
    const share = stride * Math.floor(room.length / runs.length / stride);
    const heap = runs.map((run, i) => {
      const from = i * share;
      return new RunReader(this.#file!, run, room.subarray(from, from + share));
    });
    const turns = new Turns();
    let until = A_TURN;
    // Runs stand in the file by their length, not by their first record.
    for (let i = (heap.length >> 1) - 1; i >= 0; i--) siftDown(heap, i, width);
    const current = new Int32Array(width);
    while (heap.length > 0) {
      const { buffer, at } = heap[0]!;
      current.set(buffer.subarray(at, at + width));
      let count = 0;
      while (heap.length > 0 && compare(heap[0]!.buffer, heap[0]!.at, current, 0, width) === 0) {
        const first = heap[0]!;
        count += first.buffer[first.at + width]!;
        if (!first.next(stride)) {
          const last = heap.pop()!;
          if (heap.length > 0) heap[0] = last;
        }
        siftDown(heap, 0, width);
      }
      visit(current, 0, count);
      until -= 1;
      if (until > 0) continue;
      until = A_TURN;
      await this.#giveTurn(turns);
    }
  }

  async #giveTurn(turns: Turns): Promise<void> {
    if (!turns.due) return;
    await turns.give();
    this.#signal?.throwIfAborted();
  }
}

/** Reads a run, piece by piece. */
class RunReader {
  readonly buffer: Int32Array;
  /** Where the present record stands in the buffer. */
  at = 0;
  #filled = 0;
  readonly #file: ScratchFile;
  readonly #end: number;
  #next: number;

  constructor(file: ScratchFile, { from, end }: Run, buffer: Int32Array) {
    this.#file = file;
    this.#next = from;
    this.#end = end;
    this.buffer = buffer;
    this.#fill();
  }

  /** Goes to the next record. @returns false where there is none */
  next(stride: number): boolean {
    this.at += stride;
    if (this.at < this.#filled) return true;
    this.#fill();
    return this.#filled > 0;
  }

  #fill(): void {
    this.at = 0;
    this.#filled = Math.min(this.buffer.length, this.#end - this.#next);
    this.#file.read(this.#next, this.buffer.subarray(0, this.#filled));
    this.#next += this.#filled;
  }
}

/** Writes a run to the end of a file. */
class RunWriter {
  readonly #file: ScratchFile;
  readonly #width: number;
  readonly #from: number;
  readonly #buffer: Int32Array;
  #used = 0;

  constructor(file: ScratchFile, width: number) {
    this.#file = file;
    this.#width = width;
    this.#from = file.length;
    this.#buffer = new Int32Array((width + 1) * Math.ceil(READ_BYTES / 4 / (width + 1)));
  }

  push(records: Int32Array, at: number, count: number): void {
    const buffer = this.#buffer;
    for (let i = 0; i < this.#width; i++) buffer[this.#used + i] = records[at + i]!;
    buffer[this.#used + this.#width] = count;
    this.#used += this.#width + 1;
    if (this.#used === buffer.length) this.#flush();
  }

  end(): Run {
    this.#flush();
    return { from: this.#from, end: this.#file.length };
  }

  #flush(): void {
    if (this.#used > 0) this.#file.append(this.#buffer.subarray(0, this.#used));
    this.#used = 0;
  }
}

/** Below 0, 0 or above 0: how the records at two places stand to each other. */
function compare(a: Int32Array, i: number, b: Int32Array, j: number, width: number): number {
  for (let k = 0; k < width; k++) {
    const difference = a[i + k]! - b[j + k]!;
    if (difference !== 0) return difference;
  }
  return 0;
}

/** The heap's order below `i` is restored; the smallest record is on top. */
function siftDown(heap: RunReader[], i: number, width: number): void {
  for (;;) {
    let least = i;
    for (let child = 2 * i + 1; child <= 2 * i + 2 && child < heap.length; child++) {
      const [a, b] = [heap[child]!, heap[least]!];
      if (compare(a.buffer, a.at, b.buffer, b.at, width) < 0) least = child;
    }
    if (least === i) return;
    [heap[i], heap[least]] = [heap[least]!, heap[i]!];
    i = least;
  }
}

/**
 * Numbers of the records in their order.
 * @param stride numbers of a record, the last of which is its count
 * @param orders room for `count` of them, twice; the result is one of these
 */
function sortedOrder(
  records: Int32Array,
  stride: number,
  count: number,
  orders: readonly [Uint32Array, Uint32Array],
): Uint32Array {
  let [order, sorted] = orders.map((room) => room.subarray(0, count)) as [Uint32Array, Uint32Array];
  for (let i = 0; i < count; i++) order[i] = i;
  const begins = new Uint32Array(RADIX + 1);
  for (let column = stride - 2; column >= 0; column--) {
    let most = 0;
    for (let at = column; at < count * stride; at += stride) if (records[at]! > most) most = records[at]!;
    for (const shift of most < RADIX ? [0] : [0, 16]) {
      const digits = Math.min(RADIX, most + 1);
      begins.fill(0, 0, digits + 1);
      for (let at = column; at < count * stride; at += stride)
        begins[((records[at]! >>> shift) & (RADIX - 1)) + 1]!++;
      for (let digit = 0; digit < digits; digit++) begins[digit + 1]! += begins[digit]!;
      for (let i = 0; i < count; i++) {
        const digit = (records[order[i]! * stride + column]! >>> shift) & (RADIX - 1);
        sorted[begins[digit]!++] = order[i]!;
      }
      [order, sorted] = [sorted, order];
    }
  }
  return order;
}
