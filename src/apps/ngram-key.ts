/** A key of an n-gram model by what it says: the same for each form of file that it is written in. */
import { createHash } from "node:crypto";
import type { NgramModel } from "../ngram/ngram-model.js";
import { NgramTrie } from "../ngram/ngram-trie.js";

/** Of words, probabilities and backoff weights; undefined for an n-gram model that is no file's. */
export function ngramKey(ngram: NgramModel): string | undefined {
  if (!(ngram instanceof NgramTrie)) return undefined;
  const { begins, word, probability, backoff, firstChild } = ngram.arrays;
  const hash = createHash("sha256");
  hash.update(JSON.stringify([ngram.words, begins]));
  for (const array of [word, probability, backoff, firstChild]) hash.update(array);
  return hash.digest("hex").slice(0, 32);
}
