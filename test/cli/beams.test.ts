/** `recurra generate --beams`, `--best-of`, `--prompts` and `--out`: the same texts as the library's, in the forms of samples. */
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
  [
    ["--cache"],
    /With --cache a model follows one text, and --beams reads several side by side; leave one of them out/,
  ],
  [["--dynamic"], /With --dynamic a model follows one text, and --beams/],
  [["--cache-window", "5"], /--cache-window is given without --cache/],
])("refuses %j", async (flags, message) => {
  const { code, err, out } = await recurra([...search, ...flags]);
  expect(code).toBe(2);
  expect(err).toMatch(message);
  // Nothing of a text that does not come, not even its prompt.
  expect(out).toBe("");
});

test("refuses a penalty of nothing that is put in order, and more texts than are drawn", async () => {
  const { code, err } = await recurra(["generate", model, "--length-penalty", "0.5"]);
  expect([code, err]).toEqual([
    2,
    expect.stringMatching(
      /--length-penalty is given without --beams or --best-of; give --beams or --best-of, too, or leave/,
    ),
  ]);
  const many = await recurra(["generate", model, "--best-of", "2", "-n", "3"]);
  expect([many.code, many.err]).toEqual([
    2,
    expect.stringMatching(/--samples asks for 3 texts, and 2 are drawn; ask for fewer, or draw more/),
  ]);
  const both = await recurra([...search, "--best-of", "9"]);
  expect([both.code, both.err]).toEqual([
    2,
    expect.stringMatching(/--best-of is of drawing, and with --beams/),
  ]);
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
  writeFileSync(at("written.txt"), "mine");
  const again = ["generate", model, "--prompt", "a", "--out", at("written.txt"), "--length", "5"];
  const refused = await recurra(again);
  expect([refused.code, refused.out, refused.err]).toEqual([
    2,
    "",
    expect.stringMatching(
      /There is a file .*written\.txt already; choose another name, or replace it with --overwrite/,
    ),
  ]);
  expect(readFileSync(at("written.txt"), "utf8")).toBe("mine");
  expect((await recurra([...again, "--overwrite"])).code).toBe(0);
  expect(readFileSync(at("written.txt"), "utf8")).toMatch(/^a.{4}/s);
  const alone = await recurra(["generate", model, "--prompt", "a", "--overwrite"]);
  expect([alone.code, alone.err]).toEqual([2, expect.stringMatching(/--overwrite is given without --out/)]);
});

test.each([
  ['{"prompt":"a"}\n{"text":"b"}\n', /prompts\.jsonl, line 2: the record has no text in a field "prompt"/],
  ["a\n", /prompts\.jsonl, line 1: this is not JSON/],
  ["\n\n", /prompts\.jsonl has no line with text/],
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

test("the best of many is written for each prompt, with the seed that draws it again", async () => {
  writeFileSync(at("two.jsonl"), '{"prompt":"the "}\n{"prompt":""}\n');
  const flags = ["--prompts", at("two.jsonl"), "--best-of", "12", "-n", "2", "--temperature", "1.3"];
  const { code, out } = await recurra(["generate", model, ...flags, ...options]);
  expect(code).toBe(0);
  const best = told(out) as unknown as { seed: number; text: string; score: number; prompt: string }[];
  const loaded = await load(model);
  const expected = await Promise.all(
    ["the ", ""].map((prompt, p) =>
      loaded.bestOf({ prompt, samples: 12, seed: 3 + 12 * p, length: 8, temperature: 1.3 }),
    ),
  );
  expect(best.map(({ text, score }) => ({ text, score }))).toEqual(
    expected.flatMap((all) => all.slice(0, 2).map(({ text, score }) => ({ text, score }))),
  );
  for (const { seed, text, prompt } of best) {
    const again = ["--prompt", prompt, "--seed", String(seed), "--length", "8", "--temperature", "1.3"];
    expect(told((await recurra(["generate", model, ...again, "--json"])).out)[0]!.text).toBe(text);
  }
});

test("where there are fewer texts than were asked for, this is told and the next prompt's are written", async () => {
  writeFileSync(at("two.txt"), "the\nth\n");
  for (const way of [
    ["--best-of", "9", "--temperature", "0"],
    ["--beams", "99", "--stop", "zzz"],
  ]) {
    const most = way[0] === "--beams" ? "99" : "3";
    const flags = ["--prompts", at("two.txt"), ...way, "-n", most, "--length", "1"];
    const { code, out, err } = await recurra(["generate", model, ...flags]);
    expect(code).toBe(0);
    expect(err).toMatch(
      new RegExp(
        `^There (is|are) only \\d+ (different )?texts? after prompt 1, and ${most} were asked for\\.$`,
        "m",
      ),
    );
    expect(err).toMatch(/after prompt 2/);
    expect(out).toMatch(/^the./m);
    expect(out).toMatch(/\nth(?!e)./);
  }
});
