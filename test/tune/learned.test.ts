/** What a study of a known function has learned: importances, values, sentences. */
import { expect, test } from "vitest";
import { learnedOf } from "../../src/tune/learned.js";
import { learnedSentences } from "../../src/tune/learned-words.js";
import { bitsOf, madeStudy } from "./made-study.js";

test("of few trials nothing is said", () => {
  expect(learnedOf(madeStudy(7))).toBeUndefined();
});

test("what the trials cannot tell is said to be so", () => {
  const learned = learnedOf(madeStudy(9))!;
  const spoken = learned.options.filter(({ importance }) => importance >= 0.03);
  const sentences = learnedSentences(learned);
  for (const { name } of spoken)
    expect(sentences.some((sentence) => new RegExp(`(^|, | and )${name}( |,)`).test(sentence))).toBe(true);
});

test("the size matters most, then the cell; the rest is called unimportant", () => {
  const learned = learnedOf(madeStudy(90))!;
  expect(learned).toMatchObject({ trials: 90 });
  expect(learned.options.map(({ name }) => name).slice(0, 2)).toEqual(["hidden", "cell"]);
  const [hidden, cell, ...rest] = learned.options;
  expect(hidden!.importance).toBeGreaterThan(0.6);
  expect(cell!.importance).toBeGreaterThan(0.03);
  for (const { importance } of rest) expect(importance).toBeLessThan(0.03);
  const bits = (value: number): number =>
    Math.exp(hidden!.points.find((point) => point.value === value)!.mean);
  expect(bits(256) / (1.1 * bitsOf({ hidden: 256, cell: "lstm" }))).toBeLessThan(1.06);
  expect(bits(128) / bits(256)).toBeGreaterThan(1.05);

  const sentences = learnedSentences(learned);
  expect(sentences[0]).toMatch(
    /^hidden 256 instead of 128 gains [4-9]\.\d % \(± \d\.\d %\), a pass takes [12]\.\d\d × the time\.$/,
  );
  expect(sentences[1]).toMatch(/^hidden 256 instead of 64 gains 1\d\.\d %/);
  expect(sentences[2]).toMatch(/^hidden above 256 gains nothing here, a pass takes [12]\.\d\d × the time\.$/);
  expect(sentences[3]).toMatch(/^cell lstm instead of gru gains [2-8]\.\d %/);
  expect(sentences.at(-1)).toMatch(/^(lr and clip|clip and lr): little depends on them here\.$/);
});
