/**
 * The most probable words that finish what was typed, of models of characters and of byte pairs: best-first. A text never
 * becomes more probable by becoming longer, so that the search ends when no open text is more probable than the last of the
 * words that are wanted. Of equal texts that are spelled by several sequences of tokens the probabilities are summed.
 */
import type { TokenIndex } from "../../text/tokenizers/token-index.js";
import type { Begun, Branch } from "./begun.js";
import { type FoundText, FoundTexts } from "./found-texts.js";
import { ProbabilityHeap } from "./heap.js";
import { MOST_PROBABILITIES, type ReadTexts } from "./read-texts.js";
import { CUT, NONE, OPEN, type WordEnd } from "./word-end.js";

/** Texts that are read together. */
const BATCH = 16;
/** Texts that are read for one answer, at most, or so many for each suggestion; and for other spellings of what was found. */
const MOST_READ = 320;
const READ_FOR_ONE = 16;
const MOST_SPELLINGS = 96;
/** Spellings of a word that are less than this part of it are left out. */
const NEGLIGIBLE = 1e-3;
/** Parts of the least probable wanted word that open texts are kept for: other spellings of what was found. */
const KEPT = 1e-3;

export interface WordSearch {
  readonly texts: ReadTexts;
  readonly index: TokenIndex;
  readonly end: WordEnd;
  /** By id, as the index has them. */
  readonly spellings: readonly string[];
  /** One space may stand before the word. */
  readonly space: boolean;
  /** Words that are wanted. */
  readonly count: number;
  /** Texts that are read at most. */
  readonly most?: number | undefined;
}

/** An open text, and whether its word has begun and it ends with a whole character. */
interface Open extends Branch {
  readonly inWord: boolean;
}

/** What a search found. */
export interface FoundWords {
  /** The words' ends, most probable first; p as `begun` has it: to be divided by its total. */
  readonly found: readonly FoundText[];
  /** No word that was not found is more probable than this; 0 where the search looked at all that matters. */
  readonly open: number;
}

export function searchWords(begun: Begun, search: WordSearch): FoundWords {
  const { count, index } = search;
  const most = search.most ?? mostRead(count, index.spellings.length);
  const found = new FoundTexts(count);
  const heap = new ProbabilityHeap<Open>();
  for (const branch of begun.branches) offer(branch, search, found, heap);
  let read = 0;
  while (read < most && heap.greatest > found.least) {
    const batch: Open[] = [];
    while (batch.length < BATCH && heap.greatest > found.least) batch.push(heap.pop()!);
    read += batch.length;
    readOn(batch, search, found, heap);
  }
  const open = heap.greatest > found.least ? heap.greatest : 0;
  if (index.spellsParts) addSpellings(search, found, heap);
  return { found: found.best(), open };
}

/** Many suggestions take more texts, as far as their probabilities have room. */
const mostRead = (count: number, V: number): number =>
  Math.max(MOST_READ, Math.min(READ_FOR_ONE * count, Math.floor(MOST_PROBABILITIES / V)));

/** Reads open texts, and offers what comes after them. */
function readOn(
  batch: readonly Open[],
  search: WordSearch,
  found: FoundTexts,
  heap: ProbabilityHeap<Open>,
): void {
  const { texts, spellings, end, index } = search;
  const unread = batch.filter(({ read }) => read === undefined);
  const known = texts.next(unread.map(({ next }) => next!));
  let i = 0;
  const read = batch.map((open) => open.read ?? known[i++]!);
  // Of byte pairs a word may be spelled in several ways, of which each may be one more.
  const kept = index.spellsParts ? KEPT : 1;
  // What ends is known before what goes on, of which the less is then worth being kept.
  for (const [b, open] of batch.entries()) {
    if (!open.inWord) continue;
    const next = read[b]!.probabilities!;
    let ended = 0;
    for (let id = 0; id < next.length; id++) if (end.ends[id] === 0) ended += next[id]!;
    if (ended > 0) found.add(open.text, open.p * ended);
  }
  for (const [b, open] of batch.entries()) {
    const after = read[b]!;
    const next = after.probabilities!;
    let floor = kept * found.least;
    for (let id = 0; id < next.length; id++) {
      const p = open.p * next[id]!;
      if (p <= floor) continue;
      const spelling = spellings[id]!;
      const at = open.inWord ? end.ends[id]! : CUT;
      if (at === 0 || spelling === "") continue;
      if (at > 0) {
        found.add(open.text + spelling.slice(0, at), p);
        floor = kept * found.least;
        continue;
      }
      const branch: Open = {
        next: { after, id },
        read: undefined,
        p,
        text: open.text + spelling,
        from: open,
        added: open.added + 1,
        inWord: true,
      };
      if (at === OPEN) heap.push(branch);
      else {
        offer(branch, search, found, heap);
        floor = kept * found.least;
      }
    }
  }
}

/** A text whose characters have to be looked at from its beginning. */
function offer(
  branch: Branch,
  { end, space }: WordSearch,
  found: FoundTexts,
  heap: ProbabilityHeap<Open>,
): void {
  const { text, p } = branch;
  const at = end.find(text, space);
  if (at === NONE) return;
  if (at > 0) found.add(text.slice(0, at), p);
  else heap.push({ ...branch, inWord: at === OPEN && text !== "" && text !== " " });
}

/** Follows the open texts that are other spellings of the beginnings of what was found, as far as they matter. */
function addSpellings(search: WordSearch, found: FoundTexts, heap: ProbabilityHeap<Open>): void {
  const wanted = found.best();
  const matters = ({ text, p }: Open): boolean =>
    wanted.some((word) => p > NEGLIGIBLE * word.p && word.text.startsWith(text));
  let read = 0;
  for (let open = heap.drain().filter(matters); open.length > 0 && read < MOST_SPELLINGS;) {
    open.sort((a, b) => b.p - a.p);
    const batch = open.slice(0, BATCH);
    read += batch.length;
    const longer = new ProbabilityHeap<Open>();
    readOn(batch, search, found, longer);
    open = [...open.slice(BATCH), ...longer.drain().filter(matters)];
  }
}
