/** Drawn lengths of windows: around seqLen, sometimes around half of it, never far from either. */
import { describe, expect, test } from "vitest";
import { drawnStarts, lengthDeviation, longestWindow } from "../../src/text/windows/window-lengths.js";

const lengthsOf = (seqLen: number, total: number): number[] => {
  const starts = drawnStarts(total, seqLen, 11, 3);
  // The last one is what is left.
  return Array.from({ length: starts.length - 2 }, (_, i) => starts[i + 1]! - starts[i]!);
};
const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

test("the deviation is the paper's 5 at its 70, a like part of longer windows, and less in short ones", () => {
  expect([1, 8, 20, 35, 64, 70, 140].map(lengthDeviation)).toEqual([0.25, 2, 5, 5, 5, 5, 10]);
});

describe.each([2, 8, 35, 70, 200])("around %i", (seqLen) => {
  const lengths = lengthsOf(seqLen, seqLen * 20_000);

  test("a twentieth are around the half", () => {
    const border = 0.75 * seqLen;
    const [long, short] = [lengths.filter((T) => T > border), lengths.filter((T) => T <= border)];
    const deviation = lengthDeviation(seqLen);
    // Where the two overlap, or the least length cuts, only the whole is compared.
    if (seqLen >= 70) {
      expect(Math.abs(mean(long) - seqLen)).toBeLessThan(0.1 * deviation);
      expect(Math.abs(mean(short) - seqLen / 2)).toBeLessThan(0.3 * deviation);
      expect(Math.abs(short.length / lengths.length - 0.05)).toBeLessThan(0.01);
      const spread = Math.sqrt(mean(long.map((T) => (T - seqLen) ** 2)));
      expect(Math.abs(spread / deviation - 1)).toBeLessThan(0.1);
    }
    expect(Math.abs(mean(lengths) / (0.975 * seqLen) - 1)).toBeLessThan(seqLen < 9 ? 0.12 : 0.01);
  });

  test("none is shorter than 5, or than seqLen where that is less, or longer than is said", () => {
    const shortest = lengths.reduce((a, b) => Math.min(a, b));
    const longest = lengths.reduce((a, b) => Math.max(a, b));
    expect(shortest).toBeGreaterThanOrEqual(Math.min(5, seqLen));
    expect(longest).toBeGreaterThanOrEqual(seqLen);
    expect(longest).toBeLessThanOrEqual(longestWindow(seqLen));
  });
});

test("the windows end where the stream ends", () => {
  for (let total = 1; total < 200; total++) {
    const starts = drawnStarts(total, 9, 1, total);
    expect([starts[0], starts.at(-1)]).toEqual([0, total]);
    expect(starts.every((start, i) => i === 0 || start > starts[i - 1]!)).toBe(true);
  }
});
