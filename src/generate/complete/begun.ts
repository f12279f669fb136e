/**
 * The ways in which tokens may spell what was typed last, and what each adds to it. The tokenizer would cut a whole text in
 * one way only, but which, depends on what comes: "wh" may be the beginning of the token "whale", or be "w" and "hale".
 * With c the tokens that are settled and t the typed characters after them, over all sequences of tokens u that spell t, the
 * last of them perhaps more than that:
 *
 *   p(s | t) = Σ_{u spells t s} p(u | c) / Σ_{u spells t …} p(u | c)
 */
import type { OpenEnd } from "../../text/tokenizers/typed-text.js";
import type { TokenIndex } from "../../text/tokenizers/token-index.js";
import type { NextText, ReadText, ReadTexts } from "./read-texts.js";

/** A text that may follow. */
export interface Branch {
  /** Its last token, where that is not read yet. */
  readonly next: NextText | undefined;
  /** The text with it, where it is read. */
  readonly read: ReadText | undefined;
  /** p of the tokens since the settled ones. */
  readonly p: number;
  /** What it adds to what was typed, spelled as tokens are. */
  readonly text: string;
  /** The text before its last token, where what was typed ends before that; undefined for the first. */
  readonly from: Branch | undefined;
  /** Tokens that add something. */
  readonly added: number;
}

/** All that may follow what was typed. */
export interface Begun {
  /** By their first tokens that reach the end of what was typed, or beyond it. */
  readonly branches: readonly Branch[];
  /** Σ p of all of them. */
  readonly total: number;
}

interface Open {
  readonly text: ReadText;
  readonly p: number;
  readonly rest: string;
}

/** Parts of what was found that are looked for no more. */
const NEGLIGIBLE = 1e-6;
/** Texts that are read for it at most. */
const MOST_READ = 128;

/** The text with these tokens more, read, and p of them. */
export function afterTokens(
  texts: ReadTexts,
  settled: ReadText,
  ids: Int32Array,
): { readonly text: ReadText; readonly p: number } {
  let text = settled;
  let p = 1;
  for (const id of ids) {
    p *= text.probabilities![id]!;
    [text] = texts.next([{ after: text, id }]) as [ReadText];
  }
  return { text, p };
}

/** @param settled the text of the settled tokens, which is read */
export function begun(
  texts: ReadTexts,
  settled: ReadText,
  ends: readonly OpenEnd[],
  index: TokenIndex,
): Begun {
  const branches: Branch[] = [];
  let total = 0;
  let open: Open[] = [];
  const add = (next: NextText | undefined, read: ReadText | undefined, p: number, text: string): void => {
    branches.push({ next, read, p, text, from: undefined, added: text === "" ? 0 : 1 });
    total += p;
  };
  for (const { ids, typed } of ends) {
    const { text, p } = afterTokens(texts, settled, ids);
    if (typed === "") add(undefined, text, p, "");
    else open.push({ text, p, rest: typed });
  }
  let read = 0;
  while (open.length > 0) {
    const parts: (NextText & { readonly p: number; readonly rest: string })[] = [];
    for (const { text, p, rest } of open) {
      const probabilities = text.probabilities!;
      const [from, to] = index.range(rest);
      for (let i = from; i < to; i++) {
        const id = index.sorted[i]!;
        const own = p * probabilities[id]!;
        if (own > 0) add({ after: text, id }, undefined, own, index.spelling(id).slice(rest.length));
      }
      if (!index.spellsParts) continue;
      for (let length = 1; length < rest.length; length++) {
        const id = index.find(rest.slice(0, length));
        if (id !== undefined)
          parts.push({ after: text, id, p: p * probabilities[id]!, rest: rest.slice(length) });
      }
    }
    const kept = parts.filter(({ p }) => p > NEGLIGIBLE * total).toSorted((a, b) => b.p - a.p);
    kept.splice(MOST_READ - read);
    read += kept.length;
    open = texts.next(kept).map((text, i) => ({ text, p: kept[i]!.p, rest: kept[i]!.rest }));
  }
  return { branches, total };
}
