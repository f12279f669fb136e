/**
 * Interpolated modified Kneser–Ney smoothing (Chen and Goodman, 1998, "An empirical study of smoothing techniques for
 * language modeling", section 3), with the details of Heafield et al. (2013, "Scalable modified Kneser–Ney language
 * model estimation"). With g = h w an n-gram, h' the history without its first word:
 *
 *   a(g)    = c(g), how often it occurs                where g is of the greatest length, or begins with <s>
 *             |{v: c(v g) > 0}|, what it comes after   else
 *   Y       = t_1 / (t_1 + 2 t_2)                      t_k: number of n-grams of this length with a = k
 *   D_k     = k − (k + 1) Y t_{k+1} / t_k              k = 1, 2, 3; D_k = D_3 for k > 3
 *   u(w|h)  = (a(h w) − D_a(h w)) / Σ_x a(h x)
 *   b(h)    = Σ_x D_a(h x) / Σ_x a(h x)
 *   p(w|h)  = u(w|h) + b(h) p(w|h')                    p(w|h') of unigrams is 1 / V, V without <s>
 *
 * `<unk>`, which a text need not hold, has p = b(ε) / V. An n-gram that is left out because it is rare (c(g) at most a
 * limit of its length) counts as before in t_k and in the sums, and all of its a goes to b(h), so that the probabilities
 * of every history sum to 1.
 */
import type { CountedLevel, Sentences } from "./count-ngrams.js";
import type { NgramTrie } from "./ngram-trie.js";
import { TrieBuilder } from "./trie-builder.js";

/** D_1, D_2 and D_3+ of one length. */
export type Discounts = readonly [number, number, number];

/** Used where a text has too few rare n-grams of some length to estimate them. */
export const USUAL_DISCOUNTS: Discounts = [0.5, 1, 1.5];

export interface KneserNey {
  readonly model: NgramTrie;
  /** By length from 1 on. */
  readonly discounts: readonly Discounts[];
  /** Lengths whose discounts could not be estimated. */
  readonly usual: readonly number[];
}

/** log10 p of `<s>`, which is never predicted. */
const NEVER = -99;

/**
 * @param levels as `countNgrams` gives them
 * @param words by id; the first is `<unk>`
 * @param prune by length: n-grams that occur so often or less are left out; of unigrams 0
 */
export function kneserNey(
  levels: readonly CountedLevel[],
  words: readonly string[],
  { beginId }: Pick<Sentences, "beginId">,
  prune: readonly number[],
): KneserNey {
  const suffixes = suffixesOf(levels);
  const adjusted = adjustedCounts(levels, suffixes, beginId);
  const usual: number[] = [];
  const discounts = adjusted.map((a, i) => {
    const estimated = discountsOf(a);
    if (!estimated) usual.push(i + 1);
    return estimated ?? USUAL_DISCOUNTS;
  });
  // By length: p of each n-gram, and b of each as a history.
  const probabilities: Float64Array[] = [];
  const weights: Float64Array[] = [];
  for (const [i, level] of levels.entries()) {
    const a = adjusted[i]!;
    const p = new Float64Array(a.length);
    const b = new Float64Array(i === 0 ? 1 : levels[i - 1]!.word.length).fill(1);
    const lower = probabilities[i - 1];
    const uniform = 1 / (words.length - 1);
    const kept = (k: number): boolean => level.count[k]! > prune[i]! || i === 0;
    for (let c = 0; c < b.length; c++) {
      const [from, end] = [level.firstChild[c]!, level.firstChild[c + 1]!];
      if (from === end) continue;
      let sum = 0;
      let left = 0;
      for (let k = from; k < end; k++) {
        sum += a[k]!;
        left += kept(k) ? discountOf(a[k]!, discounts[i]!) : a[k]!;
      }
      const weight = left / sum;
      b[c] = weight;
      for (let k = from; k < end; k++) {
        const own = kept(k) ? (a[k]! - discountOf(a[k]!, discounts[i]!)) / sum : 0;
        p[k] = own + weight * (lower ? lower[suffixes[i]![k]!]! : uniform);
      }
    }
    probabilities.push(p);
    weights.push(b);
  }
  return { model: trieOf(levels, words, { beginId }, prune, probabilities, weights), discounts, usual };
}

/** By length and n-gram: the n-gram without its first word, in the level before. */
function suffixesOf(levels: readonly CountedLevel[]): Int32Array[] {
  const suffixes: Int32Array[] = [new Int32Array(levels[0]!.word.length)];
  for (let i = 1; i < levels.length; i++) {
    const { context, word } = levels[i]!;
    const before = levels[i - 1]!;
    const own = new Int32Array(word.length);
    for (let k = 0; k < word.length; k++)
      own[k] = i === 1 ? word[k]! : found(before, suffixes[i - 1]![context[k]!]!, word[k]!);
    suffixes.push(own);
  }
  return suffixes;
}

/** The n-gram of a context and a word, which is there: bisection. */
function found({ firstChild, word }: CountedLevel, context: number, id: number): number {
  let [low, high] = [firstChild[context]!, firstChild[context + 1]! - 1];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (word[middle]! < id) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** a of every n-gram; of `<s>` alone 0. */
function adjustedCounts(
  levels: readonly CountedLevel[],
  suffixes: readonly Int32Array[],
  beginId: number,
): Int32Array[] {
  let begins = new Uint8Array(levels[0]!.word.length);
  begins[beginId] = 1;
  return levels.map((level, i) => {
    const { context, count } = level;
    if (i > 0) begins = Uint8Array.from(context, (c) => begins[c]!);
    let a = count.slice();
    if (i + 1 < levels.length) {
      a = new Int32Array(count.length);
      for (const s of suffixes[i + 1]!) a[s]!++;
      for (let k = 0; k < a.length; k++) if (begins[k]) a[k] = count[k]!;
    }
    if (i === 0) a[beginId] = 0;
    return a;
  });
}

/** Undefined where a count that they need is 0, or they are out of their range. */
function discountsOf(a: Int32Array): Discounts | undefined {
  const t = [0, 0, 0, 0, 0];
  for (const k of a) if (k >= 1 && k <= 4) t[k]!++;
  const Y = t[1]! / (t[1]! + 2 * t[2]!);
  const D = [1, 2, 3].map((k) => k - ((k + 1) * Y * t[k + 1]!) / t[k]!);
  return D.every((d, i) => d >= 0 && d <= i + 1) ? (D as unknown as Discounts) : undefined;
}

function discountOf(a: number, discounts: Discounts): number {
  return a === 0 ? 0 : discounts[Math.min(a, 3) - 1]!;
}

/** The model of the n-grams that are kept. */
function trieOf(
  levels: readonly CountedLevel[],
  words: readonly string[],
  { beginId }: Pick<Sentences, "beginId">,
  prune: readonly number[],
  probabilities: readonly Float64Array[],
  weights: readonly Float64Array[],
): NgramTrie {
  const builder = new TrieBuilder(words);
  // By n-gram of the level before: its node.
  let nodes = Int32Array.of(0);
  let begin = 1;
  for (const [i, { context, word, count }] of levels.entries()) {
    const own = new Int32Array(word.length).fill(-1);
    let kept = 0;
    for (let k = 0; k < word.length; k++) if (i === 0 || count[k]! > prune[i]!) own[k] = begin + kept++;
    const level = {
      context: new Int32Array(kept),
      word: new Int32Array(kept),
      probability: new Float32Array(kept),
      backoff: new Float32Array(kept),
    };
    for (let k = 0; k < word.length; k++) {
      if (own[k]! < 0) continue;
      const at = own[k]! - begin;
      level.context[at] = nodes[context[k]!]!;
      level.word[at] = word[k]!;
      level.probability[at] =
        i === 0 && k === beginId ? NEVER : Math.min(0, Math.log10(probabilities[i]![k]!));
      level.backoff[at] = Math.log10(weights[i + 1]?.[k] ?? 1);
    }
    builder.add(level);
    nodes = own;
    begin += kept;
  }
  return builder.finish();
}
