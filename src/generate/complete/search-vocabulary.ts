/**
 * The most probable words of a vocabulary that begin as was typed. After the settled tokens c, with t what was typed of the
 * word, p(w | t) = p(w | c) / Σ_{w' begins with t} p(w' | c): while a word is being typed nothing new is read.
 */
import type { OpenEnd } from "../../text/tokenizers/typed-text.js";
import type { TokenIndex } from "../../text/tokenizers/token-index.js";
import { afterTokens } from "./begun.js";
import { type FoundText, FoundTexts } from "./found-texts.js";
import type { ReadText, ReadTexts } from "./read-texts.js";

/** @returns what each adds to what was typed, the most probable first; p is that after what was typed */
export function searchVocabulary(
  texts: ReadTexts,
  settled: ReadText,
  ends: readonly OpenEnd[],
  {
    index,
    isWord,
    count,
  }: {
    readonly index: TokenIndex;
    /** By id: it holds a letter or a digit. */
    readonly isWord: Uint8Array;
    readonly count: number;
  },
): FoundText[] {
  const found = new FoundTexts(count);
  let total = 0;
  for (const { ids, typed } of ends) {
    const { text, p: before } = afterTokens(texts, settled, ids);
    const next = text.probabilities!;
    // Where nothing was typed all tokens may come, those that are no words and are not offered among them.
    const [from, to] = index.range(typed);
    let all = 0;
    for (let i = from; i < to; i++) {
      const id = index.sorted[i]!;
      const p = before * next[id]!;
      all += p;
      const { length } = index.spelling(id);
      if (p > found.least && length > typed.length && (typed !== "" || isWord[id] === 1))
        found.add(index.spelling(id).slice(typed.length), p);
    }
    total += typed === "" ? before : all;
  }
  return found.best().map(({ text, p }) => ({ text, p: p / total }));
}
