/** The n-grams of one length of a text, as they were counted in memory or on the disk. */

/** Some of them, in columns. */
export interface CountedPiece {
  /** The number of the n-gram without its last word, in the level before; of unigrams 0. */
  readonly context: Int32Array;
  /** Id of the last word. */
  readonly word: Int32Array;
  /** How often the n-gram occurs. */
  readonly count: Int32Array;
  /**
   * What smoothing counts: `count` of n-grams of the greatest length and of those that begin with `<s>`, else how many words
   * it comes after. Of `<s>` alone 0.
   */
  readonly adjusted: Int32Array;
}

/** All of them, numbered by context and then by word. Unigrams are all words of the vocabulary, by their ids. */
export interface CountedLevel {
  /** From the first n-gram on; can be read several times. A piece is valid until the next. */
  pieces(): Iterable<CountedPiece>;
}
