/** The words of n-grams over a model's tokens: each token by a name that can stand in an ARPA file. */
import type { Tokenizer } from "../text/tokenizers/tokenizer.js";
import { tokenWord } from "./cutting.js";
import { SENTENCE_BEGIN, SENTENCE_END, UNKNOWN_WORD } from "./ngram-model.js";

export interface TokenWords {
  /** By token id. */
  readonly words: readonly string[];
  /** The token that ends a sentence; undefined where the text is one sentence. */
  readonly endId: number | undefined;
}

/**
 * A token's word is the token as it stands in tokenizer.json. The end of a line is `</s>`, the begin `<s>`; a space or
 * another character that would part columns is written by its code, as `<0x20>`.
 */
export function tokenWords(tokenizer: Tokenizer): TokenWords {
  const { vocab } = tokenizer.toJSON().model as { vocab: Readonly<Record<string, number>> };
  const words = new Array<string>(tokenizer.size).fill("");
  for (const [token, id] of Object.entries(vocab)) words[id] = tokenWord(token);
  const newline = tokenizer.kind === "word" ? words.indexOf("<eos>") : -1;
  const endId = tokenizer.eosId ?? (newline < 0 ? undefined : newline);
  if (tokenizer.unknownId !== undefined) words[tokenizer.unknownId] = UNKNOWN_WORD;
  if (tokenizer.bosId !== undefined) words[tokenizer.bosId] = SENTENCE_BEGIN;
  if (endId !== undefined) words[endId] = SENTENCE_END;
  return { words, endId };
}
