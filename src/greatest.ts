/** The greatest so many of what is offered, found in one pass. */

export interface Scored<Item> {
  readonly item: Item;
  readonly score: number;
}

/** Keeps them in order, the greatest score first. */
export class Greatest<Item> {
  readonly found: Scored<Item>[] = [];
  readonly #most: number;
  readonly #first: ((a: Item, b: Item) => boolean) | undefined;

  /**
   * @param most how many are kept
   * @param first whether a comes before b where their scores are equal; else the one that was added earlier
   */
  constructor(most: number, first?: (a: Item, b: Item) => boolean) {
    this.#most = most;
    this.#first = first;
  }

  /** The score of the last that is kept; −∞ while there is room. */
  get least(): number {
    return this.found.length < this.#most ? -Infinity : this.found.at(-1)!.score;
  }

  add(item: Item, score: number): void {
    const { found } = this;
    if (found.length === this.#most && !this.#isBefore(item, score, found.at(-1)!)) return;
    found.splice(this.#placeOf(item, score), 0, { item, score });
    if (found.length > this.#most) found.pop();
  }

  /** Takes one out again, if it is kept; its score is to be that with which it was added, and `first` to order all items. */
  remove(item: Item, score: number): void {
    const at = this.#placeOf(item, score) - 1;
    if (this.found[at]?.item === item) this.found.splice(at, 1);
  }

  /** The place behind all that come before it, or are equal to it. */
  #placeOf(item: Item, score: number): number {
    let low = 0;
    for (let high = this.found.length; low < high;) {
      const middle = (low + high) >> 1;
      if (this.#isBefore(item, score, this.found[middle]!)) high = middle;
      else low = middle + 1;
    }
    return low;
  }

  #isBefore(item: Item, score: number, other: Scored<Item>): boolean {
    if (score !== other.score) return score > other.score;
    return this.#first !== undefined && this.#first(item, other.item);
  }
}
