/** What a recogniser heard: for every utterance some hypotheses, with whatever scores it gave them. */

export interface Hypothesis {
  /** Words with one space between them; empty where nothing was heard. */
  readonly text: string;
  /**
   * The recogniser's own scores by name, the greater the better: natural logarithms wherever the form says what its
   * numbers are. Every hypothesis of a list has the same names.
   */
  readonly scores: Readonly<Record<string, number>>;
}

export interface Utterance {
  readonly id: string;
  /** What was said: one text, or several of which any is right; absent where no reference was given. */
  readonly references?: readonly string[] | undefined;
  /** In the recogniser's order, best first; at least one. */
  readonly hypotheses: readonly Hypothesis[];
}

/** A reader's own utterance: where it stood, for messages, and what is still to be checked. */
export interface FoundUtterance extends Utterance {
  /** "lists.json, utterance 3", "words_text, line 12". */
  readonly where: string;
}

/** Words of a text, which any white space parts. */
export function wordsOf(text: string): string[] {
  return text.split(/\s+/u).filter((word) => word !== "");
}

/** The text with one space between its words. */
export const plainText = (text: string): string => wordsOf(text).join(" ");
