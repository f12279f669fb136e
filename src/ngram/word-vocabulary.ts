/** What the vocabulary of an n-gram model is made of: words, or the tokens of a model; and of which characters. */
import { UserError } from "../errors.js";
import { type NgramModel, SENTENCE_BEGIN, SENTENCE_END, UNKNOWN_WORD } from "./ngram-model.js";

const MARKS: ReadonlySet<string> = new Set([UNKNOWN_WORD, "<UNK>", SENTENCE_BEGIN, SENTENCE_END]);
/** A space, as `tokenWords` writes it among the tokens of a model of characters. */
const SPACE_TOKEN = "<0x20>";
/** A space at the beginning of a token of byte pairs. */
const SPACE_BYTE = "Ġ";
/** Of the words, that begin with such a space: a few may in a text of words, most do among tokens. */
const LEAST_SPACED = 0.1;

/** Whether it is one over words, and not over characters or byte pairs: as it says itself, else by the looks of them. */
export function isOverWords(ngram: NgramModel): boolean {
  if (ngram.cutting === "whitespace" || ngram.cutting === "unicode") return true;
  if (ngram.cutting === "char") return false;
  const spaced = ngram.words.reduce((sum, word) => sum + (word.startsWith(SPACE_BYTE) ? 1 : 0), 0);
  return ngram.wordId(SPACE_TOKEN) === undefined && spaced < LEAST_SPACED * ngram.words.length;
}

/** @throws UserError for an n-gram model over characters or byte pairs, which has no probability of a word */
export function checkOverWords(ngram: NgramModel): void {
  if (isOverWords(ngram)) return;
  throw new UserError({
    option: "ngram",
    problem: "The n-gram model is one over characters or byte pairs, and it is asked for words",
    advice: "train one over words",
  });
}

/** Words, and how many of them consist of these characters alone; marks such as `<s>` are none. */
export function writtenWith(
  words: readonly string[],
  characters: ReadonlySet<string>,
): { readonly words: number; readonly written: number } {
  const own = words.filter((word) => word !== "" && !MARKS.has(word));
  const written = own.filter((word) => Array.from(word).every((character) => characters.has(character)));
  return { words: own.length, written: written.length };
}
