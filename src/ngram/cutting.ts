/** What the n-grams of a text are made of: words, characters, or the tokens of a model. */
import { hasLoneSurrogate } from "../text/tokenizers/code-points.js";
import type { Tokenizer } from "../text/tokenizers/tokenizer.js";
import type { WordMode } from "../text/tokenizers/word-splitter.js";
import { type CuttingKind, UNKNOWN_WORD } from "./ngram-model.js";

/** How a text is cut. */
export type Cutting =
  | { readonly tokens: "word"; readonly wordMode: WordMode }
  /** Every character of a line, and the line is a sentence. */
  | { readonly tokens: "char" }
  | { readonly tokens: "model"; readonly tokenizer: Tokenizer };

export function cuttingOf(tokenizer: "word" | "char" | Tokenizer, wordMode: WordMode): Cutting {
  if (tokenizer === "word") return { tokens: "word", wordMode };
  return tokenizer === "char" ? { tokens: "char" } : { tokens: "model", tokenizer };
}

export function kindOf(cutting: Cutting): CuttingKind {
  return cutting.tokens === "word" ? cutting.wordMode : cutting.tokens;
}

/** A token as a word that can stand in an ARPA file: what would part columns is written by its code, as `<0x20>`. */
export function tokenWord(token: string): string {
  return token.replaceAll(/\s/gu, (space) => `<0x${space.codePointAt(0)!.toString(16).toUpperCase()}>`);
}

/** The characters of a line, each a word: those of the tokenizer of characters, for which half a character is unknown. */
export function characterWords(line: string): string[] {
  return Array.from(line, (character) => (hasLoneSurrogate(character) ? UNKNOWN_WORD : tokenWord(character)));
}
