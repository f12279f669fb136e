/** How texts are written before they are compared and scored; nothing is changed unless it is asked for. */
import type { LETTER_CASES } from "../options/words.js";
import { wordsOf } from "./lists.js";

export interface Normalisation {
  /** Letters of references and hypotheses; default: keep. */
  readonly case?: (typeof LETTER_CASES)[number];
  /** Punctuation that stands by itself or at a word's edge is left out; within a word (don't, x-ray) it stays. */
  readonly dropPunctuation?: boolean;
}

const EDGES = /^\p{P}+|\p{P}+$/gu;

/** The text as the options want it, with one space between its words. */
export function normalised(
  text: string,
  { case: letters = "keep", dropPunctuation = false }: Normalisation,
): string {
  const cased = letters === "lower" ? text.toLowerCase() : letters === "upper" ? text.toUpperCase() : text;
  const words = wordsOf(cased);
  const kept = dropPunctuation ? words.map((word) => word.replace(EDGES, "")).filter(Boolean) : words;
  return kept.join(" ");
}
