/** Where an n-gram stands among those of its length. */

/** A level of n-grams in order of context and word. */
export interface SortedLevel {
  /** By n-gram of the level before: its first n-gram here; at last the end. */
  readonly firstChild: Int32Array;
  /** Id of the last word. */
  readonly word: Int32Array;
}

/** The place of the n-gram of a context and a word, which is there: bisection. */
export function placeOf({ firstChild, word }: SortedLevel, context: number, id: number): number {
  let [low, high] = [firstChild[context]!, firstChild[context + 1]! - 1];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (word[middle]! < id) low = middle + 1;
    else high = middle;
  }
  return low;
}
