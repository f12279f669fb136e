/** Builds a trie of n-grams, length by length, each length in whatever order. */
import type { CuttingKind } from "./ngram-model.js";
import { childOf, NgramTrie } from "./ngram-trie.js";

/** The n-grams of one length, in columns; entry i of each is of one n-gram. */
export interface NgramLevel {
  /** The node of all words but the last, as `find` says it. */
  readonly context: Int32Array;
  /** The id of the last word. */
  readonly word: Int32Array;
  /** log10 p */
  readonly probability: Float32Array;
  /** log10 of the backoff weight; of the longest n-grams it is not read. */
  readonly backoff: Float32Array;
}

/** Most nodes of a trie: their numbers have 32 bits. */
const MOST_NODES = 2 ** 31 - 2;

interface BuiltLevel extends NgramLevel {
  /** The first of this level's nodes. */
  readonly begin: number;
  /** By node of the level before, from its first on: its first child, in this level; at last the end. */
  readonly firstChild: Int32Array;
}

export class TrieBuilder {
  readonly #words: readonly string[];
  readonly #cutting: CuttingKind | undefined;
  readonly #levels: BuiltLevel[] = [];
  #nodes = 1;

  /** @param words by id; the first is `<unk>` @param cutting what they are, where that is known */
  constructor(words: readonly string[], cutting?: CuttingKind) {
    this.#words = words;
    this.#cutting = cutting;
  }

  /** Length of the n-grams that were added last; 0 before the first. */
  get length(): number {
    return this.#levels.length;
  }

  /** The node of an n-gram of the lengths that were added, −1 where there is none. */
  find(ids: ArrayLike<number>, count: number): number {
    let node = 0;
    for (let i = 0; i < count; i++) {
      node = this.#child(i, node, ids[i]!);
      if (node < 0) return -1;
    }
    return node;
  }

  /**
   * Adds the n-grams that are one word longer than those before. The arrays become the builder's own where they are sorted.
   * @returns the number of an entry that stands twice; undefined where none does
   * @throws RangeError for more n-grams than there can be, and where unigrams are not all words once
   */
  add(level: NgramLevel): number | undefined {
    const begin = this.#nodes;
    const count = level.word.length;
    if (begin + count > MOST_NODES) throw new RangeError("there are more n-grams than 2^31");
    const above = this.#levels.at(-1);
    const first = above?.begin ?? 0;
    const contexts = above?.word.length ?? 1;
    const firstChild = new Int32Array(contexts + 1);
    for (const context of level.context) firstChild[context - first + 1]!++;
    firstChild[0] = begin;
    for (let i = 0; i < contexts; i++) firstChild[i + 1]! += firstChild[i]!;
    const order = sortedOrder(level, firstChild, begin, first);
    for (let i = 1; i < count; i++) {
      const [a, b] = order ? [order[i - 1]!, order[i]!] : [i - 1, i];
      if (level.word[a] === level.word[b] && level.context[a] === level.context[b]) return Math.max(a, b);
    }
    const sorted = order ? permuted(level, order) : level;
    if (!above && (count !== this.#words.length || sorted.word.some((id, i) => id !== i)))
      throw new RangeError("the unigrams have to be all words, each once");
    this.#levels.push({ ...sorted, begin, firstChild });
    this.#nodes += count;
    return undefined;
  }

  /** The model. The builder is of no use afterwards. */
  finish(): NgramTrie {
    const levels = this.#levels;
    const longest = levels.at(-1)!.begin;
    const N = this.#nodes;
    const word = new Int32Array(N);
    const probability = new Float32Array(N);
    const backoff = new Float32Array(longest);
    const firstChild = new Int32Array(longest + 1);
    const suffix = new Int32Array(N);
    const begins = [0, ...levels.map(({ begin }) => begin), N];
    word[0] = -1;
    firstChild[longest] = N;
    for (const [i, level] of levels.entries()) {
      word.set(level.word, level.begin);
      probability.set(level.probability, level.begin);
      if (level.begin < longest) backoff.set(level.backoff, level.begin);
      firstChild.set(level.firstChild, begins[i]!);
    }
    const arrays = { begins, word, probability, backoff, firstChild, suffix };
    const matters = (node: number): boolean =>
      node === 0 || (node < longest && (backoff[node] !== 0 || firstChild[node] !== firstChild[node + 1]));
    for (const [i, { context, begin }] of levels.entries()) {
      if (i === 0) continue; // The suffix of a unigram is the empty n-gram.
      for (let k = 0; k < context.length; k++) {
        const id = word[begin + k]!;
        let from = suffix[context[k]!]!;
        let found = from === 0 ? 1 + id : childOf(arrays, from, id);
        while (found < 0) {
          from = suffix[from]!;
          found = from === 0 ? 1 + id : childOf(arrays, from, id);
        }
        suffix[begin + k] = matters(found) ? found : suffix[found]!;
      }
    }
    return new NgramTrie(this.#words, arrays, this.#cutting);
  }

  /** @param length of the n-gram of `node` */
  #child(length: number, node: number, id: number): number {
    if (length === 0) return id >= 0 && id < this.#words.length ? 1 + id : -1;
    const level = this.#levels[length]!;
    const own = node - this.#levels[length - 1]!.begin;
    let low = level.firstChild[own]! - level.begin;
    let high = level.firstChild[own + 1]! - level.begin - 1;
    while (low <= high) {
      const middle = (low + high) >>> 1;
      const other = level.word[middle]!;
      if (other === id) return level.begin + middle;
      if (other < id) low = middle + 1;
      else high = middle - 1;
    }
    return -1;
  }
}

/** The numbers of the entries by context, then by word; undefined where they stand so already. */
function sortedOrder(
  { context, word }: NgramLevel,
  firstChild: Int32Array,
  begin: number,
  first: number,
): Int32Array | undefined {
  let sorted = true;
  for (let i = 1; i < word.length && sorted; i++) {
    const step = context[i]! - context[i - 1]!;
    sorted = step > 0 || (step === 0 && word[i]! >= word[i - 1]!);
  }
  if (sorted) return undefined;
  const order = new Int32Array(word.length);
  const next = firstChild.slice();
  for (let i = 0; i < word.length; i++) order[next[context[i]! - first]!++ - begin] = i;
  for (let c = 0; c + 1 < firstChild.length; c++) {
    const [from, end] = [firstChild[c]! - begin, firstChild[c + 1]! - begin];
    if (end - from > 1) order.subarray(from, end).sort((a, b) => word[a]! - word[b]! || a - b);
  }
  return order;
}

function permuted({ context, word, probability, backoff }: NgramLevel, order: Int32Array): NgramLevel {
  const count = order.length;
  const level = {
    context: new Int32Array(count),
    word: new Int32Array(count),
    probability: new Float32Array(count),
    backoff: new Float32Array(count),
  };
  for (let i = 0; i < count; i++) {
    const from = order[i]!;
    level.context[i] = context[from]!;
    level.word[i] = word[from]!;
    level.probability[i] = probability[from]!;
    level.backoff[i] = backoff[from]!;
  }
  return level;
}
