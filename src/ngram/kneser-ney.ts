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
import { Turns } from "../breathe.js";
import type { CountedLevel, CountedPiece } from "./counted-level.js";
import type { CuttingKind } from "./ngram-model.js";
import { GrowingDoubles, GrowingInts } from "./growing-arrays.js";
import type { NgramTrie } from "./ngram-trie.js";
import { placeOf } from "./sorted-level.js";
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

/** The n-grams of one length that are kept, in their order. */
interface KeptLevel {
  /** The node of the first, and that of the first of the level before. */
  readonly begin: number;
  readonly above: number;
  /** Number of each among all of its length. */
  readonly number: Int32Array;
  /** The place of the n-gram without its last word, among those that are kept of the level before. */
  readonly context: Int32Array;
  /** By such a place: its first n-gram here; at last the end. */
  readonly firstChild: Int32Array;
  readonly word: Int32Array;
  /** The place of the n-gram without its first word, among those that are kept of the level before. */
  readonly suffix: Int32Array;
  /** p of the last word after the others. */
  readonly probability: Float64Array;
}

/** The empty n-gram alone. @param probability of whatever word, where nothing is known */
function emptyLevel(probability: number): KeptLevel {
  const zero = new Int32Array(1);
  return {
    begin: 0,
    above: 0,
    number: zero,
    context: zero,
    firstChild: Int32Array.of(0, 1),
    word: zero,
    suffix: zero,
    probability: Float64Array.of(probability),
  };
}

/** The vocabulary. */
export interface SmoothedWords {
  /** By id; the first is `<unk>`. */
  readonly words: readonly string[];
  readonly beginId: number;
  /** What they are. */
  readonly cutting: CuttingKind;
}

/**
 * Memory is taken by the n-grams that are kept, not by those that are left out.
 * @param levels counted, by length from 1 on
 * @param prune by length: n-grams that occur so often or less are left out; of unigrams 0
 * @throws the signal's reason
 */
export async function kneserNey(
  levels: readonly CountedLevel[],
  { words, beginId, cutting }: SmoothedWords,
  prune: readonly number[],
  signal?: AbortSignal,
): Promise<KneserNey> {
  const builder = new TrieBuilder(words, cutting);
  const usual: number[] = [];
  const discounts: Discounts[] = [];
  const turns = new Turns();
  // V without <s>
  let before = emptyLevel(1 / (words.length - 1));
  for (const [i, level] of levels.entries()) {
    const estimated = discountsOf(await countsOfCounts(level, turns, signal));
    if (!estimated) usual.push(i + 1);
    discounts.push(estimated ?? USUAL_DISCOUNTS);
    const limit = i === 0 ? -1 : prune[i]!;
    const smoothing = new LevelSmoothing(before, discounts[i]!, limit);
    for (const piece of level.pieces()) {
      smoothing.add(piece);
      await heard(turns, signal);
    }
    const { kept, weights } = smoothing.end();
    if (i > 0) addLevel(builder, before, weights, beginId);
    before = kept;
  }
  addLevel(builder, before, new Float64Array(before.word.length).fill(1), beginId);
  return { model: builder.finish(), discounts, usual };
}

/** t_1 … t_4, of which each stands at its number. */
async function countsOfCounts(level: CountedLevel, turns: Turns, signal?: AbortSignal): Promise<number[]> {
  const t = [0, 0, 0, 0, 0];
  for (const { adjusted } of level.pieces()) {
    for (const a of adjusted) if (a >= 1 && a <= 4) t[a]!++;
    await heard(turns, signal);
  }
  return t;
}

/** Others have their turn where it is due. @throws the signal's reason */
async function heard(turns: Turns, signal: AbortSignal | undefined): Promise<void> {
  if (!turns.due) return;
  await turns.give();
  signal?.throwIfAborted();
}

/** Undefined where a count that they need is 0, or they are out of their range. */
function discountsOf(t: readonly number[]): Discounts | undefined {
  const Y = t[1]! / (t[1]! + 2 * t[2]!);
  const D = [1, 2, 3].map((k) => k - ((k + 1) * Y * t[k + 1]!) / t[k]!);
  return D.every((d, i) => d >= 0 && d <= i + 1) ? (D as unknown as Discounts) : undefined;
}

function discountOf(a: number, discounts: Discounts): number {
  return a === 0 ? 0 : discounts[Math.min(a, 3) - 1]!;
}

/** Smooths the n-grams of one length, context by context. */
class LevelSmoothing {
  readonly #before: KeptLevel;
  readonly #discounts: Discounts;
  readonly #limit: number;
  readonly #weights: Float64Array;
  /** The n-grams that are kept, as in `KeptLevel`. */
  readonly #number = new GrowingInts();
  readonly #context = new GrowingInts();
  readonly #word = new GrowingInts();
  readonly #suffix = new GrowingInts();
  readonly #probability = new GrowingDoubles();
  /** N-grams so far, also those that are left out. */
  #total = 0;
  /** The present context h: its number, and its place among those that are kept, −1 where it is not. */
  #history = -1;
  #place = -1;
  #nextPlace = 0;
  /** Σ_x a(h x) and Σ_x D_a(h x) */
  #sum = 0;
  #left = 0;
  /** Words and a of the n-grams after h that are kept. */
  readonly #words: number[] = [];
  readonly #adjusted: number[] = [];

  /** @param limit n-grams that occur so often or less are left out */
  constructor(before: KeptLevel, discounts: Discounts, limit: number) {
    this.#before = before;
    this.#discounts = discounts;
    this.#limit = limit;
    this.#weights = new Float64Array(before.word.length).fill(1);
  }

  add({ context, word, count, adjusted }: CountedPiece): void {
    for (let k = 0; k < word.length; k++) {
      if (context[k]! !== this.#history) this.#begin(context[k]!);
      const a = adjusted[k]!;
      // Where an n-gram is kept its context is: that does not occur less often.
      const kept = count[k]! > this.#limit;
      this.#sum += a;
      this.#left += kept ? discountOf(a, this.#discounts) : a;
      if (kept) {
        this.#number.push(this.#total);
        this.#context.push(this.#place);
        this.#word.push(word[k]!);
        this.#words.push(word[k]!);
        this.#adjusted.push(a);
      }
      this.#total++;
    }
  }

  /** @returns the n-grams, and b of those that are kept of the level before */
  end(): { readonly kept: KeptLevel; readonly weights: Float64Array } {
    this.#endContext();
    const { begin, word } = this.#before;
    const firstChild = new Int32Array(word.length + 1);
    for (const c of this.#context.view()) firstChild[c + 1]!++;
    for (let c = 0; c < word.length; c++) firstChild[c + 1]! += firstChild[c]!;
    const kept = {
      begin: begin + word.length,
      above: begin,
      number: this.#number.view(),
      context: this.#context.view(),
      firstChild,
      word: this.#word.view(),
      suffix: this.#suffix.view(),
      probability: this.#probability.view(),
    };
    return { kept, weights: this.#weights };
  }

  #begin(history: number): void {
    this.#endContext();
    const { number } = this.#before;
    while (this.#nextPlace < number.length && number[this.#nextPlace]! < history) this.#nextPlace++;
    this.#place = number[this.#nextPlace] === history ? this.#nextPlace : -1;
    this.#history = history;
    this.#sum = 0;
    this.#left = 0;
    this.#words.length = 0;
    this.#adjusted.length = 0;
  }

  #endContext(): void {
    if (this.#place < 0) return;
    const weight = this.#left / this.#sum;
    this.#weights[this.#place] = weight;
    const { begin, suffix, probability } = this.#before;
    for (let i = 0; i < this.#words.length; i++) {
      const a = this.#adjusted[i]!;
      // What stands before unigrams is the empty n-gram.
      const shorter = begin === 0 ? 0 : placeOf(this.#before, suffix[this.#place]!, this.#words[i]!);
      const own = (a - discountOf(a, this.#discounts)) / this.#sum;
      this.#suffix.push(shorter);
      this.#probability.push(own + weight * probability[shorter]!);
    }
  }
}

/** @param weights b of each of the n-grams */
function addLevel(
  builder: TrieBuilder,
  { begin, above, context, word, probability }: KeptLevel,
  weights: Float64Array,
  beginId: number,
): void {
  const log10 = Float32Array.from(probability, (p) => Math.min(0, Math.log10(p)));
  if (begin === 1) log10[beginId] = NEVER;
  builder.add({
    context: context.map((place) => above + place),
    word,
    probability: log10,
    backoff: Float32Array.from(weights, Math.log10),
  });
}
