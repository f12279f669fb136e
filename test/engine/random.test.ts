import { expect, test } from "vitest";
import { Random, dropoutBits, dropoutKeys } from "../../src/engine/random.js";

test("the state can be saved and set again", () => {
  const a = new Random(7);
  for (let i = 0; i < 10; i++) a.next();
  const saved = a.state;
  const drawn = Array.from({ length: 20 }, () => a.uint32());
  const b = new Random(1);
  b.state = saved;
  expect(Array.from({ length: 20 }, () => b.uint32())).toEqual(drawn);
});

test("seeds that differ in their high half differ", () => {
  const first = (seed: number) => new Random(seed).uint32();
  expect(new Set([0, 1, 2 ** 32, 2 ** 32 + 1, 2 ** 45].map(first)).size).toBe(5);
});

test("uniform and normal numbers have the moments they should", () => {
  const random = new Random(3);
  const n = 100_000;
  const moments = (draw: () => number) => {
    const xs = Array.from({ length: n }, draw);
    const mean = xs.reduce((a, b) => a + b) / n;
    return [mean, xs.reduce((a, x) => a + (x - mean) ** 2, 0) / n] as const;
  };
  const [uniformMean, uniformVariance] = moments(() => random.next());
  expect(uniformMean).toBeCloseTo(0.5, 2);
  expect(uniformVariance).toBeCloseTo(1 / 12, 2);
  const [normalMean, normalVariance] = moments(() => random.normal());
  expect(Math.abs(normalMean)).toBeLessThan(0.015);
  expect(Math.abs(normalVariance - 1)).toBeLessThan(0.03);
  const counts = new Array<number>(6).fill(0);
  for (let i = 0; i < 60_000; i++) counts[random.below(6)]!++;
  for (const count of counts) expect(Math.abs(count - 10_000)).toBeLessThan(500);
});

test("dropout bits: every bit is set half of the time, and streams do not repeat each other", () => {
  const keys = [dropoutKeys(1, 0), dropoutKeys(1, 1), dropoutKeys(2, 0)] as const;
  const n = 20_000;
  for (const key of keys) {
    const set = new Array<number>(32).fill(0);
    for (let i = 0; i < n; i++) {
      const bits = dropoutBits(key, i);
      for (let b = 0; b < 32; b++) set[b]! += (bits >>> b) & 1;
    }
    for (const count of set) expect(Math.abs(count / n - 0.5)).toBeLessThan(0.02);
  }
  let same = 0;
  for (let i = 0; i < n; i++) {
    same += Number(dropoutBits(keys[0], i) < 2 ** 31 === dropoutBits(keys[1], i) < 2 ** 31);
  }
  expect(Math.abs(same / n - 0.5)).toBeLessThan(0.02);
});
