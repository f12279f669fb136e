/** A study of a known function: 512 gains nothing over 256, which gains over 128; gru is worse; rate and clip mean nothing. */
import { Random, seedOf } from "../../src/engine/random.js";
import { drawEvenly, type Setting } from "../../src/tune/space.js";
import type { StudyHeader, StudyLine } from "../../src/tune/study-lines.js";
import { Study } from "../../src/tune/study.js";

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

/** Bits a character at rung 1. */
export const bitsOf = ({ hidden, cell }: Setting): number =>
  2.4 *
  ({ 64: 1.2, 128: 1.1, 256: 1, 512: 1 } as Record<string, number>)[String(hidden)]! *
  (cell === "gru" ? 1.08 : 1);

export function madeStudy(trials: number): Study {
  const study = new Study(HEADER, "it");
  for (let trial = 0; trial < trials; trial++) {
    const setting = drawEvenly(study.space, new Random(seedOf(1, trial)));
    const hidden = setting["hidden"] as number;
    const options = { ...setting, batchSize: 32, seqLen: 64 };
    const sizes = { parameters: hidden ** 2, bytes: 4 * hidden ** 2, latency: hidden / 1000 };
    const lines = [
      { type: "trial", trial, setting, from: "random" },
      { type: "begun", trial, options, steps: 10, ...sizes, vocabulary: 90, tokenizerBytes: 1000 },
      ...[0, 1].slice(0, trial % 3 === 0 ? 2 : 1).map((rung) => ({
        type: "measured",
        trial,
        rung,
        bitsPerChar: bitsOf(setting) * (rung === 0 ? 1.1 : 1),
        step: 100,
        tokens: 1e6,
        passes: 3 ** rung,
        seconds: 3 ** rung * 10 * (hidden / 64),
        partial: false,
        curve: [1, 2, 3].map((step) => ({
          step,
          seconds: 10 * step * 3 ** rung,
          bitsPerChar: 3 - step / 10 - rung / 5,
        })),
      })),
    ];
    for (const line of lines) study.apply({ ...line, spent: trial } as StudyLine);
  }
  return study;
}
