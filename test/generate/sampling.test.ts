/** Sampling: what is drawn how often, what is cut, and hostile logits. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { nativeEngine } from "../../src/engine/native-loader.js";
import { Random } from "../../src/engine/random.js";
import { UserError } from "../../src/errors.js";
import { Sampler } from "../../src/generate/sampling.js";
import { type SamplingOptions, samplingSettings } from "../../src/generate/sampling-settings.js";

const LOGITS = Float64Array.of(1, 3, -2, 3, 0.5, -Infinity, 2, 2.5);

function sampler(options: SamplingOptions, size = LOGITS.length, excluded: number[] = []): Sampler {
  return new Sampler(size, samplingSettings(options), excluded);
}

/** What the docs say, written the slow way: probabilities (V) after every step. */
function expected(
  logits: ArrayLike<number>,
  options: SamplingOptions,
  excluded: number[] = [],
  seen: number[] = [],
): number[] {
  const { temperature, topK, topP, minP, repetitionPenalty: theta } = samplingSettings(options);
  const x = Array.from(logits, (l, id) => {
    if (excluded.includes(id)) return -Infinity;
    if (!seen.includes(id)) return l;
    return l > 0 ? l / theta : l * theta;
  });
  const greatest = Math.max(...x);
  const p = x.map((l) => (l === greatest ? 1 : Math.exp((l - greatest) / temperature)));
  let ranks = [...p.keys()].filter((id) => p[id]! > 0).toSorted((a, b) => p[b]! - p[a]! || a - b);
  ranks = ranks.slice(0, topK);
  const all = ranks.reduce((sum, id) => sum + p[id]!, 0);
  let mass = 0;
  ranks = ranks.filter((id) => {
    const needed = mass < topP * all;
    mass += p[id]!;
    return needed;
  });
  ranks = ranks.filter((id) => p[id]! >= minP);
  const sum = ranks.reduce((s, id) => s + p[id]!, 0);
  return p.map((weight, id) => (ranks.includes(id) ? weight / sum : 0));
}

const CASES: [string, SamplingOptions, number[], number[]][] = [
  ["temperature 1", { temperature: 1 }, [], []],
  ["temperature 2.5", { temperature: 2.5 }, [], []],
  ["temperature 0.3", { temperature: 0.3 }, [], []],
  ["top-k 3", { temperature: 1, topK: 3 }, [], []],
  ["top-k 1, of two equal the lower id", { temperature: 1, topK: 1 }, [], []],
  ["top-p 0.7", { temperature: 1, topP: 0.7 }, [], []],
  ["min-p 0.3", { temperature: 1, minP: 0.3 }, [], []],
  ["repetition penalty 1.8", { temperature: 1, repetitionPenalty: 1.8 }, [], [1, 2, 6]],
  ["excluded tokens", { temperature: 1 }, [1, 0], []],
  ["all of them", { temperature: 1.3, topK: 6, topP: 0.9, minP: 0.2, repetitionPenalty: 1.5 }, [6], [3]],
];

describe("frequencies of draws are the probabilities", () => {
  it.each(CASES)("%s", (_, options, excluded, seen) => {
    const random = new Random(11);
    const draws = 20_000;
    const counts = new Array<number>(LOGITS.length).fill(0);
    const drawing = sampler(options, LOGITS.length, excluded);
    for (let i = 0; i < draws; i++) counts[drawing.draw(LOGITS, random, seen).id]!++;
    for (const [id, p] of expected(LOGITS, options, excluded, seen).entries()) {
      // Five standard deviations; what is cut is never drawn.
      if (p === 0) expect(counts[id]).toBe(0);
      else
        expect(Math.abs(counts[id]! / draws - p)).toBeLessThan(5 * Math.sqrt((p * (1 - p)) / draws) + 1e-9);
    }
  });
});

it("keeps to the stated order of cuts for any logits", () => {
  const settings = fc.record({
    temperature: fc.double({ min: 0.2, max: 3, noNaN: true }),
    topK: fc.option(fc.integer({ min: 1, max: 40 }), { nil: undefined }),
    topP: fc.double({ min: 0.05, max: 1, noNaN: true }),
    minP: fc.double({ min: 0, max: 1, noNaN: true }),
  });
  const logits = fc.array(fc.double({ min: -8, max: 8, noNaN: true }), { minLength: 1, maxLength: 40 });
  fc.assert(
    fc.property(logits, settings, fc.integer(), (values, options, seed) => {
      const possible = expected(values, options);
      const drawing = sampler(options, values.length);
      const random = new Random(seed);
      for (let i = 0; i < 20; i++) {
        expect(possible[drawing.draw(Float64Array.from(values), random).id]).toBeGreaterThan(0);
      }
    }),
    { numRuns: 200, seed: 7 },
  );
});

describe("temperature 0", () => {
  it("takes the most probable, the lowest id of equals, and no random number", () => {
    const random = new Random(5);
    const before = random.state;
    expect(sampler({ temperature: 0 }).draw(LOGITS, random).id).toBe(1);
    expect(sampler({ temperature: 0 }, 8, [1]).draw(LOGITS, random).id).toBe(3);
    expect(sampler({ temperature: 0, repetitionPenalty: 2 }).draw(LOGITS, random, [1, 3]).id).toBe(7);
    expect(random.state).toEqual(before);
  });

  it("is what temperatures near 0 come to", () => {
    const logits = Float64Array.of(0, 5, 4.999, -3);
    for (const temperature of [1e-5, 1e-200, Number.MIN_VALUE]) {
      for (let seed = 0; seed < 20; seed++) {
        expect(sampler({ temperature }, 4).draw(logits, new Random(seed)).id).toBe(1);
      }
    }
  });
});

describe("log-probability", () => {
  it("is the model's own, whatever cuts and temperature do", () => {
    let sum = 0;
    for (const l of LOGITS) sum += Math.exp(l);
    for (const [, options, excluded, seen] of CASES) {
      const { id, logProbability } = sampler(options, 8, excluded).draw(LOGITS, new Random(3), seen);
      expect(logProbability).toBeCloseTo(LOGITS[id]! - Math.log(sum), 12);
    }
  });
});

describe("hostile logits", () => {
  const every: SamplingOptions[] = [
    { temperature: 0 },
    { temperature: 1 },
    { topK: 2 },
    { topP: 0.5 },
    { minP: 0.5 },
  ];

  it("huge ones, and −∞ everywhere but once", () => {
    for (const options of every) {
      const huge = sampler(options, 3).draw(Float64Array.of(-1e308, 1e308, 0), new Random(1));
      expect(huge).toEqual({ id: 1, logProbability: 0 });
      const single = sampler(options, 3).draw(Float64Array.of(-Infinity, -Infinity, -900), new Random(1));
      expect(single).toEqual({ id: 2, logProbability: 0 });
      const infinite = sampler(options, 3).draw(Float64Array.of(2, Infinity, 3), new Random(1));
      expect(infinite).toEqual({ id: 1, logProbability: 0 });
    }
  });

  it("NaN, and nothing possible, are told", () => {
    for (const options of every) {
      expect(() => sampler(options, 2).draw(Float64Array.of(0, NaN), new Random(1))).toThrow(UserError);
      expect(() => sampler(options, 2).draw(Float64Array.of(-Infinity, -Infinity), new Random(1))).toThrow(
        UserError,
      );
      expect(() => sampler(options, 2, [0, 1]).draw(Float64Array.of(1, 2), new Random(1))).toThrow(UserError);
    }
  });

  it("does not change the logits", () => {
    const logits = Float32Array.from(LOGITS);
    sampler({ topP: 0.5, repetitionPenalty: 3 }, 8, [0]).draw(logits, new Random(1), [1, 2]);
    expect(logits).toEqual(Float32Array.from(LOGITS));
  });
});

it("draws from 33,278 tokens as from few", () => {
  const random = new Random(2);
  const logits = Float32Array.from({ length: 33_278 }, () => 3 * random.normal());
  const best = logits.indexOf(Math.max(...logits));
  expect(sampler({ topK: 1 }, logits.length).draw(logits, random).id).toBe(best);
  const twenty = [...logits.keys()].toSorted((a, b) => logits[b]! - logits[a]!).slice(0, 20);
  const top = sampler({ topK: 20, temperature: 5 }, logits.length);
  const drawn = new Set(Array.from({ length: 400 }, () => top.draw(logits, random).id));
  expect([...drawn].toSorted((a, b) => logits[b]! - logits[a]!)).toEqual(twenty);
});

it("refuses settings that make no sense, in one sentence", () => {
  const wrong: SamplingOptions[] = [
    { temperature: -1 },
    { temperature: NaN },
    { temperature: Infinity },
    { topK: 0 },
    { topK: 1.5 },
    { topP: 0 },
    { topP: 1.1 },
    { topP: NaN },
    { minP: -0.1 },
    { minP: 2 },
    { repetitionPenalty: 0 },
    { repetitionPenalty: Infinity },
  ];
  for (const options of wrong) {
    expect(() => samplingSettings(options)).toThrow(UserError);
    expect(() => samplingSettings(options)).toThrow(String(Object.values(options)[0]));
  }
});

it("a large vocabulary: the engine's exponentials give the draws that plain ones give", () => {
  const V = 3000;
  const random = new Random(4);
  const logits = Float32Array.from({ length: V }, () => random.normal() * 2);
  const excluded = [7, logits.indexOf(Math.max(...logits))];
  const seen = [1, 2, 3];
  for (const options of [
    { temperature: 0.8 },
    { temperature: 0 },
    { temperature: 1, topK: 5, repetitionPenalty: 1.3 },
    { temperature: 1.5, topP: 0.5 },
    { temperature: 1, minP: 0.1 },
  ]) {
    const settings = samplingSettings(options);
    const plain = new Sampler(V, settings, excluded);
    const fast = new Sampler(V, settings, excluded, { engine: nativeEngine(1) });
    const [a, b] = [new Random(5), new Random(5)];
    for (let i = 0; i < 200; i++) {
      const [one, other] = [plain.draw(logits, a, seen), fast.draw(logits, b, seen)];
      expect(other.id).toBe(one.id);
      expect(other.logProbability).toBeCloseTo(one.logProbability, 5);
      expect(excluded).not.toContain(one.id);
    }
  }
  const broken = new Sampler(V, samplingSettings(), [], { engine: nativeEngine(1) });
  expect(() =>
    broken.draw(
      logits.map((l, i) => (i === 9 ? Number.NaN : l)),
      random,
    ),
  ).toThrow(/no finite probabilities/);
  const infinite = logits.map((l, i) => (i === 9 ? Infinity : l));
  expect(broken.draw(infinite, random)).toEqual({ id: 9, logProbability: 0 });
});
