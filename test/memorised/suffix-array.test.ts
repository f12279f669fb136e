import fc from "fast-check";
import { expect, test } from "vitest";
import { TextIndex } from "../../src/memorised/longest-matches.js";
import { suffixArray } from "../../src/memorised/suffix-array.js";

/** All suffixes, sorted by comparing them. */
function sortedSuffixes(text: readonly number[]): number[] {
  const less = (a: number, b: number): number => {
    while (a < text.length && b < text.length && text[a] === text[b]) [a, b] = [a + 1, b + 1];
    if (a === text.length || b === text.length) return b - a;
    return text[a]! - text[b]!;
  };
  return [...text.keys()].toSorted(less);
}

const texts = fc.oneof(
  ...[1, 2, 3, 10].map((alphabet) => fc.array(fc.nat({ max: alphabet - 1 }), { maxLength: 80 })),
  // Repetitions, of which the names of pieces are the same on several levels.
  fc
    .tuple(fc.array(fc.nat({ max: 2 }), { minLength: 1, maxLength: 6 }), fc.integer({ min: 1, max: 30 }))
    .map(([piece, times]) => Array.from({ length: times }, () => piece).flat()),
);

test("suffixes are in order", () => {
  fc.assert(
    fc.property(texts, (text) => {
      expect([...suffixArray(Int32Array.from(text), 10)]).toEqual(sortedSuffixes(text));
    }),
    { numRuns: 500 },
  );
});

test("a text of Fibonacci words, which are as repetitive as can be, is in order", () => {
  let [a, b] = [[0], [0, 1]];
  while (b.length < 3000) [a, b] = [b, [...b, ...a]];
  expect([...suffixArray(Int32Array.from(b), 2)]).toEqual(sortedSuffixes(b));
});

/** The longest piece that begins at each place of the query, by trying all places of the text. */
function longestPieces(text: readonly number[], query: readonly number[]): number[] {
  return query.map((_, i) => {
    let best = 0;
    for (const from of text.keys()) {
      let length = 0;
      while (i + length < query.length && query[i + length] === text[from + length]) length++;
      best = Math.max(best, length);
    }
    return best;
  });
}

test("the longest pieces are those that trying all places finds", () => {
  fc.assert(
    fc.property(texts, texts, (text, query) => {
      const lengths = new Int32Array(query.length);
      new TextIndex(Int32Array.from(text)).raise(Int32Array.from(query), lengths);
      expect([...lengths]).toEqual(longestPieces(text, query));
    }),
    { numRuns: 500 },
  );
});

test("units that the text does not have stand nowhere, and greater lengths stay", () => {
  const index = new TextIndex(Int32Array.of(5, 900_000, 5, 7));
  const lengths = Int32Array.of(0, 0, 9, 0, 0, 0);
  index.raise(Int32Array.of(900_000, 5, 7, -1, 6, 1_000_000), lengths);
  expect([...lengths]).toEqual([3, 2, 9, 0, 0, 0]);
});
