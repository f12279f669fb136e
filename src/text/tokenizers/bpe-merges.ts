/**
 * Applies byte-pair merges (Sennrich et al. 2016): of the neighbouring pairs, the one learned first is merged, the
 * leftmost of equals, until none is left.
 */
import { NumberHeap } from "./number-heap.js";

/** Merge number k turns the ids `left[k]`, `right[k]` into `result[k]`. */
export interface Merges {
  readonly left: ArrayLike<number>;
  readonly right: ArrayLike<number>;
  readonly result: ArrayLike<number>;
  readonly length: number;
}

// From here on a heap is faster than looking through all pairs after every merge.
const LONG = 48;

export class MergeTable {
  readonly #result: Int32Array;
  readonly #ranks = new Map<number, number>();
  readonly #size: number;

  /** @param size number of ids */
  constructor(merges: Merges, size: number) {
    this.#size = size;
    this.#result = Int32Array.from(merges.result);
    for (let rank = 0; rank < merges.length; rank++) {
      this.#ranks.set(merges.left[rank]! * size + merges.right[rank]!, rank);
    }
  }

  /** The ids merged, in place; returns how many are left at the front. */
  apply(ids: Int32Array): number {
    return ids.length < LONG ? this.#applyShort(ids) : this.#applyLong(ids);
  }

  #rank(left: number, right: number): number {
    return this.#ranks.get(left * this.#size + right) ?? Infinity;
  }

  #applyShort(ids: Int32Array): number {
    let n = ids.length;
    const ranks: number[] = [];
    for (let i = 0; i + 1 < n; i++) ranks.push(this.#rank(ids[i]!, ids[i + 1]!));
    for (;;) {
      let least = Infinity;
      let at = -1;
      for (let i = 0; i + 1 < n; i++) if (ranks[i]! < least) least = ranks[(at = i)]!;
      if (at < 0) return n;
      ids[at] = this.#result[least]!;
      ids.copyWithin(at + 1, at + 2, n);
      ranks.splice(at, 1);
      n--;
      if (at > 0) ranks[at - 1] = this.#rank(ids[at - 1]!, ids[at]!);
      if (at + 1 < n) ranks[at] = this.#rank(ids[at]!, ids[at + 1]!);
    }
  }

  /** O(n log n): candidates in a heap by (rank, place), symbols in a linked list. */
  #applyLong(ids: Int32Array): number {
    const n = ids.length;
    const next = Int32Array.from({ length: n }, (_, i) => (i + 1 < n ? i + 1 : -1));
    const previous = Int32Array.from({ length: n }, (_, i) => i - 1);
    const heap = new NumberHeap();
    // rank · n + place is exact: fewer than 2^53 for any vocabulary and text that fit in memory.
    const offer = (place: number): void => {
      const after = next[place]!;
      if (after < 0) return;
      const rank = this.#rank(ids[place]!, ids[after]!);
      if (rank !== Infinity) heap.push(rank * n + place);
    };
    for (let i = 0; i < n; i++) offer(i);
    for (let key = heap.pop(); key !== undefined; key = heap.pop()) {
      const place = key % n;
      const after = next[place]!;
      // A candidate is stale when its symbols have changed since.
      if (ids[place]! < 0 || after < 0) continue;
      const rank = (key - place) / n;
      if (this.#rank(ids[place]!, ids[after]!) !== rank) continue;
      ids[place] = this.#result[rank]!;
      ids[after] = -1;
      const beyond = next[after]!;
      next[place] = beyond;
      if (beyond >= 0) previous[beyond] = place;
      if (previous[place]! >= 0) offer(previous[place]!);
      offer(place);
    }
    let kept = 0;
    for (let i = 0; i >= 0; i = next[i]!) ids[kept++] = ids[i]!;
    return kept;
  }
}
