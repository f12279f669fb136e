/**
 * The most probable rests of a line, or texts of so many tokens, by beam search: after every token the most probable
 * beginnings are kept. What has ended is compared with them by its probability alone: a line is worth what it is probable.
 */
import { Greatest } from "../../greatest.js";
import type { TokenIndex } from "../../text/tokenizers/token-index.js";
import type { Begun, Branch } from "./begun.js";
import { ProbabilityHeap } from "./heap.js";
import type { NextText, ReadTexts } from "./read-texts.js";

/** A text of many tokens: p itself may be less than the least number there is. */
export interface LineBranch extends Branch {
  /** ln p of the tokens since the settled ones. */
  readonly logP: number;
}

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
export function searchLines(begun: Begun, search: LineSearch): LineBranch[] {
  const { texts, beams, length, lines, ownLines, endId, count } = search;
  const ended: LineBranch[] = [];
  const best = new Greatest<LineBranch>(count);
  const end = (branch: LineBranch): void => {
    ended.push(branch);
    best.add(branch, branch.logP);
  };
  let live: LineBranch[] = [];
  const keep = (candidates: Iterable<LineBranch>): void => {
    live = [];
    for (const branch of candidates) {
      const newline = lines ? branch.text.indexOf("\n") : -1;
      const closed = (lines || ownLines) && branch.next?.id === endId && endId !== undefined;
      if (newline >= 0) end({ ...branch, text: branch.text.slice(0, newline) });
      else if (closed || branch.added === length) end(branch);
      else live.push(branch);
    }
  };
  const first = begun.branches.toSorted((a, b) => b.p - a.p).slice(0, beams);
  keep(first.map((branch) => ({ ...branch, logP: Math.log(branch.p) })));
  while (live.length > 0 && live[0]!.logP > best.least) {
    const unread = live.filter(({ read }) => read === undefined);
    const read = texts.next(unread.map(({ next }) => next!));
    const longer = new BestBranches(beams, search);
    let i = 0;
    for (const branch of live) longer.offer(branch, branch.read ?? read[i++]!);
    keep(longer.inOrder());
  }
  return ended;
}

/** The most probable of many texts. */
class BestBranches {
  readonly #most: number;
  readonly #search: LineSearch;
  /** The least probable first: by −ln p. */
  readonly #heap = new ProbabilityHeap<{ readonly p: number; readonly branch: LineBranch }>();

  constructor(most: number, search: LineSearch) {
    this.#most = most;
    this.#search = search;
  }

  offer(branch: LineBranch, text: NextText["after"]): void {
    const { spellings, endId, index } = this.#search;
    const next = text.probabilities!;
    let floor = this.#floor(branch);
    for (let id = 0; id < next.length; id++) {
      const p = next[id]!;
      if (p <= floor) continue;
      const logP = branch.logP + Math.log(p);
      if (this.#heap.size === this.#most && logP <= -this.#heap.greatest) continue;
      const spelling = spellings[id]!;
      // Of a token that is not spelled only the end of a line may come.
      if (spelling === "" && id !== endId) continue;
      const space = index.spellsWords && branch.added > 0 && spelling !== "" ? " " : "";
      const longer: LineBranch = {
        next: { after: text, id },
        read: undefined,
        p: branch.p * p,
        logP,
        text: branch.text + space + spelling,
        from: branch,
        added: branch.added + 1,
      };
      this.#heap.push({ p: -logP, branch: longer });
      if (this.#heap.size > this.#most) this.#heap.pop();
      floor = this.#floor(branch);
    }
  }

  /** p of a token after a branch with which that is not kept: spares most logarithms, and is a little low for rounding. */
  #floor({ logP }: LineBranch): number {
    if (this.#heap.size < this.#most) return 0;
    return (1 - 1e-9) * Math.exp(-this.#heap.greatest - logP);
  }

  inOrder(): LineBranch[] {
    const all = this.#heap.drain().map(({ branch }) => branch);
    return all.toSorted((a, b) => b.logP - a.logP);
  }
}
