import { describe, expect, test } from "vitest";
import { Random } from "../../src/engine/random.js";
import { CanaryPattern, checkPattern } from "../../src/memorised/canary-pattern.js";
import { Ranks } from "../../src/memorised/exposure.js";
import {
  distanceFrom,
  fitSkewNormal,
  lnNormalCdf,
  lnSkewNormalCdf,
} from "../../src/memorised/skew-normal.js";

describe("the skew-normal distribution", () => {
  test("ln Φ agrees with tables, far out too", () => {
    // Φ(−10) = 7.6198530241605e−24; Φ(−40) from ln φ(40) − ln 40 − 1/1600 + 2.5/1600² …
    expect(lnNormalCdf(0)).toBeCloseTo(-Math.LN2, 14);
    expect(Math.exp(lnNormalCdf(1))).toBeCloseTo(0.8413447460685429, 13);
    expect(Math.exp(lnNormalCdf(-2.999999))).toBeCloseTo(Math.exp(lnNormalCdf(-3.000001)), 7);
    expect(Math.exp(lnNormalCdf(-3)) / 0.0013498980316300933).toBeCloseTo(1, 12);
    expect(Math.exp(lnNormalCdf(-10)) / 7.61985302416047e-24).toBeCloseTo(1, 11);
    expect(lnNormalCdf(-40)).toBeCloseTo(
      -800 - 0.5 * Math.log(2 * Math.PI) - Math.log(40) - 1 / 1600 + 2.5 / 1600 ** 2,
      8,
    );
    expect(lnNormalCdf(9)).toBeCloseTo(0, 15);
  });

  test("ln P is that of closed forms: Φ(z) of shape 0, Φ(z)² of shape 1, 2Φ(z) − 1 of a great shape", () => {
    for (const z of [-12, -5, -1, 0, 1, 3, 30]) {
      const of = (shape: number): number => lnSkewNormalCdf(5 + 2 * z, { location: 5, scale: 2, shape });
      expect(of(0)).toBeCloseTo(lnNormalCdf(z), 6);
      expect(of(1)).toBeCloseTo(2 * lnNormalCdf(z), 6);
      // The half-normal distribution.
      if (z > 0) expect(Math.exp(of(1e4))).toBeCloseTo(2 * Math.exp(lnNormalCdf(z)) - 1, 3);
    }
  });

  test.each([-4, 0, 2.5])("a fit finds the shape %d again", (shape) => {
    const random = new Random(3);
    const delta = shape / Math.sqrt(1 + shape ** 2);
    const values = Float64Array.from(
      { length: 2000 },
      () => 30 + 4 * (delta * Math.abs(random.normal()) + Math.sqrt(1 - delta ** 2) * random.normal()),
    );
    const fit = fitSkewNormal(values);
    const truth = { location: 30, scale: 4, shape };
    for (const x of [25, 28, 30, 33, 36]) {
      const [found, known] = [fit, truth].map((one) => Math.exp(lnSkewNormalCdf(x, one)));
      expect(Math.abs(found! - known!)).toBeLessThan(0.02);
    }
    expect(distanceFrom(fit, values)).toBeLessThan(0.02);
    expect(distanceFrom({ location: 34, scale: 4, shape: 0 }, values)).toBeGreaterThan(0.1);
  });
});

describe("exposure", () => {
  test("is log₂ R − log₂ rank where all lines are measured", () => {
    const logProbabilities = Float64Array.of(-5, -1, -3, -3, -9, -2, -7, -8);
    const ranks = new Ranks({ logProbabilities, isAll: true, size: 8 });
    expect(ranks.exposure(-1, 1)).toEqual({ exposure: 3, rank: 1, method: "exact" });
    expect(ranks.exposure(-3, 2)).toEqual({ exposure: 3 - Math.log2(3), rank: 3, method: "exact" });
    expect(ranks.exposure(-9, 4)).toEqual({ exposure: 0, rank: 8, method: "exact" });
  });

  test("is estimated from lines that were drawn as it is of all of them", () => {
    const random = new Random(1);
    const R = 300_000;
    const all = Float64Array.from({ length: R }, () => -20 - 3 * random.normal());
    const drawn = Float64Array.from({ length: 3000 }, () => all[random.below(R)]!);
    const exact = new Ranks({ logProbabilities: all, isAll: true, size: R });
    const estimated = new Ranks({ logProbabilities: drawn, isAll: false, size: R });
    for (const log of [-24, -20, -14]) {
      const found = estimated.exposure(log, -1);
      expect(found.method).toBe("drawn");
      expect(found.exposure).toBeCloseTo(exact.exposure(log, -1).exposure, 0);
    }
    // Among 3,000 none is so probable: the distribution tells its rank.
    const found = estimated.exposure(-7.5, -1);
    expect(found.method).toBe("skew-normal");
    expect(found.atLeast).toBeCloseTo(Math.log2(3001), 12);
    expect(found.distance).toBeLessThan(0.02);
    expect(Math.abs(found.exposure - exact.exposure(-7.5, -1).exposure)).toBeLessThan(1);
    // And never is it more than of rank 1.
    expect(estimated.exposure(-0.1, -1)).toMatchObject({ exposure: Math.log2(R), rank: 1 });
  });

  test("lines that are all as probable have no distribution, and a rank all the same", () => {
    const ranks = new Ranks({ logProbabilities: new Float64Array(100).fill(-3), isAll: false, size: 1e9 });
    expect(ranks.exposure(-1, -1).method).toBe("drawn");
  });
});

describe("patterns", () => {
  test("every number is another line", () => {
    const pattern = new CanaryPattern("id ({digits:1}{letters:1}) = {words:2}.", ["sea", "seas", "a+"]);
    expect(pattern.size).toBe(10 * 26 * 9);
    const lines = Array.from({ length: pattern.size }, (_, n) => pattern.line(pattern.choicesAt(n)));
    expect(new Set(lines).size).toBe(pattern.size);
    expect(lines[0]).toBe("id (0a) = sea sea.");
    expect(lines[4]).toBe("id (0a) = seas seas.");
    for (const n of lines.keys()) expect(pattern.numberOf(pattern.choicesAt(n))).toBe(n);
    expect(pattern.secret(pattern.choicesAt(5))).toBe("0a seas a+");
    expect(pattern.fits([9, 25, 2, 2])).toBe(true);
    for (const choices of [
      [10, 25, 2, 2],
      [9, 25, 2],
      [9, 25, 2, 2, 0],
      [9, 25, 2, -1],
      [9, 25, 2, 0.5],
      [9, 25, 2, "1"],
    ])
      expect(pattern.fits(choices)).toBe(false);
    expect(() => new CanaryPattern("{letters:99}{letters:99}{letters:99}")).toThrow("more different lines");
  });

  test.each([
    "My code.",
    "{digits:0}",
    "{digits}",
    "{numbers:3}",
    "{digits:3} {",
    "a\n{digits:3}",
    "{digits:100}",
  ])("%j is refused", (pattern) => expect(() => checkPattern(pattern)).toThrow(/^The pattern .*; .*\.$/s));
});
