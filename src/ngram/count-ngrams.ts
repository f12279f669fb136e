/**
 * Counts the n-grams of a text of sentences in memory, of all lengths up to the order. Those of length n are found by sorting the places
 * of the text by the node of the n − 1 words there and by the word that follows: a few numbers a token, and no table
 * of strings.
 */

import type { CountedLevel } from "./counted-level.js";
import { placeOf, type SortedLevel } from "./sorted-level.js";

/** The sentences of a text, one after the other, each with its begin and end. */
export interface Sentences {
  /** (T) ids of words, those of `<s>` and `</s>` among them. */
  readonly ids: Int32Array;
  /** Number of words. Ids run from 0 to one less. */
  readonly vocabulary: number;
  readonly beginId: number;
  readonly endId: number;
}

/** The n-grams of one length, sorted by context and then by word. */
interface Level extends SortedLevel {
  /** The number of the n-gram without its last word, in the level before; of unigrams 0. */
  readonly context: Int32Array;
  /** How often it occurs. */
  readonly count: Int32Array;
}

/** Bytes that counting takes at most for a token and for an n-gram that begins there, with what finds them. */
const TOKEN_BYTES = 24;
const NGRAM_BYTES = 26;

/** Bytes that counting takes, at most. */
export function countingBytes(tokens: number, order: number): number {
  return tokens * (TOKEN_BYTES + order * NGRAM_BYTES);
}

/** By length from 1 on. */
export function countNgrams(text: Sentences, order: number): CountedLevel[] {
  const levels = allLevels(text, order);
  const adjusted = adjustedCounts(levels, text.beginId);
  return levels.map(({ context, word, count }, i) => ({
    pieces: () => [{ context, word, count, adjusted: adjusted[i]! }],
  }));
}

/** By length from 1 on. Unigrams are all words of the vocabulary, also those that do not occur. */
function allLevels({ ids, vocabulary, endId }: Sentences, order: number): Level[] {
  const T = ids.length;
  const unigrams = new Int32Array(vocabulary);
  for (const id of ids) unigrams[id]!++;
  const levels: Level[] = [
    {
      context: new Int32Array(vocabulary),
      firstChild: Int32Array.of(0, vocabulary),
      word: Int32Array.from({ length: vocabulary }, (_, id) => id),
      count: unigrams,
    },
  ];
  // By place: the n-gram that begins there, −1 where the sentence ends before it does.
  const node = Int32Array.from(ids);
  for (let n = 2; n <= order; n++) {
    const above = levels.at(-1)!.word.length;
    for (let t = 0; t < T; t++) {
      // The n-gram goes over the end where its last word but one, or an earlier one, is the end.
      if (node[t]! >= 0 && (t + n - 1 >= T || ids[t + n - 2] === endId)) node[t] = -1;
    }
    levels.push(nextLevel(ids, node, above, n));
  }
  return levels;
}

/** The n-grams of length n. @param node of places, of length n − 1; becomes those of length n */
function nextLevel(ids: Int32Array, node: Int32Array, above: number, n: number): Level {
  const begins = new Int32Array(above + 1);
  for (const c of node) if (c >= 0) begins[c + 1]!++;
  for (let c = 0; c < above; c++) begins[c + 1]! += begins[c]!;
  const places = new Int32Array(begins[above]!);
  const next = begins.slice();
  for (let t = 0; t < node.length; t++) if (node[t]! >= 0) places[next[node[t]!]!++] = t;
  const last = (t: number): number => ids[t + n - 1]!;
  let distinct = 0;
  for (let c = 0; c < above; c++) {
    const group = places.subarray(begins[c]!, begins[c + 1]!);
    if (group.length > 1) group.sort((a, b) => last(a) - last(b) || a - b);
    for (let i = 0; i < group.length; i++) if (i === 0 || last(group[i]!) !== last(group[i - 1]!)) distinct++;
  }
  const context = new Int32Array(distinct);
  const word = new Int32Array(distinct);
  const count = new Int32Array(distinct);
  const firstChild = new Int32Array(above + 1);
  let k = -1;
  for (let c = 0; c < above; c++) {
    firstChild[c] = k + 1;
    for (let i = begins[c]!; i < begins[c + 1]!; i++) {
      const t = places[i]!;
      if (i === begins[c] || last(t) !== word[k]) {
        k++;
        context[k] = c;
        word[k] = last(t);
      }
      count[k]!++;
      node[t] = k;
    }
  }
  firstChild[above] = k + 1;
  return { context, firstChild, word, count };
}

/** By length and n-gram: the n-gram without its first word, in the level before. */
function suffixesOf(levels: readonly Level[]): Int32Array[] {
  const suffixes: Int32Array[] = [new Int32Array(levels[0]!.word.length)];
  for (let i = 1; i < levels.length; i++) {
    const { context, word } = levels[i]!;
    const before = levels[i - 1]!;
    const own = new Int32Array(word.length);
    for (let k = 0; k < word.length; k++)
      own[k] = i === 1 ? word[k]! : placeOf(before, suffixes[i - 1]![context[k]!]!, word[k]!);
    suffixes.push(own);
  }
  return suffixes;
}

/** By length and n-gram: what smoothing counts (see counted-level.ts). */
function adjustedCounts(levels: readonly Level[], beginId: number): Int32Array[] {
  const suffixes = suffixesOf(levels);
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
