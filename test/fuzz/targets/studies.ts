/** The record of a study, and the space of one: what is read of them is used as the commands use it. */
import fc from "fast-check";
import { headerLines, learnedLines, tableLines } from "../../../src/cli/study-words.js";
import { parseJson } from "../../../src/format/json.js";
import { Random } from "../../../src/engine/random.js";
import { defaultSpace } from "../../../src/tune/default-space.js";
import { parseSpace } from "../../../src/tune/parse-space.js";
import { parseStudyLines, studyOf } from "../../../src/tune/parse-study.js";
import { drawEvenly, placeOf } from "../../../src/tune/space.js";
import { formatStudyLine, type StudyEvent, type StudyHeader } from "../../../src/tune/study-lines.js";
import { studyReport } from "../../../src/tune/study-report.js";
import { jsonOrBytes, mutated, mutatedJsonFile, mutations } from "../mutations.js";
import { type FuzzTarget, target } from "../target.js";

const HEADER: StudyHeader = {
  type: "study",
  version: 1,
  inputs: ["book.txt"],
  textKey: "text",
  characters: 30_000,
  heldOut: 1000,
  sampler: "tpe",
  seed: 1,
  eta: 2,
  rungs: 2,
  length: { unit: "passes", amount: 0.5 },
  space: { hidden: [8, 16], cell: ["lstm", "gru"], lr: { from: 0.001, to: 0.1, log: true } },
  fixed: { seed: 1, layers: 1 },
  constraints: { maxParameters: 100_000 },
};

function* events(): Generator<StudyEvent> {
  yield { type: "session", at: "2026-01-01", slots: 1, threads: 1, trials: 12 };
  for (let trial = 0; trial < 10; trial++) {
    const setting = {
      hidden: trial % 2 === 0 ? 8 : 16,
      cell: trial % 3 === 0 ? "lstm" : "gru",
      lr: 0.001 * (trial + 1),
    };
    yield { type: "trial", trial, setting, from: trial === 0 ? "first" : "tpe" };
    const options = { ...setting, batchSize: 4, seqLen: 8 } as object;
    const sizes = {
      steps: 10,
      parameters: 1000,
      bytes: 9000,
      latency: 0.1,
      vocabulary: 30,
      tokenizerBytes: 500,
    };
    yield { type: "begun", trial, options, ...sizes };
    const curve = [{ step: 10, seconds: 1, bitsPerChar: 3 }];
    const measured = {
      bitsPerChar: 2 + trial / 10,
      step: 10,
      tokens: 320,
      passes: 0.5,
      seconds: 1,
      partial: false,
      curve,
    };
    yield { type: "measured", trial, rung: 0, ...measured };
  }
  yield { type: "promoted", trial: 0, rung: 1 };
  yield { type: "failed", trial: 0, rung: 1, message: "It diverged." };
  yield { type: "trial", trial: 10, setting: { hidden: 16, cell: "gru", lr: 0.09 }, from: "tpe" };
  yield { type: "refused", trial: 10, constraint: "maxParameters", value: 200_000 };
  yield { type: "finishing", trial: 1 };
  yield { type: "course", trial: 1, steps: 30, cooldown: 0.3 };
  yield {
    type: "finished",
    trial: 1,
    bitsPerChar: 2,
    perplexity: 4,
    accuracy: 0.5,
    step: 30,
    seconds: 2,
    bytes: 9000,
  };
}

const LINES: readonly string[] = [
  formatStudyLine(HEADER),
  ...[...events()].map((event, i) => formatStudyLine({ ...event, spent: i })),
];

const change = fc.oneof(
  fc.record({ bytes: mutations }),
  fc.record({ line: fc.nat(LINES.length - 1), change: jsonOrBytes }),
);

const study = target("study.jsonl", 1500, change, (input) => {
  const lines =
    "bytes" in input
      ? mutated(new TextEncoder().encode(`${LINES.join("\n")}\n`), input.bytes)
      : new TextEncoder().encode(
          `${LINES.map((line, i) => (i === input.line ? Buffer.from(mutatedJsonFile(line, input.change)).toString() : line)).join("\n")}\n`,
        );
  const parsed = parseStudyLines(lines, "study.jsonl");
  if (!parsed) return;
  const read = studyOf(parsed, "study.jsonl");
  headerLines(read.header);
  tableLines(read);
  learnedLines(read);
  JSON.stringify(studyReport(read, "it"));
  const next = read.next(new Set(), 20);
  if (next?.type === "trial")
    for (const parameter of read.space) {
      const value = next.setting[parameter.name];
      if (value !== undefined && placeOf(parameter, value) === undefined && !next.again)
        throw new Error(`it suggests ${String(value)} for ${parameter.name}, which is not allowed`);
    }
});

const SPACE = JSON.stringify({
  ...defaultSpace({ lines: false, characters: 1e6 }),
  clip: { from: 1, to: 5, when: { cell: ["lstm"] } },
});

const space = target("space.json", 2000, jsonOrBytes, (input) => {
  const text = Buffer.from(mutatedJsonFile(SPACE, input)).toString();
  const parsed = parseSpace(parseJson(text, "space.json"), { layers: 2 }, "space.json");
  const random = new Random(1);
  for (let i = 0; i < 5; i++) {
    const setting = drawEvenly(parsed, random);
    for (const parameter of parsed) {
      const value = setting[parameter.name];
      if (value !== undefined && placeOf(parameter, value) === undefined)
        throw new Error(`it draws ${String(value)} for ${parameter.name}, which is not allowed`);
    }
  }
});

export const STUDY_TARGETS: readonly FuzzTarget[] = [study, space];
