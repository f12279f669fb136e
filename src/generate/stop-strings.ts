/**
 * Stop strings in a text that arrives in pieces: a possible beginning of one is held back until the next pieces decide.
 */

/**
 * Finds the stop string that is complete first, wherever the pieces are cut. The text before it is given out; it and
 * what follows are not.
 */
export class StopFinder {
  readonly #stops: readonly string[];
  #held = "";
  #found = false;

  /** @param stops none empty */
  constructor(stops: readonly string[]) {
    this.#stops = stops;
  }

  /** A stop string was completed; nothing more is given out. */
  get found(): boolean {
    return this.#found;
  }

  /** The text that is settled after this piece. */
  push(piece: string): string {
    if (this.#found) return "";
    const text = this.#held + piece;
    const start = this.#firstStop(text);
    this.#found = start !== undefined;
    const settled = start ?? text.length - this.#unsettled(text);
    this.#held = this.#found ? "" : text.slice(settled);
    return text.slice(0, settled);
  }

  /** The text that was held back, when no more text comes. */
  end(): string {
    const rest = this.#held;
    this.#held = "";
    return rest;
  }

  /** Where the stop string that ends first begins; of those that end together the longest. */
  #firstStop(text: string): number | undefined {
    let first = Infinity;
    let firstEnd = Infinity;
    for (const stop of this.#stops) {
      const start = text.indexOf(stop);
      if (start < 0) continue;
      const end = start + stop.length;
      if (end < firstEnd || (end === firstEnd && start < first)) {
        first = start;
        firstEnd = end;
      }
    }
    return first === Infinity ? undefined : first;
  }

  /** Length of the longest end of the text that a stop string may begin with. */
  #unsettled(text: string): number {
    let longest = 0;
    for (const stop of this.#stops) {
      for (let n = Math.min(stop.length - 1, text.length); n > longest; n--) {
        if (text.endsWith(stop.slice(0, n))) longest = n;
      }
    }
    return longest;
  }
}
