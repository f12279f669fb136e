/** Texts that were found, with the sums of their probabilities, and the most probable of them. */
import { Greatest } from "../../greatest.js";

/** A text, spelled as tokens are. */
export interface FoundText {
  readonly text: string;
  readonly p: number;
}

export class FoundTexts {
  readonly #p = new Map<string, number>();
  /** Of equals the lesser text first. A sum only grows, so that what is not among them comes back only by being added to. */
  readonly #best: Greatest<string>;

  /** @param most how many are wanted */
  constructor(most: number) {
    this.#best = new Greatest(most, (a, b) => a < b);
  }

  /** Another way to a text, of probability p. */
  add(text: string, p: number): void {
    const before = this.#p.get(text);
    const sum = (before ?? 0) + p;
    this.#p.set(text, sum);
    if (before !== undefined) this.#best.remove(text, before);
    this.#best.add(text, sum);
  }

  /** Less than this is not among those that are wanted; 0 while there are too few. */
  get least(): number {
    return Math.max(0, this.#best.least);
  }

  /** Those that are wanted, the most probable first. */
  best(): FoundText[] {
    return this.#best.found.map(({ item, score }) => ({ text: item, p: score }));
  }
}
