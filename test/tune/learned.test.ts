/** What a study of a known function has learned: importances, values, sentences. */
import { expect, test } from "vitest";
import { Random, seedOf } from "../../src/engine/random.js";
import { learnedOf } from "../../src/tune/learned.js";
import { learnedSentences } from "../../src/tune/learned-words.js";
import type { StudyHeader, StudyLine } from "../../src/tune/study-lines.js";
import { Study } from "../../src/tune/study.js";
import { drawEvenly, type Setting } from "../../src/tune/space.js";

const HEADER: StudyHeader = {
  type: "study",
  version: 1,
  inputs: ["book.txt"],
  textKey: "text",
  characters: 1e6,
  heldOut: 1e5,
  sampler: "random",
  seed: 1,
  eta: 3,
  rungs: 2,
  length: { unit: "passes", amount: 1 },
  space: {
    cell: ["lstm", "gru"],
    hidden: [64, 128, 256, 512],
    lr: { from: 0.001, to: 0.01, log: true },
    clip: { from: 0.5, to: 2 },
  },
  fixed: {},
  constraints: {},
};

/** Bits a character: 512 gains nothing over 256, which gains over 128; gru is worse; the rate and clip mean nothing. */
const bitsOf = ({ hidden, cell }: Setting): number =>
  2.4 *
  ({ 64: 1.2, 128: 1.1, 256: 1, 512: 1 } as Record<string, number>)[String(hidden)]! *
  (cell === "gru" ? 1.08 : 1);

function studyOf(trials: number): Study {
  const study = new Study(HEADER, "it");
  for (let trial = 0; trial < trials; trial++) {
    const setting = drawEvenly(study.space, new Random(seedOf(1, trial)));
    const lines = [
      { type: "trial", trial, setting, from: "random" },
      ...[0, 1].slice(0, trial % 3 === 0 ? 2 : 1).map((rung) => ({
        type: "measured",
        trial,
        rung,
        bitsPerChar: bitsOf(setting) * (rung === 0 ? 1.1 : 1),
        step: 100,
        tokens: 1e6,
        passes: 3 ** rung,
        seconds: 3 ** rung * 10 * ((setting["hidden"] as number) / 64),
        partial: false,
        curve: [],
      })),
    ];
    for (const line of lines) study.apply({ ...line, spent: trial } as StudyLine);
  }
  return study;
}

test("of few trials nothing is said", () => {
  expect(learnedOf(studyOf(7))).toBeUndefined();
});

test("the size matters most, then the cell; the rest is called unimportant", () => {
  const learned = learnedOf(studyOf(90))!;
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
