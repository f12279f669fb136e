/**
 * Counts the n-grams of a text of sentences, of all lengths up to the order. Those of length n are found by sorting the places
 * of the text by the node of the n − 1 words there and by the word that follows: a few numbers a token, and no table
 * of strings.
 */

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
export interface CountedLevel {
  /** The number of the n-gram without its last word, in the level before; of unigrams 0. */
  readonly context: Int32Array;
  /** By n-gram of the level before: its first n-gram here; at last the end. */
  readonly firstChild: Int32Array;
  /** Id of the last word. */
  readonly word: Int32Array;
  /** How often it occurs. */
  readonly count: Int32Array;
}

/** By length from 1 on. Unigrams are all words of the vocabulary, also those that do not occur. */
export function countNgrams({ ids, vocabulary, endId }: Sentences, order: number): CountedLevel[] {
  const T = ids.length;
  const unigrams = new Int32Array(vocabulary);
  for (const id of ids) unigrams[id]!++;
  const levels: CountedLevel[] = [
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
function nextLevel(ids: Int32Array, node: Int32Array, above: number, n: number): CountedLevel {
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
