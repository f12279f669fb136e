/** Reads a `tokenizer.json` at once, of whatever kind: with every tokenizer there is already loaded. */
import { BpeTokenizer } from "./bpe-tokenizer.js";
import { parseTokenizerWith } from "./parse-tokenizer.js";
import type { Tokenizer } from "./tokenizer.js";
import { isWord, WORD_PATTERNS, WordTokenizer } from "./word-tokenizer.js";

/**
 * The tokenizer that a parsed `tokenizer.json` describes, with the ids it was saved with.
 * @param where names the file in messages
 * @throws UserError when it is of another kind of tokenizer, or damaged
 */
export function parseTokenizer(json: unknown, where = "tokenizer.json"): Tokenizer {
  return parseTokenizerWith({ BpeTokenizer, WordTokenizer, isWord, WORD_PATTERNS }, json, where);
}
