/**
 * How much of a text stands in another: for each place i of a query the length M_i of the longest piece that begins there and
 * stands somewhere in the text, by its suffix array. A piece of n units that begins at i stands in the text where M_i ≥ n: so
 * these lengths tell all n-grams and the longest passages at once.
 */
import { suffixArray } from "./suffix-array.js";

/** The rank of a number that is not in the text, and in the text that of one below 0: they are never the same. */
const ABSENT = -1;
const NOTHING = 0;

export class TextIndex {
  readonly #text: Int32Array;
  readonly #suffixes: Int32Array;
  /** The rank of each number among those of the text, from 1 on; ABSENT of the others. */
  readonly #ranks: Int32Array;

  /**
   * @param units (n), whole numbers up to some millions; those below 0 are like nothing in a query. Only read; the index takes
   *   8 bytes a unit, and up to 12 more while it is made
   */
  constructor(units: Int32Array) {
    let greatest = -1;
    for (let i = 0; i < units.length; i++) if (units[i]! > greatest) greatest = units[i]!;
    const ranks = new Int32Array(greatest + 1).fill(ABSENT);
    for (let i = 0; i < units.length; i++) if (units[i]! >= 0) ranks[units[i]!] = NOTHING;
    let last = NOTHING;
    for (let unit = 0; unit <= greatest; unit++) if (ranks[unit] === NOTHING) ranks[unit] = ++last;
    this.#ranks = ranks;
    this.#text = units.map((unit) => ranks[unit] ?? NOTHING);
    this.#suffixes = suffixArray(this.#text, last + 1);
  }

  /**
   * Raises lengths to those of the pieces that stand in this text.
   * @param query (m) units; those below 0 stand nowhere
   * @param lengths (m): a length that is greater already stays
   */
  raise(query: Int32Array, lengths: Int32Array): void {
    const ranked = query.map((unit) => this.#ranks[unit] ?? ABSENT);
    for (let i = 0; i < ranked.length; i++) {
      const length = this.#longest(ranked, i);
      if (length > lengths[i]!) lengths[i] = length;
    }
  }

  /** The longest common beginning of the query from a place on with any suffix: one of the two that it stands between. */
  #longest(query: Int32Array, from: number): number {
    const suffixes = this.#suffixes;
    // Suffixes below `low` are smaller than the query, those from `high` on are not; each with its common beginning.
    let [low, high] = [0, suffixes.length];
    let [belowLow, fromHigh] = [0, 0];
    while (low < high) {
      const middle = (low + high) >>> 1;
      const { length, isSmaller } = this.#compare(
        suffixes[middle]!,
        query,
        from,
        Math.min(belowLow, fromHigh),
      );
      if (isSmaller) {
        low = middle + 1;
        belowLow = length;
      } else {
        high = middle;
        fromHigh = length;
      }
    }
    return Math.max(belowLow, fromHigh);
  }

  /** @param known units that are the same in any case */
  #compare(
    suffix: number,
    query: Int32Array,
    from: number,
    known: number,
  ): { readonly length: number; readonly isSmaller: boolean } {
    const text = this.#text;
    const most = Math.min(text.length - suffix, query.length - from);
    let length = known;
    while (length < most && text[suffix + length] === query[from + length]) length++;
    if (from + length === query.length) return { length, isSmaller: false };
    return {
      length,
      isSmaller: suffix + length === text.length || text[suffix + length]! < query[from + length]!,
    };
  }
}
