/** `recurra generate --beams`, `--prompts` and `--out`: the same texts as the library's, in the forms of samples. */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { load } from "../../src/apps/load.js";
import { toyText } from "../train/toy-text.js";
import { capturedIo, recurra } from "./captured-io.js";

const folder = mkdtempSync(join(tmpdir(), "recurra-beams-"));
const model = join(folder, "toy.model");
afterAll(() => rmSync(folder, { recursive: true, force: true }));

beforeAll(async () => {
  writeFileSync(join(folder, "toy.txt"), toyText(100));
  const flags = ["--hidden", "16", "--layers", "1", "--steps", "40", "--threads", "1"];
  expect((await recurra(["train", join(folder, "toy.txt"), "--out", model, ...flags])).code).toBe(0);
});

const search = ["generate", model, "--prompt", "the ", "--length", "12", "--beams", "4"];

test("gives the best, or the n best, as text and as JSON", async () => {
  const found = await (await load(model)).beamSearch({ prompt: "the ", length: 12, beams: 4 });
  expect((await recurra(search)).out.trimEnd()).toBe(`the ${found[0]!.text}`.trimEnd());
  const { out } = await recurra([...search, "-n", "3", "--json"]);
  const told = out
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  expect(told.map(({ text }) => text)).toEqual(found.slice(0, 3).map(({ text }) => text));
  expect(told[0]).toMatchObject({
    sample: 0,
    prompt: "the ",
    tokens: 12,
    score: found[0]!.score,
    done: "length",
  });
  const headed = await recurra([...search, "-n", "2"]);
  expect(headed.out).toMatch(/^--- sample 1 of 2 ---\nthe [^]*--- sample 2 of 2 ---\nthe /);
});

test.each([
  [["--temperature", "1"], /--temperature is of drawing, and with --beams nothing is drawn/],
  [["--seed", "1"], /--seed is of drawing/],
  [["-n", "5"], /--samples asks for 5 texts, and 4 beams find at most as many/],
  [["--cache"], /this model follows one/],
])("refuses %j", async (flags, message) => {
  const { code, err } = await recurra([...search, ...flags]);
  expect(code).toBe(2);
  expect(err).toMatch(message);
});

test("refuses a penalty without beams", async () => {
  const { code, err } = await recurra(["generate", model, "--length-penalty", "0.5"]);
  expect([code, err]).toEqual([2, expect.stringMatching(/--length-penalty is given without --beams/)]);
});

const at = (name: string) => join(folder, name);
const options = ["--length", "8", "--seed", "3", "--json"];
const told = (out: string) =>
  out
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as { sample: number; prompt: string; text: string });

test("prompts of a file are answered each, in samples that are those of their seeds, however many at a time", async () => {
  const prompts = Array.from({ length: 70 }, (_value, i) => `the ${i % 7 === 0 ? "" : "a"}`.trimEnd());
  writeFileSync(at("prompts.txt"), `${prompts.join("\n")}\n\n`);
  const all = told(
    (await recurra(["generate", model, "--prompts", at("prompts.txt"), "-n", "2", ...options])).out,
  );
  expect(all).toHaveLength(140);
  const byNumber = all.toSorted((a, b) => a.sample - b.sample);
  expect(byNumber.map(({ prompt }) => prompt)).toEqual(prompts.flatMap((prompt) => [prompt, prompt]));
  for (const number of [0, 1, 68, 139]) {
    const flags = [
      "--prompt",
      prompts[Math.floor(number / 2)]!,
      "--length",
      "8",
      "--seed",
      String(3 + number),
      "--json",
    ];
    const [alone] = told((await recurra(["generate", model, ...flags])).out);
    expect(byNumber[number]!.text).toBe(alone!.text);
  }
});

test("prompts are records, too, and come from standard input; what is written goes to a file", async () => {
  const stdin = '{"prompt":"the \\n"}\n{"prompt":"a"}\n';
  const flags = ["--prompts", "-", "--out", at("written.txt"), "--length", "5", "--beams", "2"];
  const { code, out } = await recurra(["generate", model, ...flags], capturedIo({ stdin }));
  expect([code, out]).toEqual([0, ""]);
  expect(readFileSync(at("written.txt"), "utf8")).toMatch(
    /^--- sample 1 of 2 ---\nthe \n[^]*--- sample 2 of 2 ---\na/,
  );
});

test.each([
  ['{"prompt":"a"}\n{"text":"b"}\n', /prompts\.jsonl, line 2: the record has no text in a field "prompt"/],
  ["a\n", /prompts\.jsonl, line 1: this is not JSON/],
  ["\n\n", /prompts\.jsonl is empty; there is no prompt/],
])("refuses prompts %j", async (content, message) => {
  writeFileSync(at("prompts.jsonl"), content);
  const { code, err } = await recurra([
    "generate",
    model,
    "--prompts",
    at("prompts.jsonl"),
    "--out",
    at("none.txt"),
  ]);
  expect(code).toBe(2);
  expect(err).toMatch(message);
  expect(existsSync(at("none.txt"))).toBe(false);
  const both = await recurra(["generate", model, "--prompts", at("prompts.jsonl"), "--prompt", "a"]);
  expect(both.err).toMatch(/--prompts and --prompt are both given; give one of them/);
});
