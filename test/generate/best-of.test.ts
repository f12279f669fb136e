/** Best of n: the samples of generation, in the order of their probabilities. */
import { expect, test } from "vitest";
import { TextModel } from "../../src/apps/text-model.js";
import { bestOf, drawnTexts, ranked } from "../../src/generate/best-of.js";
import { beamSearch } from "../../src/generate/beam-search.js";
import { beginningOf } from "../../src/generate/beginning.js";
import { generate } from "../../src/generate/generate.js";
import { trainTokenizer } from "../../src/text/tokenizers/train-tokenizer.js";
import { randomModel, TEXT } from "./models.js";

const tokenizer = await trainTokenizer("char", [TEXT]);
const lines = await trainTokenizer("char", ["ab\nba\n"], { lines: true });
const model = randomModel(tokenizer);

test("samples are those of generation, their probabilities true, best first", async () => {
  const options = { prompt: "the ", length: 7, seed: 5, samples: 8, temperature: 1.7 };
  const found = await bestOf(model, tokenizer, { ...options, lengthPenalty: 0.6 });
  expect(found).toHaveLength(8);
  const texts = new Map<number, string>();
  for await (const { sample, text } of generate(model, tokenizer, options))
    texts.set(sample, (texts.get(sample) ?? "") + text);
  for (const { sample, text, ids, logProbability, score } of found) {
    expect(text).toBe(texts.get(sample));
    const all = Int32Array.from([beginningOf(tokenizer)!, ...tokenizer.encode("the "), ...ids]);
    const inputs = all.subarray(0, -1);
    const targets = Int32Array.from(all.subarray(1), (id, i) => (i < inputs.length - ids.length ? -1 : id));
    const { nats } = model.evaluate({ T: inputs.length, B: 1, inputs, targets }, model.zeroState(1));
    expect(logProbability).toBeCloseTo(-nats, 8);
    expect(score).toBeCloseTo(-nats / 7 ** 0.6, 8);
  }
  const scores = found.map(({ score }) => score);
  expect(scores).toEqual(scores.toSorted((a, b) => b - a));
});

test("many samples of a small world hold the best text that a search finds, and each text once", async () => {
  const small = randomModel(lines);
  const found = await bestOf(small, lines, { length: 3, seed: 1, samples: 600, lengthPenalty: 0 });
  const [best] = await beamSearch(small, lines, { length: 3, beams: 50, lengthPenalty: 0 });
  expect(found[0]).toMatchObject({ text: best!.text });
  expect(found[0]!.logProbability).toBeCloseTo(best!.logProbability, 9);
  expect(new Set(found.map(({ text }) => text)).size).toBe(found.length);
  expect(found.length).toBeLessThan(600);
});

test("of the same text the better way to write it stays; of equal scores the first that was drawn", () => {
  const drawn = (sample: number, text: string, logProbability: number, tokens = 2) => ({
    sample,
    text,
    logProbability,
    ids: Array.from({ length: tokens }, () => 0),
    done: "length" as const,
  });
  const texts = [
    drawn(0, "b", -3),
    drawn(1, "a", -3),
    drawn(2, "a", -1),
    drawn(3, "c", -1),
    drawn(4, "d", -3, 9),
  ];
  expect(ranked(texts, 1).map(({ sample }) => sample)).toEqual([4, 2, 3, 0]);
  expect(ranked(texts, 0).map(({ sample }) => sample)).toEqual([2, 3, 0, 4]);
  expect(ranked([], 1)).toEqual([]);
});

test("a sample whose drawing was ended is left out; the signal's reason ends all of it", async () => {
  async function* pieces() {
    const piece = { id: 1, logProbability: -1 };
    yield { ...piece, sample: 0, text: "a" };
    yield { ...piece, sample: 1, text: "b", done: "eos" as const };
    yield { ...piece, sample: 0, text: "c" };
  }
  const whole = [];
  for await (const text of drawnTexts(pieces())) whole.push(text);
  expect(whole).toEqual([{ sample: 1, text: "b", ids: [1], logProbability: -1, done: "eos" }]);
  const signal = AbortSignal.abort(new Error("enough"));
  await expect(new TextModel(model, tokenizer).bestOf({ length: 50, signal })).rejects.toThrow("enough");
});

test("what makes no sense is refused", async () => {
  await expect(bestOf(model, tokenizer, { samples: 0 })).rejects.toThrow(/samples is 0; give a whole number/);
  await expect(bestOf(model, tokenizer, { prompts: ["a"] } as never)).rejects.toThrow(
    /bestOf has no option prompts; did you mean prompt/,
  );
  await expect(bestOf(model, tokenizer, { lengthPenalty: -1 })).rejects.toThrow(/lengthPenalty is -1/);
});
