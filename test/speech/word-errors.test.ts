/** Word errors against every alignment there is, and the rates of known lists. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { wordsOf } from "../../src/speech/lists.js";
import { readLists } from "../../src/speech/read-lists.js";
import { leastWordErrors, wordErrors } from "../../src/speech/word-errors.js";
import { testWithSharedData } from "../shared-data.js";

interface Alignment {
  readonly s: number;
  readonly i: number;
  readonly d: number;
}
const costOf = ({ s, i, d }: Alignment): number => 4 * s + 3 * (i + d);
const errorsOf = ({ s, i, d }: Alignment): number => s + i + d;

/** All alignments, one after the other. */
function* alignments(a: readonly string[], b: readonly string[]): Generator<Alignment> {
  if (a.length === 0 || b.length === 0) {
    yield { s: 0, i: b.length, d: a.length };
    return;
  }
  const step = a[0] === b[0] ? 0 : 1;
  for (const { s, i, d } of alignments(a.slice(1), b.slice(1))) yield { s: s + step, i, d };
  for (const { s, i, d } of alignments(a, b.slice(1))) yield { s, i: i + 1, d };
  for (const { s, i, d } of alignments(a.slice(1), b)) yield { s, i, d: d + 1 };
}

describe("word errors", () => {
  test("are those of the cheapest alignment, of equals of one with the fewest errors", () => {
    const words = fc.array(fc.constantFrom("a", "b", "c"), { maxLength: 5 });
    fc.assert(
      fc.property(words, words, (reference, hypothesis) => {
        const [best] = [...alignments(reference, hypothesis)].toSorted(
          (x, y) => costOf(x) - costOf(y) || errorsOf(x) - errorsOf(y),
        );
        expect(wordErrors(reference, hypothesis)).toEqual({
          words: reference.length,
          substitutions: best!.s,
          insertions: best!.i,
          deletions: best!.d,
          errors: errorsOf(best!),
        });
      }),
      { numRuns: 200 },
    );
  });

  test("empty sides are all insertions or all deletions", () => {
    expect(wordErrors([], ["a", "b"])).toMatchObject({ words: 0, insertions: 2, errors: 2 });
    expect(wordErrors(["a", "b"], [])).toMatchObject({ words: 2, deletions: 2, errors: 2 });
    expect(wordErrors([], [])).toMatchObject({ words: 0, errors: 0 });
  });

  test("of several references the one with the fewest errors counts", () => {
    const references = [
      ["a", "b", "c"],
      ["a", "c"],
    ];
    expect(leastWordErrors(references, ["a", "c"])).toMatchObject({ words: 2, errors: 0 });
  });

  for (const [file, first, oracle] of [
    ["clean.json", 1.79, 0.89],
    ["other.json", 3.67, 2.27],
  ] as const) {
    testWithSharedData(
      `of LibriSpeech's ${file} are as published`,
      `librispeech-5best/${file}`,
      async (path) => {
        const utterances = await readLists([path]);
        let [words, before, best] = [0, 0, 0];
        for (const { references, hypotheses } of utterances) {
          const counts = hypotheses.map(({ text }) =>
            leastWordErrors(references!.map(wordsOf), wordsOf(text)),
          );
          words += counts[0]!.words;
          before += counts[0]!.errors;
          best += Math.min(...counts.map(({ errors }) => errors));
        }
        expect(((100 * before) / words).toFixed(2)).toBe(first.toFixed(2));
        expect(((100 * best) / words).toFixed(2)).toBe(oracle.toFixed(2));
      },
    );
  }
});
