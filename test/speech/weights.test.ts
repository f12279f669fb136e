/** Tuning for the word error rate: exact along a line, never worse than where it began. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { bestOf, type Candidates, errorsOf, tuneWeights } from "../../src/speech/weights.js";

/** Few different values, so that ties and parallel lines are frequent. */
const score = fc.integer({ min: -4, max: 4 });
const list = (K: number) =>
  fc
    .array(fc.record({ row: fc.array(score, { minLength: K, maxLength: K }), errors: fc.nat(3) }), {
      minLength: 1,
      maxLength: 5,
    })
    .map((rows): Candidates => ({
      features: Float64Array.from(rows.flatMap(({ row }) => row)),
      errors: rows.map(({ errors }) => errors),
    }));

describe("tuning", () => {
  test("of one weight finds the fewest errors that any value gives", () => {
    const all = fc.array(list(2), { minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(all, (lists) => {
        // Lines of whole numbers up to 8 apart cross at fractions with a denominator of at most 8.
        const values = Array.from({ length: 2 * 9 * 840 + 1 }, (_, i) => (i - 9 * 840) / 840 + 1 / 1680);
        const least = Math.min(...values.filter((_, i) => i % 35 === 0).map((w) => errorsOf(lists, [1, w])));
        const found = tuneWeights(lists, [[1, 0]], [NaN, 0]);
        expect(found.errors).toBeLessThanOrEqual(least);
        expect(errorsOf(lists, found.weights)).toBe(found.errors);
        expect(found.weights[0]).toBe(1);
      }),
      { numRuns: 60 },
    );
  });

  test("of several is never worse than any beginning", () => {
    const all = fc.array(list(3), { minLength: 1, maxLength: 6 });
    const beginnings = [
      [1, 0, 0],
      [1, 1, -1],
      [1, 5, 2],
    ];
    fc.assert(
      fc.property(all, (lists) => {
        const { errors } = tuneWeights(lists, beginnings, [NaN, 0, 0.5]);
        for (const beginning of beginnings) expect(errors).toBeLessThanOrEqual(errorsOf(lists, beginning));
      }),
      { numRuns: 100 },
    );
  });

  test("a score that tells right from wrong is found, with weights well inside of where it works", () => {
    // The right one is second to the recogniser by 1, and first to the model by 1 to 3 nats.
    const lists = [1, 2, 3].map((gain): Candidates => ({
      features: Float64Array.of(0, 0, -1, gain),
      errors: [2, 0],
    }));
    const { weights, errors } = tuneWeights(lists, [[1, 0]], [NaN, 0]);
    expect(errors).toBe(0);
    expect(weights[1]).toBeGreaterThan(1.2);
  });

  test("averages over a neighbourhood: a narrow stretch without errors does not win", () => {
    // E is 3 below 1, 0 from 1 to 1.1, 2 to 3, 1 from there on.
    const lists = [
      { features: Float64Array.of(0, 0, -1, 1), errors: [3, 0] },
      { features: Float64Array.of(0, 0, -1.1, 1), errors: [0, 2] },
      { features: Float64Array.of(0, 0, -3, 1), errors: [1, 0] },
    ];
    const narrow = tuneWeights(lists, [[1, 0]], [NaN, 0]).weights[1]!;
    expect(narrow).toBeGreaterThan(1);
    expect(narrow).toBeLessThan(1.1);
    expect(tuneWeights(lists, [[1, 0]], [NaN, 1]).weights[1]).toBeCloseTo(4, 9);
  });

  test("of equal scores the recogniser's first is taken, and a score of −∞ without weight does no harm", () => {
    const equal = { features: Float64Array.of(1, 1, 1), errors: [3, 0, 0] };
    expect(bestOf(equal, [1])).toBe(0);
    const broken = { features: Float64Array.of(0, -Infinity, 1, 0), errors: [1, 0] };
    expect(bestOf(broken, [1, 0])).toBe(1);
  });
});
