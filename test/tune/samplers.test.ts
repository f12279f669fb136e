/** Samplers: densities, conditions, the same draws for the same seed, and the estimator beside chance. */
import { describe, expect, test } from "vitest";
import { Random, seedOf } from "../../src/engine/random.js";
import { normalBelow, numberDensity, wordDensity } from "../../src/tune/parzen.js";
import { parseSpace } from "../../src/tune/parse-space.js";
import { bestFirst, type Observation, RANDOM_SAMPLER, type Sampler } from "../../src/tune/sampler.js";
import { isActive, type Setting, type Space } from "../../src/tune/space.js";
import { TpeSampler } from "../../src/tune/tpe.js";

const SPACE = parseSpace(
  {
    cell: ["lstm", "gru", "minlstm"],
    hidden: [64, 128, 256, 512, 1024],
    lr: { from: 1e-4, to: 1e-1, log: true },
    dropout: { from: 0, to: 0.9 },
    weightDrop: { from: 0, to: 0.9 },
    batchSize: { from: 8, to: 128, log: true },
  },
  {},
  "the space",
);

/** 0 at its best: gru, 256, a rate of 0.004, dropout 0.3, weight-drop 0.6, any batch. */
function objective({ cell, hidden, lr, dropout, weightDrop }: Setting): number {
  return (
    (cell === "gru" ? 0 : cell === "lstm" ? 0.3 : 1) +
    Math.log2((hidden as number) / 256) ** 2 / 4 +
    Math.log10((lr as number) / 0.004) ** 2 +
    4 * ((dropout as number) - 0.3) ** 2 +
    (weightDrop === undefined ? 0.5 : ((weightDrop as number) - 0.6) ** 2)
  );
}

function search(sampler: Sampler, space: Space, trials: number, seed: number): Observation[] {
  const seen: Observation[] = [];
  for (let trial = 0; trial < trials; trial++) {
    const setting = sampler.suggest(space, seen, new Random(seedOf(seed, trial)));
    seen.push({ setting, rung: 0, loss: objective(setting) });
  }
  return seen;
}

const best = (seen: readonly Observation[]): number => Math.min(...seen.map(({ loss }) => loss));

describe.each([
  ["tpe", new TpeSampler()],
  ["random", RANDOM_SAMPLER],
] as const)("%s", (_name, sampler) => {
  test("the same seed gives the same settings, another one others", () => {
    const settings = (seed: number) => search(sampler, SPACE, 25, seed).map(({ setting }) => setting);
    expect(settings(4)).toEqual(settings(4));
    expect(settings(4)).not.toEqual(settings(5));
  });

  test("every value is allowed, and what has no effect is absent", () => {
    for (const { setting } of search(sampler, SPACE, 200, 1)) {
      for (const parameter of SPACE) {
        const value = setting[parameter.name];
        expect(value !== undefined).toBe(isActive(parameter, setting));
        if (value === undefined) continue;
        if (parameter.kind === "choice") expect(parameter.values).toContain(value);
        else {
          expect(value).toBeGreaterThanOrEqual(parameter.from);
          expect(value).toBeLessThanOrEqual(parameter.to);
          if (parameter.whole) expect(Number.isInteger(value)).toBe(true);
        }
      }
      expect("weightDrop" in setting).toBe(setting["cell"] !== "minlstm");
    }
  });
});

test("of 60 trials the estimator's best is better than chance's, by the median of eleven seeds and on most of them", () => {
  const seeds = Array.from({ length: 11 }, (_, seed) => seed);
  const tpe = seeds.map((seed) => best(search(new TpeSampler(), SPACE, 60, seed)));
  const random = seeds.map((seed) => best(search(RANDOM_SAMPLER, SPACE, 60, seed)));
  const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[5]!;
  expect(median(tpe)).toBeLessThan(0.6 * median(random));
  expect(seeds.filter((seed) => tpe[seed]! < random[seed]!).length).toBeGreaterThanOrEqual(9);
});

test("what came further is better, and what failed worst", () => {
  const seen = [
    { setting: { a: 1 }, rung: 0, loss: 1 },
    { setting: { a: 2 }, rung: 1, loss: 3 },
    { setting: { a: 3 }, rung: -1, loss: Infinity },
    { setting: { a: 4 }, rung: 1, loss: 2 },
  ];
  expect(bestFirst(seen).map(({ setting }) => setting["a"])).toEqual([4, 2, 1, 3]);
});

describe("densities", () => {
  /** ∫ p over [0, 1], by the middle of many parts. */
  const integral = (density: { logDensity(u: number): number }): number => {
    const parts = 20_000;
    let sum = 0;
    for (let i = 0; i < parts; i++) sum += Math.exp(density.logDensity((i + 0.5) / parts)) / parts;
    return sum;
  };

  test("of numbers they sum to 1 and have their greatest where most was seen", () => {
    for (const places of [[], [0.5], [0, 1], [0.2, 0.21, 0.22, 0.9]])
      expect(integral(numberDensity(places))).toBeCloseTo(1, 5);
    const density = numberDensity([0.2, 0.21, 0.22, 0.9]);
    expect(density.logDensity(0.21)).toBeGreaterThan(density.logDensity(0.9));
    expect(density.logDensity(0.9)).toBeGreaterThan(Math.log(1 / 5));
  });

  test("of words: counted, with one for all that were not seen", () => {
    const density = wordDensity([1, 1, 2], 3);
    const p = [0, 1, 2].map((index) => Math.exp(density.logDensity(index)));
    [1 / 12, 7 / 12, 1 / 3].forEach((expected, i) => expect(p[i]).toBeCloseTo(expected, 12));
  });

  test("draws come from them", () => {
    const random = new Random(3);
    const density = numberDensity([0.3, 0.31]);
    const draws = Array.from({ length: 20_000 }, () => density.draw(random));
    const part = draws.filter((u) => u < 0.5).length / draws.length;
    let expected = 0;
    for (let i = 0; i < 5000; i++) expected += Math.exp(density.logDensity((i + 0.5) / 10_000)) / 10_000;
    expect(part).toBeCloseTo(expected, 2);
    const words = wordDensity([1, 1, 2], 3);
    const counts = [0, 0, 0];
    for (let i = 0; i < 12_000; i++) counts[words.draw(random)]!++;
    [1000, 7000, 4000].forEach((n, i) => expect(Math.abs(counts[i]! - n)).toBeLessThan(250));
  });

  test("Φ", () => {
    expect(normalBelow(0)).toBeCloseTo(0.5, 6);
    expect(normalBelow(1.959964)).toBeCloseTo(0.975, 6);
    expect(normalBelow(-1)).toBeCloseTo(0.158655, 6);
  });
});
