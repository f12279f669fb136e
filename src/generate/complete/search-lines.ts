/**
 * The most probable rests of a line, or texts of so many tokens, by beam search: after every token the most probable
 * beginnings are kept. What has ended is compared with them by its probability alone: a line is worth what it is probable.
 */
import type { TokenIndex } from "../../text/tokenizers/token-index.js";
import type { Begun, Branch } from "./begun.js";
import { ProbabilityHeap } from "./heap.js";
import type { NextText, ReadTexts } from "./read-texts.js";

export interface LineSearch {
  readonly texts: ReadTexts;
  readonly index: TokenIndex;
  /** By id, as the index has them. */
  readonly spellings: readonly string[];
  /** The token that ends a line, where it is not spelled. */
  readonly endId: number | undefined;
  /** The text ends with its line. */
  readonly lines: boolean;
  /** That token ends a text in any case: lines are texts of their own. */
  readonly ownLines: boolean;
  /** Tokens of a text; of a line at most. */
  readonly length: number;
  /** Beginnings that are kept. */
  readonly beams: number;
  /** Texts that are wanted. */
  readonly count: number;
}

/** @returns texts that have ended, in no order: several may spell one text; p as `begun` has it */
export function searchLines(begun: Begun, search: LineSearch): Branch[] {
  const { texts, beams, length, lines, ownLines, endId, count } = search;
  const ended: Branch[] = [];
  let least = 0;
  const end = (branch: Branch): void => {
    ended.push(branch);
    if (ended.length < count) return;
    const p = ended.map((other) => other.p).toSorted((a, b) => b - a);
    least = p[count - 1]!;
  };
  let live: Branch[] = [];
  const keep = (candidates: Iterable<Branch>): void => {
    live = [];
    for (const branch of candidates) {
      const newline = lines ? branch.text.indexOf("\n") : -1;
      const closed = (lines || ownLines) && branch.next?.id === endId && endId !== undefined;
      if (newline >= 0) end({ ...branch, text: branch.text.slice(0, newline) });
      else if (closed || branch.added === length) end(branch);
      else live.push(branch);
    }
  };
  keep(begun.branches.toSorted((a, b) => b.p - a.p).slice(0, beams));
  while (live.length > 0 && live[0]!.p > least) {
    const unread = live.filter(({ read }) => read === undefined);
    const read = texts.next(unread.map(({ next }) => next!));
    const best = new BestBranches(beams, search);
    let i = 0;
    for (const branch of live) best.offer(branch, branch.read ?? read[i++]!);
    keep(best.inOrder());
  }
  return ended;
}

/** The most probable of many texts. */
class BestBranches {
  readonly #most: number;
  readonly #search: LineSearch;
  /** The least probable first: by −p. */
  readonly #heap = new ProbabilityHeap<{ readonly p: number; readonly branch: Branch }>();

  constructor(most: number, search: LineSearch) {
    this.#most = most;
    this.#search = search;
  }

  offer(branch: Branch, text: NextText["after"]): void {
    const { spellings, endId, index } = this.#search;
    const next = text.probabilities!;
    for (let id = 0; id < next.length; id++) {
      const p = branch.p * next[id]!;
      if (p === 0 || (this.#heap.size === this.#most && p <= -this.#heap.greatest)) continue;
      const spelling = spellings[id]!;
      // Of a token that is not spelled only the end of a line may come.
      if (spelling === "" && id !== endId) continue;
      const space = index.spellsWords && branch.added > 0 && spelling !== "" ? " " : "";
      const longer: Branch = {
        next: { after: text, id },
        read: undefined,
        p,
        text: branch.text + space + spelling,
        from: branch,
        added: branch.added + 1,
      };
      this.#heap.push({ p: -p, branch: longer });
      if (this.#heap.size > this.#most) this.#heap.pop();
    }
  }

  inOrder(): Branch[] {
    const all = this.#heap.drain().map(({ branch }) => branch);
    return all.toSorted((a, b) => b.p - a.p);
  }
}
