/**
 * The most probable tokens in order, found only as far as the caller takes them: a heap of V is built in O(V), and each
 * rank then costs O(log V), so that a nucleus of a few hundred among 33,278 never sorts the rest.
 */

/** Ranks by weight, the greater first; of equal weights the lower id first. Reused from draw to draw. */
export class RankedTokens {
  /** Ids: a heap in front, and behind it, from the end backwards, those already ranked. */
  readonly #ids: Int32Array;
  #weights: Float64Array = new Float64Array(0);
  #total = 0;
  #heap = 0;

  /** @param size V */
  constructor(size: number) {
    this.#ids = new Int32Array(size);
  }

  /** Begins with the weights (V), none negative; a token of weight 0 has no rank. */
  begin(weights: Float64Array): void {
    this.#weights = weights;
    let n = 0;
    for (let id = 0; id < weights.length; id++) if (weights[id]! > 0) this.#ids[n++] = id;
    this.#total = n;
    this.#heap = n;
    for (let i = (n >> 1) - 1; i >= 0; i--) this.#sink(i);
  }

  /** Ranks found so far. */
  get count(): number {
    return this.#total - this.#heap;
  }

  /** Finds ranks until there are `count`, or no token is left. */
  rank(count: number): void {
    const ids = this.#ids;
    while (this.count < count && this.#heap > 0) {
      const top = ids[0]!;
      this.#heap--;
      ids[0] = ids[this.#heap]!;
      ids[this.#heap] = top;
      this.#sink(0);
    }
  }

  /** The token of a rank that was found; 0 is the most probable. */
  id(rank: number): number {
    return this.#ids[this.#total - 1 - rank]!;
  }

  #before(a: number, b: number): boolean {
    const x = this.#weights[a]!;
    const y = this.#weights[b]!;
    return x > y || (x === y && a < b);
  }

  #sink(i: number): void {
    const ids = this.#ids;
    const moved = ids[i]!;
    for (;;) {
      let child = 2 * i + 1;
      if (child >= this.#heap) break;
      if (child + 1 < this.#heap && this.#before(ids[child + 1]!, ids[child]!)) child++;
      if (!this.#before(ids[child]!, moved)) break;
      ids[i] = ids[child]!;
      i = child;
    }
    ids[i] = moved;
  }
}
