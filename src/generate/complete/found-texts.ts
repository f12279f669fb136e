/** Texts that were found, with the sums of their probabilities, and the most probable of them. */

/** A text, spelled as tokens are. */
export interface FoundText {
  readonly text: string;
  readonly p: number;
}

export class FoundTexts {
  readonly #most: number;
  readonly #p = new Map<string, number>();
  #least: number | undefined;

  /** @param most how many are wanted */
  constructor(most: number) {
    this.#most = most;
  }

  /** Another way to a text, of probability p. */
  add(text: string, p: number): void {
    const sum = (this.#p.get(text) ?? 0) + p;
    this.#p.set(text, sum);
    if (this.#least !== undefined && sum > this.#least) this.#least = undefined;
  }

  /** Less than this is not among those that are wanted; 0 while there are too few. */
  get least(): number {
    return (this.#least ??= this.#p.size < this.#most ? 0 : this.best(this.#most).at(-1)!.p);
  }

  /** The most probable, of equals the lesser text first. */
  best(count: number): FoundText[] {
    const best: FoundText[] = [];
    const before = (a: FoundText, b: FoundText): boolean => a.p > b.p || (a.p === b.p && a.text < b.text);
    for (const [text, p] of this.#p) {
      const item = { text, p };
      if (best.length === count && !before(item, best.at(-1)!)) continue;
      let at = best.length;
      while (at > 0 && before(item, best[at - 1]!)) at--;
      best.splice(at, 0, item);
      if (best.length > count) best.pop();
    }
    return best;
  }
}
