/**
 * An n-gram model in memory: a trie of n-grams from their first word on, in flat arrays, with suffix links, as the
 * automaton of Aho and Corasick (1975) has them.
 *
 * A node is an n-gram. Nodes are numbered by length, and within a length by the ids of their words, so that the children of
 * a node, which are its continuations, stand side by side, ascending by word. Node 0 is the empty n-gram, and node
 * 1 + w the unigram w. The state after a history is the node of its longest suffix that can still matter: one that has
 * continuations or a backoff weight. From there
 *
 *   ln p(w | h) = ln p(h w)                    where h w is a node
 *                 ln b(h) + ln p(w | h')       else; h' is the longest suffix of h that matters: the suffix link of h
 *
 * An n-gram takes 20 bytes, one of the longest 12.
 */
import type { CuttingKind, NgramModel, NgramScore, NgramState } from "./ngram-model.js";
import { SENTENCE_BEGIN, UNKNOWN_WORD } from "./ngram-model.js";

/** N nodes in all, M of them of less than the greatest length. */
export interface TrieArrays {
  /** By length, from the empty n-gram on: its first node; at last N. Has order + 2 numbers. */
  readonly begins: readonly number[];
  /** (N) the id of the last word. */
  readonly word: Int32Array<ArrayBuffer>;
  /** (N) log10 p of the last word after the others. */
  readonly probability: Float32Array<ArrayBuffer>;
  /** (M) log10 of the backoff weight. */
  readonly backoff: Float32Array<ArrayBuffer>;
  /** (M + 1) the first continuation of a node; the next node's is the end of them. */
  readonly firstChild: Int32Array<ArrayBuffer>;
  /** (N) the longest proper suffix that matters. */
  readonly suffix: Int32Array<ArrayBuffer>;
}

/** log10 p that is above 0 by no more than this is so because a file's numbers are rounded. */
const ROUNDING = 1e-4;
const ABOVE_ONE = { aboveOne: true } as const;

export class NgramTrie implements NgramModel {
  readonly order: number;
  readonly words: readonly string[];
  readonly counts: readonly number[];
  readonly arrays: TrieArrays;
  /** What its words are; undefined where that is not known, as of an ARPA file. */
  readonly cutting: CuttingKind | undefined;
  readonly #ids: ReadonlyMap<string, number>;
  /** Nodes of the greatest length begin here: M. */
  readonly #longest: number;
  readonly #begin: NgramState;

  /** @param words by id, each once; the first is `<unk>` */
  constructor(words: readonly string[], arrays: TrieArrays, cutting?: CuttingKind) {
    const { begins } = arrays;
    this.cutting = cutting;
    this.order = begins.length - 2;
    this.words = words;
    this.counts = begins.slice(2).map((end, i) => end - begins[i + 1]!);
    this.arrays = arrays;
    this.#ids = new Map(words.map((word, id) => [word, id]));
    if (this.#ids.size !== words.length) throw new RangeError("a word stands twice in the vocabulary");
    if (words[0] !== UNKNOWN_WORD) throw new RangeError(`the first word has to be ${UNKNOWN_WORD}`);
    this.#longest = begins[this.order]!;
    const begin = this.#ids.get(SENTENCE_BEGIN);
    this.#begin = begin === undefined ? 0 : this.#stateOf(1 + begin);
  }

  wordId(word: string): number | undefined {
    return this.#ids.get(word);
  }

  beginState(): NgramState {
    return this.#begin;
  }

  emptyState(): NgramState {
    return 0;
  }

  score(state: NgramState, word: number | undefined): NgramScore {
    const { probability, backoff, suffix } = this.arrays;
    const id = word ?? 0;
    if (!(id >= 0 && id < this.words.length))
      throw new RangeError(`the id ${id} is no word's; there are ${this.words.length}`);
    let log10 = 0;
    let node = state;
    let found = this.#child(node, id);
    while (found < 0) {
      log10 += backoff[node]!;
      node = suffix[node]!;
      found = this.#child(node, id);
    }
    log10 += probability[found]!;
    return {
      logProbability: Math.min(0, log10 * Math.LN10),
      state: this.#stateOf(found),
      length: this.lengthOf(found),
      outOfVocabulary: id === 0,
      ...(log10 > ROUNDING && ABOVE_ONE),
    };
  }

  logProbabilities(state: NgramState, into: Float64Array): void {
    if (into.length !== this.words.length)
      throw new RangeError(`there is room for ${into.length} words, and there are ${this.words.length}`);
    const { word, probability, backoff, firstChild, suffix } = this.arrays;
    // From the empty n-gram on: longer matches overwrite shorter ones.
    const nodes: number[] = [];
    const weights: number[] = [];
    let weight = 0;
    for (let node = state; ; node = suffix[node]!) {
      nodes.push(node);
      weights.push(weight);
      if (node === 0) break;
      weight += backoff[node]!;
    }
    for (let i = nodes.length - 1; i >= 0; i--) {
      const node = nodes[i]!;
      const end = firstChild[node + 1]!;
      for (let child = firstChild[node]!; child < end; child++)
        into[word[child]!] = Math.min(0, (weights[i]! + probability[child]!) * Math.LN10);
    }
  }

  /** Words of a node's n-gram. */
  lengthOf(node: number): number {
    const { begins } = this.arrays;
    let length = 0;
    while (node >= begins[length + 1]!) length++;
    return length;
  }

  /** The node of an n-gram's continuation, −1 where there is none. */
  #child(node: number, id: number): number {
    return node === 0 ? 1 + id : childOf(this.arrays, node, id);
  }

  /** The state after the n-gram of a node. */
  #stateOf(node: number): NgramState {
    const { backoff, firstChild, suffix } = this.arrays;
    if (node < this.#longest && (backoff[node] !== 0 || firstChild[node] !== firstChild[node + 1]))
      return node;
    return suffix[node]!;
  }
}

/** The child of a node with this word, −1 where there is none: bisection. */
export function childOf(
  { word, firstChild }: Pick<TrieArrays, "word" | "firstChild">,
  node: number,
  id: number,
): number {
  let low = firstChild[node]!;
  let high = firstChild[node + 1]! - 1;
  while (low <= high) {
    const middle = (low + high) >>> 1;
    const other = word[middle]!;
    if (other === id) return middle;
    if (other < id) low = middle + 1;
    else high = middle - 1;
  }
  return -1;
}
