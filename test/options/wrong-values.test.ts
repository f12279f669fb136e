/** Every option of every entry of the library, given what it does not take: a sentence that names it, in each spelling. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { flagOf, flagSpelling } from "../../src/cli/flag-spelling.js";
import { makeProgram } from "../../src/cli/program.js";
import { beamSettings } from "../../src/generate/beam-options.js";
import { bestOfSettings } from "../../src/generate/best-of-options.js";
import { CtcDecoder } from "../../src/generate/ctc/ctc-decoder.js";
import { generateSettings } from "../../src/generate/options.js";
import { samplingSettings } from "../../src/generate/sampling-settings.js";
import {
  createEngine,
  evaluateInputs,
  exportProfile,
  createModel,
  LoadedModel,
  load,
  mergeProfiles,
  modelConfig,
  openIndex,
  quantize,
  runStudy,
  similarTokens,
  train,
  trainTokenizer,
  UserError,
} from "../../src/index.js";
import {
  COMMANDS,
  CREATE_ENGINE_OPTIONS,
  defaultOf,
  EMBED_OPTIONS,
  EVALUATE_OPTIONS,
  EXPORT_PROFILE_OPTIONS,
  BEAM_OPTIONS,
  BEST_OF_OPTIONS,
  CTC_OPTIONS,
  GENERATE_OPTIONS,
  INDEX_OPTIONS,
  labelSpelling,
  LEARN_OPTIONS,
  MERGE_PROFILES_OPTIONS,
  LOAD_OPTIONS,
  type OptionDescription,
  type OptionTable,
  QUANTIZE_OPTIONS,
  SAMPLING_OPTIONS,
  STUDY_OPTIONS,
  SIMILAR_TOKEN_OPTIONS,
  TRAIN_OPTIONS,
  TRAIN_TOKENIZER_OPTIONS,
  offeredIn,
} from "../../src/options/index.js";
import { capturedIo } from "../cli/captured-io.js";
import { wrongValues } from "./wrong-values.js";

const folder = mkdtempSync(join(tmpdir(), "recurra-options-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const engine = await createEngine({ engine: "reference" });
const tokenizer = await trainTokenizer("char", ["ab"]);
const model = new LoadedModel(
  createModel(engine, modelConfig({ vocabulary: tokenizer.size, hidden: 4 }), 1),
  tokenizer,
);

type Options = Readonly<Record<string, unknown>>;
/** Every entry that takes options: its table, and a call with some. */
const ENTRIES: Readonly<Record<string, readonly [OptionTable, (options: Options) => unknown]>> = {
  train: [TRAIN_OPTIONS, (options) => train({ text: "abc", ...options } as never)],
  generate: [GENERATE_OPTIONS, (options) => generateSettings(options as never)],
  beamSearch: [BEAM_OPTIONS, (options) => beamSettings(options as never)],
  bestOf: [BEST_OF_OPTIONS, (options) => bestOfSettings(options as never)],
  CtcDecoder: [CTC_OPTIONS, (options) => new CtcDecoder(["a", "<blank>"], {}, options as never)],
  samplingSettings: [SAMPLING_OPTIONS, (options) => samplingSettings(options as never)],
  evaluateInputs: [
    EVALUATE_OPTIONS,
    (options) => evaluateInputs(model, [join(folder, "nothing.txt")], options as never),
  ],
  embed: [EMBED_OPTIONS, (options) => model.embed(["a"], options as never)],
  adapt: [LEARN_OPTIONS, (options) => model.adapt("abab", options as never)],
  mergeProfiles: [
    MERGE_PROFILES_OPTIONS,
    (options) => mergeProfiles(folder, ["a", "b"], { into: "c", ...options } as never),
  ],
  exportProfile: [
    EXPORT_PROFILE_OPTIONS,
    (options) => exportProfile(folder, "a", { out: folder, ...options } as never),
  ],
  openIndex: [INDEX_OPTIONS, (options) => openIndex(model, join(folder, "nothing.txt"), options as never)],
  similarTokens: [SIMILAR_TOKEN_OPTIONS, (options) => similarTokens(model, "a", options as never)],
  load: [LOAD_OPTIONS, (options) => load(join(folder, "no.model"), options as never)],
  quantize: [QUANTIZE_OPTIONS, (options) => quantize(folder, { out: folder, ...options } as never)],
  createEngine: [CREATE_ENGINE_OPTIONS, (options) => createEngine(options as never)],
  runStudy: [
    STUDY_OPTIONS,
    (options) => runStudy({ inputs: ["nothing.txt"], out: join(folder, "study"), ...options } as never),
  ],
  trainTokenizer: [TRAIN_TOKENIZER_OPTIONS, (options) => trainTokenizer("word", ["a b"], options as never)],
};

async function refusal(work: () => unknown): Promise<unknown> {
  try {
    await work();
  } catch (error) {
    return error;
  }
  return undefined;
}

const shown = (value: unknown): string =>
  typeof value === "bigint" ? "10n" : (JSON.stringify(value) ?? String(value));

describe.each(Object.entries(ENTRIES))("%s", (_, [table, call]) => {
  test.each(Object.entries(table))(
    "%s: a wrong value is refused by a sentence that names it",
    async (name, description) => {
      const values = wrongValues(description);
      expect(values.length).toBeGreaterThan(10);
      for (const value of values) {
        const error = await refusal(() => call({ [name]: value }));
        expect(error, `${name}: ${shown(value)}`).toBeInstanceOf(UserError);
        const { option, message } = error as UserError;
        expect([option, message]).toEqual([
          name,
          expect.stringMatching(new RegExp(`^${name} is .*; (give|choose) .*\\.$`)),
        ]);
        const typed = (error as UserError).spelled(flagSpelling);
        expect(typed).toMatch(new RegExp(`^${flagOf(name)} is `));
        expect(
          (error as UserError).spelled(labelSpelling).startsWith(`${labelSpelling({ option: name })} is `),
        ).toBe(true);
      }
    },
  );

  test("what is no object, and a name that nobody knows", async () => {
    for (const options of [null, 5, "x", []] as unknown as Options[]) {
      if (["train", "quantize", "mergeProfiles", "exportProfile", "runStudy"].includes(_)) continue;
      expect(await refusal(() => call(options))).toBeInstanceOf(UserError);
    }
    for (const name of ["xyzzy", "__proto__x", "constructor"]) {
      expect(await refusal(() => call({ [name]: 1 }))).toMatchObject({
        name: "UserError",
        message: expect.stringContaining(`has no option ${name}`),
      });
    }
  });
});

test("train and quantize without an object of options", async () => {
  for (const options of [null, 5, "x", [], undefined] as never[]) {
    expect(await refusal(() => train(options))).toBeInstanceOf(UserError);
    expect(await refusal(() => quantize(folder, options))).toBeInstanceOf(UserError);
  }
  expect(await refusal(() => quantize(folder, {} as never))).toMatchObject({
    message: "quantize needs out.",
  });
});

/** What is typed for a value that is wrong, where there is such a text. */
const TYPED: Readonly<Record<string, readonly string[]>> = {
  number: ["x", "", "1e999", "-1e30", "0x10", "1,5"],
  word: ["", "x", "LSTM!"],
  text: [""],
  texts: [""],
  numbers: ["x", "", "0", "8,", "8,0", "8;9", "8,1.5"],
  ascending: ["", "x", "2,1", "0", "1.5"],
};

describe.each(Object.entries(COMMANDS))("recurra %s", (command, table: OptionTable) => {
  const flags = Object.entries(offeredIn(table, "command line"));
  const typed = flags.flatMap(([name, description]) => {
    const { value } = description;
    const fromZero = value.kind === "numbers" && value.each.min === 0;
    const texts = (TYPED[value.kind] ?? []).filter(
      (text) =>
        !(text === "" && value.kind === "text" && value.empty) &&
        !(fromZero && text.split(",").every((each) => Number(each) >= 0 && each !== "")),
    );
    return texts.map((text): [string, string, OptionDescription] => [name, text, description]);
  });
  test.skipIf(typed.length === 0).each(typed)("%s %j is refused by the flag's name", async (name, text) => {
    const program = await makeProgram(capturedIo(), [command], () => {});
    const argv = [
      command,
      "a",
      "b",
      ...(command === "quantize" || command === "plant" ? ["--out", "x"] : []),
      `${flagOf(name)}=${text}`,
    ];
    const error = await refusal(() => program.parseAsync(argv, { from: "user" }));
    expect(error).toBeInstanceOf(UserError);
    expect((error as UserError).spelled(flagSpelling)).toMatch(
      new RegExp(`^${flagOf(name)} is ".*?"?; |^${flagOf(name)} is `),
    );
  });

  test("help says every flag, and its default", async () => {
    const program = await makeProgram(capturedIo(), [command], () => {});
    const help = program.commands.find((one) => one.name() === command)!.helpInformation();
    const text = help.replaceAll(/\s+/g, " ");
    for (const [name, description] of flags) {
      expect(text).toContain(`${flagOf(name)} `);
      const usual = defaultOf({ [name]: { ...description, defaultBy: {} } }, name);
      if (usual !== undefined && usual !== false) expect(text).toContain(`(default: ${usual}`);
    }
  });
});
