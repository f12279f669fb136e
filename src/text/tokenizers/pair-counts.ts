/**
 * Counts and places of neighbouring pairs, with the commonest at hand. The heap is lazy: an entry holds the count it was
 * offered with, and is put right when it comes to the top. Only growing counts must be offered again.
 */

/** A pair of symbol ids with the places where it was seen (some may have changed since). */
export interface CountedPair {
  readonly left: number;
  readonly right: number;
  count: number;
  places: number[];
  /** Already in the list of those to offer. */
  changed: boolean;
}

interface Offer {
  readonly count: number;
  readonly pair: CountedPair;
}

// More symbols than any vocabulary has: a pair of ids is one exact number.
const ID_SPAN = 0x4000000;

export class PairCounts {
  readonly #pairs = new Map<number, CountedPair>();
  readonly #heap: Offer[] = [];
  #changed: CountedPair[] = [];

  add(left: number, right: number, weight: number, place: number): void {
    const key = left * ID_SPAN + right;
    let pair = this.#pairs.get(key);
    if (pair === undefined) {
      pair = { left, right, count: 0, places: [], changed: false };
      this.#pairs.set(key, pair);
    }
    pair.count += weight;
    pair.places.push(place);
    if (!pair.changed) {
      pair.changed = true;
      this.#changed.push(pair);
    }
  }

  remove(left: number, right: number, weight: number): void {
    const key = left * ID_SPAN + right;
    const pair = this.#pairs.get(key)!;
    pair.count -= weight;
    if (pair.count === 0) this.#pairs.delete(key);
  }

  /** To be called when a round of changes is over. */
  offerChanged(): void {
    for (const pair of this.#changed) {
      pair.changed = false;
      this.#push({ count: pair.count, pair });
    }
    this.#changed = [];
  }

  /**
   * The pair with the highest count, the smallest ids among equals; it is taken out and its places are the caller's.
   * Undefined when none has at least `minCount` (and one).
   */
  popCommonest(minCount: number): CountedPair | undefined {
    const least = Math.max(1, minCount);
    for (let offer = this.#pop(); offer !== undefined; offer = this.#pop()) {
      const { pair } = offer;
      if (offer.count < least) return undefined;
      if (pair.count !== offer.count) {
        if (pair.count >= least && pair.count < offer.count) this.#push({ count: pair.count, pair });
        continue;
      }
      const taken = { ...pair };
      pair.places = [];
      return taken;
    }
    return undefined;
  }

  #push(offer: Offer): void {
    const heap = this.#heap;
    let i = heap.length;
    heap.push(offer);
    while (i > 0) {
      const parent = (i - 1) >> 1;
      if (!before(offer, heap[parent]!)) break;
      heap[i] = heap[parent]!;
      i = parent;
    }
    heap[i] = offer;
  }

  #pop(): Offer | undefined {
    const heap = this.#heap;
    const top = heap[0];
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return top;
    let i = 0;
    for (;;) {
      let child = 2 * i + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && before(heap[child + 1]!, heap[child]!)) child++;
      if (!before(heap[child]!, last)) break;
      heap[i] = heap[child]!;
      i = child;
    }
    heap[i] = last;
    return top;
  }
}

function before(a: Offer, b: Offer): boolean {
  if (a.count !== b.count) return a.count > b.count;
  return a.pair.left !== b.pair.left ? a.pair.left < b.pair.left : a.pair.right < b.pair.right;
}
