/**
 * The suffix array of a text of whole numbers: where its suffixes begin, in ascending order of the suffixes. Made by induced
 * sorting in linear time (SA-IS; Nong, Zhang and Chan, "Two efficient algorithms for linear time suffix array construction",
 * 2011), without a number that stands for the end.
 *
 * Suffix i is of type S where it is smaller than suffix i + 1, else of type L; the last one is L. A suffix of type S after one
 * of type L is LMS. From LMS suffixes in order, all of type L follow by one pass from the left, and then all of type S by one
 * from the right. The order of the LMS suffixes is that of a text at most half as long, whose numbers are names of the pieces
 * between them.
 */

const EMPTY = -1;

/**
 * @param text (n), numbers from 0 to alphabet − 1
 * @returns (n); memory besides is at most 2 n numbers of 32 bits and n bytes
 */
export function suffixArray(text: Int32Array, alphabet: number): Int32Array {
  const n = text.length;
  const sa = new Int32Array(n);
  if (n < 2) return sa;
  const isS = suffixTypes(text);
  const sizes = new Int32Array(alphabet);
  for (let i = 0; i < n; i++) sizes[text[i]!]!++;
  const sort = (lms: Int32Array): void => induce({ text, isS, sizes, sa }, lms);
  const lms = lmsPlaces(isS);
  const m = lms.length;
  sort(lms);
  if (m < 2) return sa;
  const { reduced, names } = namedPieces(text, isS, sa, lms);
  const order = names < m ? suffixArray(reduced, names) : inverse(reduced);
  for (let i = 0; i < m; i++) order[i] = lms[order[i]!]!;
  sort(order);
  return sa;
}

/** (n): 1 for type S. */
function suffixTypes(text: Int32Array): Uint8Array {
  const n = text.length;
  const isS = new Uint8Array(n);
  for (let i = n - 2; i >= 0; i--) {
    const [here, next] = [text[i]!, text[i + 1]!];
    isS[i] = here < next || (here === next && isS[i + 1] === 1) ? 1 : 0;
  }
  return isS;
}

const isLms = (isS: Uint8Array, i: number): boolean => i > 0 && isS[i] === 1 && isS[i - 1] === 0;

/** In ascending order. */
function lmsPlaces(isS: Uint8Array): Int32Array {
  let m = 0;
  for (let i = 1; i < isS.length; i++) if (isLms(isS, i)) m++;
  const places = new Int32Array(m);
  m = 0;
  for (let i = 1; i < isS.length; i++) if (isLms(isS, i)) places[m++] = i;
  return places;
}

interface Sorting {
  readonly text: Int32Array;
  readonly isS: Uint8Array;
  /** How often each number stands in the text. */
  readonly sizes: Int32Array;
  readonly sa: Int32Array;
}

/**
 * Fills the array from LMS suffixes: in their order, all suffixes come to be in order; in any other, at least the pieces from
 * one LMS place to the next.
 */
function induce({ text, isS, sizes, sa }: Sorting, lms: Int32Array): void {
  const n = text.length;
  sa.fill(EMPTY);
  let free = bucketEnds(sizes);
  for (let i = lms.length - 1; i >= 0; i--) sa[--free[text[lms[i]!]!]!] = lms[i]!;
  free = bucketStarts(sizes);
  // The last suffix, before which nothing smaller is left to find it.
  sa[free[text[n - 1]!]!++] = n - 1;
  for (let i = 0; i < n; i++) {
    const before = sa[i]! - 1;
    if (before >= 0 && isS[before] === 0) sa[free[text[before]!]!++] = before;
  }
  free = bucketEnds(sizes);
  for (let i = n - 1; i >= 0; i--) {
    const before = sa[i]! - 1;
    if (before >= 0 && isS[before] === 1) sa[--free[text[before]!]!] = before;
  }
}

function bucketStarts(sizes: Int32Array): Int32Array {
  const starts = new Int32Array(sizes.length);
  for (let c = 1; c < sizes.length; c++) starts[c] = starts[c - 1]! + sizes[c - 1]!;
  return starts;
}

function bucketEnds(sizes: Int32Array): Int32Array {
  const ends = Int32Array.from(sizes);
  for (let c = 1; c < sizes.length; c++) ends[c]! += ends[c - 1]!;
  return ends;
}

/**
 * The text of names: pieces that are the same have the same name, and names are in the order of the pieces.
 * @param sa in which the pieces are in order
 */
function namedPieces(
  text: Int32Array,
  isS: Uint8Array,
  sa: Int32Array,
  lms: Int32Array,
): { readonly reduced: Int32Array; readonly names: number } {
  const n = text.length;
  // Two LMS places are never neighbours: half of a place is enough to tell them apart.
  const nameAt = new Int32Array((n >> 1) + 1);
  let name = -1;
  let before = -1;
  for (let i = 0; i < n; i++) {
    const place = sa[i]!;
    if (!isLms(isS, place)) continue;
    if (before < 0 || !samePiece(text, isS, before, place)) name++;
    nameAt[place >> 1] = name;
    before = place;
  }
  return { reduced: lms.map((place) => nameAt[place >> 1]!), names: name + 1 };
}

/** Whether the pieces from two different LMS places to the LMS place after each, that one included, are the same. */
function samePiece(text: Int32Array, isS: Uint8Array, a: number, b: number): boolean {
  const n = text.length;
  for (let d = 0; ; d++) {
    // The end of the text is like nothing else.
    if (a + d === n || b + d === n) return false;
    if (text[a + d] !== text[b + d] || isS[a + d] !== isS[b + d]) return false;
    if (d === 0) continue;
    const [aEnds, bEnds] = [isLms(isS, a + d), isLms(isS, b + d)];
    if (aEnds || bEnds) return aEnds && bEnds;
  }
}

/** Where each of the numbers 0 … n − 1 stands. */
function inverse(numbers: Int32Array): Int32Array {
  const places = new Int32Array(numbers.length);
  for (let i = 0; i < numbers.length; i++) places[numbers[i]!] = i;
  return places;
}
