/** Sizes that were left open fit the text, however short; where it is too short for any, the sentence speaks of the text. */
import { describe, expect, test } from "vitest";
import { UserError } from "../../src/errors.js";
import { train } from "../../src/apps/train.js";
import type { TrainOptions } from "../../src/train/options.js";
import { planBySize } from "../../src/train/plan.js";
import { chooseSettings, expectedText, fitSettings, type TextSize } from "../../src/train/settings.js";

const quick: Partial<TrainOptions> = { steps: 2, hidden: 8, engine: "reference", threads: 1 };
const PROVERB = "a stitch in time saves nine, and a rolling stone does gather no moss.\n";
const SIXTEEN = "the cat sat on the mat and the dog sat on the log by the door";
const words = (count: number, word: (i: number) => string) =>
  Array.from({ length: count }, (_, i) => word(i));

describe("trained at default sizes", () => {
  const cases: [string, TrainOptions][] = [
    ["70 characters", { text: PROVERB }],
    ["16 words", { text: SIXTEEN, tokenizer: "word" }],
    ["16 long words", { text: words(16, (i) => `incomprehensibility${i % 5}`).join(" "), tokenizer: "word" }],
    ["70 characters of pairs", { text: PROVERB, tokenizer: "bpe" }],
    ["20 characters", { text: "abcabcabcabcabcabcab" }],
    ["two lines", { text: "anna\nberta\n", lines: true }],
    ["few lines, each long", { text: words(4, (i) => `${i}${"ab".repeat(4000)}`).join("\n"), lines: true }],
    ["words of one letter", { text: words(300, (i) => "ab"[i % 2]!).join(" "), tokenizer: "word" }],
    ["a batch of 40 asked for", { text: PROVERB, batchSize: 40 }],
    ["windows of 50 asked for", { text: PROVERB, seqLen: 50 }],
  ];
  test.each(cases)("%s", async (_, options) => {
    const { reason, bestLoss } = await train({ ...quick, ...options });
    expect(reason).toBe("finished");
    expect(Number.isFinite(bestLoss)).toBe(true);
  });
});

describe("really too short", () => {
  const cases: [string, TrainOptions, RegExp][] = [
    ["two characters", { text: "ab" }, /^The text .* give a (longer )?text/],
    ["one character to train on", { text: "a", tokenizer: "bpe" }, /^The text .*; give a (longer )?text/],
    [
      "nothing held out",
      { text: "abcab", hidden: 8 },
      /^The held-out part of the text has .*; give a longer text\.$/,
    ],
  ];
  test.each(cases)("%s", async (_, options, sentence) => {
    const error: unknown = await train({ ...quick, ...options }).catch((failure: unknown) => failure);
    expect(error).toBeInstanceOf(UserError);
    expect((error as UserError).message).toMatch(sentence);
    expect((error as UserError).message).not.toMatch(/batchSize|seqLen|--/);
  });
});

test("what was asked for stays, and is named where the text is too short for it", async () => {
  await expect(train({ ...quick, text: PROVERB, batchSize: 8, seqLen: 9 })).rejects.toThrow(
    /has 63 tokens, and one window of batchSize: 8 and seqLen: 9 needs 73; give more text, or smaller sizes/,
  );
  await expect(train({ ...quick, text: PROVERB, batchSize: 63 })).rejects.toThrow(
    /has 63 tokens, and one window of batchSize: 63 needs 64; give more text, or a smaller size\.$/,
  );
  await expect(train({ ...quick, text: PROVERB, seqLen: 63 })).rejects.toThrow(
    /one window of seqLen: 63 needs 64; give more text, or a smaller size\.$/,
  );
});

test("long texts keep the sizes that were chosen by their length", () => {
  const size = { kind: "char", lines: false, characters: 1e6, vocabulary: 60 } as const;
  const chosen = (options: TrainOptions, text: TextSize) =>
    chooseSettings(planBySize(options, expectedText(text)).options, text, { trainingOperands: "float" });
  const settings = chosen({}, size);
  expect(settings).toMatchObject({ batchSize: 32, seqLen: 64, lr: 0.004, weightDecay: 0.01 });
  expect(fitSettings(settings, {}, { tokens: 1e6, lines: undefined })).toEqual(settings);
  expect(chosen({ optimizer: "sgd" }, size)).toMatchObject({ lr: 1, weightDecay: 0 });
  expect(chosen({}, { ...size, kind: "word" }).seqLen).toBe(35);
});
