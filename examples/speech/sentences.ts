/** Sentences of a book as a recogniser writes them, some of them held out, to be spoken. */

export interface Split {
  /** To train the language model on, a sentence a line. */
  readonly text: string;
  /** To tune the weights on, and to measure with; the text holds none of them. */
  readonly dev: readonly string[];
  readonly test: readonly string[];
}

/** Words of a sentence that is spoken: long enough to need a context, short enough for one breath. */
const SPOKEN = { least: 6, most: 14 };

/** @param count of sentences to tune on, and as many to measure with; @param words that the recogniser knows */
export function splitSentences(book: string, count: number, words: ReadonlySet<string>): Split {
  const sentences = book
    .toLowerCase()
    .replaceAll("’", "'")
    .replaceAll(/\s+/g, " ")
    .split(/[.!?;:—“”"()]|--/)
    .map((sentence) => sentence.replaceAll(/[^a-z' ]/g, " ").replaceAll(/(?<![a-z])'|'(?![a-z])/g, ""))
    .map((sentence) => sentence.split(" ").filter(Boolean).join(" "))
    .filter((sentence) => sentence !== "");
  const isSpoken = (sentence: string): boolean => {
    const own = sentence.split(" ");
    return own.length >= SPOKEN.least && own.length <= SPOKEN.most && own.every((word) => words.has(word));
  };
  const candidates = [...new Set(sentences.filter(isSpoken))];
  // From all over the book, those to tune on and those to measure with in turn.
  const every = Math.floor(candidates.length / (2 * count));
  if (every === 0)
    throw new Error(
      `the book has ${candidates.length} sentences that can be spoken, and ${2 * count} are wanted`,
    );
  const chosen = Array.from({ length: 2 * count }, (_, i) => candidates[i * every]!);
  // Neither they themselves are read, nor longer sentences that they are a part of.
  const heldOut = chosen.map((sentence) => ` ${sentence} `);
  const isRead = (sentence: string): boolean => !heldOut.some((held) => ` ${sentence} `.includes(held));
  return {
    text: `${sentences.filter(isRead).join("\n")}\n`,
    dev: chosen.filter((_, i) => i % 2 === 0),
    test: chosen.filter((_, i) => i % 2 === 1),
  };
}
