/** Chance or not: known values, and a simulation of what the interval promises. */
import { describe, expect, test } from "vitest";
import { Random } from "../../src/engine/random.js";
import { bootstrapInterval, erfc, matchedPairsP, type PairedErrors } from "../../src/speech/statistics.js";

const pair = (before: number, after: number, words = 10): PairedErrors => ({ words, before, after });

describe("erfc", () => {
  // Abramowitz and Stegun, table 7.1, and Python's math.erfc.
  test.each([
    [0, 1],
    [0.5, 0.4795001221869535],
    [1, 0.15729920705028513],
    [2.9, 4.109787809931925e-5],
    [3.1, 1.164865736665992e-5],
    [6, 2.1519736712498913e-17],
  ])("of %d", (x, value) => {
    expect(Math.abs(erfc(x) / value - 1)).toBeLessThan(1e-9);
  });
});

describe("matched pairs", () => {
  test("by hand: gains −1, −1, 0, 0 have mean −1/2, variance 1/3 and W = −√3", () => {
    const pairs = [pair(1, 0), pair(2, 1), pair(1, 1), pair(0, 0)];
    expect(matchedPairsP(pairs)).toBeCloseTo(erfc(Math.sqrt(3) / Math.SQRT2), 12);
  });

  test("nothing changed is no difference, the same gain everywhere is no chance", () => {
    expect(matchedPairsP([pair(1, 1), pair(2, 2)])).toBe(1);
    expect(matchedPairsP([pair(1, 0), pair(2, 1)])).toBe(0);
    expect(matchedPairsP([pair(1, 0)])).toBe(1);
  });
});

describe("the bootstrap's interval", () => {
  test("holds the difference, and is the same every time", () => {
    const random = new Random(3);
    const pairs = Array.from({ length: 200 }, () =>
      pair(random.next() < 0.3 ? 1 : 0, random.next() < 0.2 ? 1 : 0),
    );
    const found = bootstrapInterval(pairs);
    const difference = pairs.reduce((sum, { before, after }) => sum + after - before, 0) / 2000;
    expect(found.low).toBeLessThan(difference);
    expect(found.high).toBeGreaterThan(difference);
    expect(bootstrapInterval(pairs)).toEqual(found);
    // The normal interval: 1.96 standard errors to each side.
    const z = pairs.map(({ before, after }) => after - before);
    const mean = z.reduce((a, b) => a + b, 0) / 200;
    const sd = Math.sqrt(z.reduce((sum, value) => sum + (value - mean) ** 2, 0) / 200);
    expect((found.high - found.low) / ((2 * 1.96 * sd) / Math.sqrt(200) / 10)).toBeCloseTo(1, 1);
  });

  test("is a point where all utterances changed alike", () => {
    expect(bootstrapInterval([pair(2, 1), pair(3, 2)])).toEqual({ low: -0.1, high: -0.1 });
  });
});
