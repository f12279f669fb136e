/** An option that would have no effect is refused, and says what it belongs to. */
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { train } from "../../src/index.js";
import { flagSpelling } from "../../src/cli/flag-spelling.js";
import { UserError } from "../../src/errors.js";
import { TRAIN_OPTIONS } from "../../src/options/train-options.js";
import type { OptionTable } from "../../src/options/description.js";
import { checkOptions } from "../../src/train/check-options.js";
import type { TrainOptions } from "../../src/train/options.js";

const caught = (options: TrainOptions, place?: Parameters<typeof checkOptions>[1]): UserError | undefined => {
  try {
    checkOptions(options, place);
  } catch (error) {
    expect(error).toBeInstanceOf(UserError);
    return error as UserError;
  }
  return undefined;
};

/** Something that each may be. */
const VALUES: Readonly<Record<string, unknown>> = {
  nonlinearity: "relu",
  mogrifierRounds: 6,
  mogrifierRank: 48,
  inputGate: "capped",
  wordMode: "unicode",
  tie: true,
  cutoffs: [2],
  samples: 5,
  mixtures: 2,
  pastDecode: 0.001,
  momentum: 0.9,
  forgetBias: 2,
  warmup: 0.1,
  weightDrop: 0.5,
  dropoutState: 0.5,
  cooldown: 0.2,
  updateRows: "touched",
  average: "tail",
  averageSpan: 0.2,
  averageEvery: 10,
  averageInterval: 3,
};
const BELONGING = Object.entries(TRAIN_OPTIONS as OptionTable).filter(([, { belongsTo }]) => belongsTo);

test("every option that belongs to a word is tried here", () => {
  expect(BELONGING.map(([name]) => name).toSorted()).toEqual(Object.keys(VALUES).toSorted());
});

describe.each(BELONGING)("%s", (name, { belongsTo }) => {
  const [other, words] = Object.entries(belongsTo!)[0]!;
  const rule = (TRAIN_OPTIONS as OptionTable)[other]!.value;
  const all = rule.kind === "word" ? rule.words : [];

  test.each(all)(`with ${other} %s`, (word) => {
    const error = caught({ text: "abc", [name]: VALUES[name], [other]: word });
    if (words.includes(word)) return expect(error).toBeUndefined();
    expect(error).toMatchObject({ option: name });
    expect(error!.message).toMatch(
      new RegExp(`^${name} belongs to ${other}: ${words[0]}.*; leave it out or choose`),
    );
    // A run that goes on has its settings in its checkpoint, and is compared with those.
    expect(caught({ text: "abc", [name]: VALUES[name], [other]: word }, { resumed: true })).toBeUndefined();
  });
});

test("by the default of what it belongs to, spelled as flags are", () => {
  expect(caught({ text: "abc", nonlinearity: "relu" })!.spelled(flagSpelling)).toBe(
    "--nonlinearity belongs to --cell rnn; leave it out or choose rnn.",
  );
});

test("zero and false ask for nothing", () => {
  expect(caught({ text: "abc", momentum: 0, warmup: 0, tie: false, softmax: "adaptive" })).toBeUndefined();
});

test("resume and overwrite need a folder", () => {
  expect(caught({ text: "abc", resume: true })!.spelled(flagSpelling)).toBe(
    "--resume is given without --out; give --out, too, or leave --resume out.",
  );
});

test("also with resume, where there is nothing to go on with", async () => {
  const folder = mkdtempSync(join(tmpdir(), "recurra-belonging-"));
  try {
    const options: TrainOptions = { text: "abcabc".repeat(20), out: join(folder, "new.model"), resume: true };
    await expect(train({ ...options, nonlinearity: "relu" })).rejects.toThrow(
      /nonlinearity belongs to cell: rnn/,
    );
    expect(existsSync(options.out!)).toBe(false);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

test("in a browser, what has to do with files and threads is no option", () => {
  for (const name of [
    "threads",
    "engine",
    "out",
    "resume",
    "overwrite",
    "encoding",
    "field",
    "valid",
    "test",
  ]) {
    const error = caught({ text: "abc", [name]: VALUES[name] ?? "x" } as TrainOptions, { place: "browser" });
    expect(error!.message).toContain(`train has no option ${name}; `);
  }
  expect(caught({ text: "abc", hidden: 3 }, { place: "browser" })).toBeUndefined();
});
