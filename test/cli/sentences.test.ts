/** Sentences of the command line that could be misread, or that named what cannot be typed. */
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { counted, share } from "../../src/cli/numbers.js";
import { doneLines, evaluationLine } from "../../src/cli/train-words.js";
import { checkMemory } from "../../src/train/memory-check.js";
import { modelConfig } from "../../src/model/config.js";
import { toyText } from "../train/toy-text.js";
import { capturedIo, recurra } from "./captured-io.js";

const folder = mkdtempSync(join(tmpdir(), "recurra-sentences-"));
const at = (name: string) => join(folder, name);
const [text, model] = [at("toy.txt"), at("toy.model")];
const SMALL = ["--hidden", "16", "--batch-size", "4", "--seq-len", "16", "--threads", "1"];
const STEPS = ["--steps", "20"];
afterAll(() => rmSync(folder, { recursive: true, force: true }));

beforeAll(async () => {
  writeFileSync(text, toyText(200));
  const { code } = await recurra(["train", text, "--out", model, ...SMALL, ...STEPS]);
  expect(code).toBe(0);
  writeFileSync(at("one.txt"), "x");
  mkdirSync(at("odd"));
  symlinkSync("nowhere", at("odd/dangling"));
  mkdirSync(at("models"));
  cpSync(model, at("models/a.model"), { recursive: true });
  const config = readFileSync(join(model, "config.json"), "utf8");
  for (const [name, content] of [
    ["truncated", config.slice(0, 40)],
    ["extra", config.replace("{", '{"extra": 1,')],
    ["list", "[]"],
  ] as const) {
    cpSync(model, at(name), { recursive: true });
    writeFileSync(at(`${name}/config.json`), content);
  }
});

const train = (...flags: string[]): string[] => ["train", text, "--out", at("never.model"), ...flags];

describe("what is wrong is said so that a person can go on", () => {
  test.each<[string, string[], RegExp]>([
    ["dangling link", ["train", at("odd/dangling")], /dangling is a link that leads nowhere; give/],
    [
      "nothing to read",
      ["train", ""],
      /^recurra: The name of a text is empty; give a file, a folder or a pattern\.$/,
    ],
    [
      "one character",
      ["train", at("one.txt")],
      /The text is too short: the part of it to learn from has no character; give a longer/,
    ],
    ["engine", train("--engine", "cuda"), /--engine is "cuda"; choose one of native, wasm, reference\.$/],
    ["twice", train("--hidden", "16", "--hidden", "17"), /--hidden is given twice; give it once\.$/],
    [
      "widths and layers",
      train("--hidden", "16,8", "--layers", "3"),
      /^recurra: --hidden 16,8 is of 2 layers, not of --layers 3; leave out --layers, or give a width for each layer\.$/,
    ],
    [
      "cut-offs",
      train("--softmax", "adaptive", "--cutoffs", "5000"),
      /^recurra: --cutoffs 5000 reaches beyond the vocabulary, which has \d+ tokens; give smaller ones/,
    ],
    [
      "only a model",
      ["train", at("models")],
      /has no text files in it: 1 was passed over: .*a\.model \(a model\); name a file/,
    ],
    [
      "unknown key",
      ["info", at("extra")],
      /key "extra": a model has no such key; restore the file from a copy/,
    ],
    [
      "no object",
      ["info", at("list")],
      /config\.json: it is an empty list, but has to be an object; restore the file/,
    ],
    [
      "truncated",
      ["train", text, "--out", at("truncated"), "--overwrite"],
      /is damaged or not written by recurra/,
    ],
  ])("%s", async (_, argv, sentence) => {
    const { code, err } = await recurra(argv);
    expect(err.trim()).toMatch(sentence);
    expect(code).toBe(2);
    expect(existsSync(at("never.model"))).toBe(false);
  });

  test("large numbers of weights", () => {
    const large = modelConfig({ vocabulary: 100, hidden: 1_000_000, layers: 64 });
    expect(() => checkMemory(2e15, large, 1e9)).toThrow(
      /2000\.0 TB of memory \(\d{3}\.\d trillion weights\)/,
    );
    const small = modelConfig({ vocabulary: 10, hidden: 16 });
    expect(() => checkMemory(2e12, small, 1e9)).toThrow(/\(\d,\d{3} weights\)/);
  });
});

test("options that may be given several times still may", async () => {
  const { code } = await recurra(["generate", model, "--stop", "a", "--stop", "b", "--length", "3"]);
  expect(code).toBe(0);
});

test("a resumed run that was given less than it has says that it had reached its end", async () => {
  const resumed = ["train", text, "--out", model, "--resume"];
  for (const flags of [[], ["--steps", "3"]]) {
    const { code, out } = await recurra([...resumed, ...flags]);
    expect(code).toBe(0);
    expect(out).toContain("had reached its end already");
  }
  const { out } = await recurra([...resumed, "--steps", "22"]);
  expect(out).not.toContain("had reached its end");
});

describe("empty lines are scored as any other", () => {
  test.each<[string, string[], string, number]>([
    ["typed", [""], "", 1],
    ["alone in a pipe", [], "\n", 1],
    ["among others in a pipe", [], "a\n\nb\n", 3],
  ])("%s", async (_, typed, stdin, count) => {
    const { code, out } = await recurra(["score", model, "--json", ...typed], capturedIo({ stdin }));
    expect(code).toBe(0);
    expect(out.trim().split("\n")).toHaveLength(count);
    expect(out).toContain('"text":""');
  });

  test("and an empty pipe has none", async () => {
    const { code, err } = await recurra(["score", model]);
    expect([code, err]).toEqual([
      2,
      "recurra: Standard input is empty: there is no line to score; pipe some in.\n",
    ]);
  });
});

describe("words", () => {
  const measure = {
    natsPerToken: 1,
    perplexity: 2,
    bitsPerChar: 3,
    bitsPerByte: 3,
    accuracy: 0.5,
    tokensPerSecond: 1,
  };

  test("one thing, and several", () => {
    expect([counted(1, "token"), counted(0, "step"), counted(1234, "step")]).toEqual([
      "1 token",
      "0 steps",
      "1,234 steps",
    ]);
  });

  test("a small share is not zero", () => {
    expect([share(0, 9, 1), share(1, 9, 1), share(1, 1e6, 1), share(1, 1e6, 2)]).toEqual([
      "0 %",
      "11.1 %",
      "under 0.1 %",
      "under 0.01 %",
    ]);
    expect(evaluationLine("x", { ...measure, tokens: 1e6, unknown: 1 })).toContain(
      "; under 0.1 % of its tokens",
    );
    expect(evaluationLine("x", { ...measure, tokens: 1e6, unknown: 0 })).not.toContain("unknown");
  });

  test.each([
    [".", "The model is in the current folder. To try it:"],
    ["..", 'The model is in "..". To try it:'],
    ["a.model", "The model is in a.model. To try it:"],
  ])("a model in %s", (out, expected) => {
    const event = { type: "done", reason: "finished", out, step: 1, elapsedSeconds: 1, tokens: 1 } as never;
    const lines = doneLines(event, { program: "recurra", argv: [], lines: false, heldOut: undefined });
    expect(lines).toContain(expected);
    expect(lines[0]).toBe("Finished after 1 step and 1 s.");
  });
});
