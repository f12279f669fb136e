/** Texts and names as they are typed, and commands as they are offered. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { capturedIo, recurra } from "./captured-io.js";

const folder = mkdtempSync(join(tmpdir(), "recurra-typed-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const at = (name: string) => join(folder, name);
const [names, model] = [at("names.txt"), at("names.model")];
const SMALL = ["--hidden", "16", "--batch-size", "4", "--seq-len", "16", "--steps", "10", "--threads", "1"];
const inLines = ["train", names, "--out", model, ...SMALL];

beforeAll(async () => {
  writeFileSync(names, "- Yes\n-5\nanna\\berta\nclara\ttab\n".repeat(40));
  expect((await recurra([...inLines, "--lines"])).code).toBe(0);
});

describe("one rule for backslashes: \\n, \\t and \\\\", () => {
  const typed = String.raw`a\nb\tc\\n\x`;
  const read = "a\nb\tc\\n\\x";

  test("in --prompt", async () => {
    const { out } = await recurra(["generate", model, "--prompt", typed, "--length", "1", "--json"]);
    expect(JSON.parse(out)).toMatchObject({ prompt: read });
  });

  test("in texts to score; standard input stands as it is", async () => {
    const { out } = await recurra(["score", model, typed, "--json"]);
    expect(JSON.parse(out)).toMatchObject({ text: read });
    const piped = await recurra(["score", model, "--json"], capturedIo({ stdin: typed }));
    expect(JSON.parse(piped.out)).toMatchObject({ text: typed });
  });

  test.each(["generate", "score"])("help of %s says so", async (command) => {
    const { out } = await recurra([command, "--help"]);
    expect(out).toMatch(/\\n is a newline, \\t\s+a\s+tab, \\\\\s+a\s+backslash/);
  });
});

test("an empty --stop is told as it was typed", async () => {
  const { code, err } = await recurra(["generate", model, "--stop", "a", "--stop", ""]);
  expect([code, err]).toEqual([2, 'recurra: --stop is ""; give a text that is not empty.\n']);
});

describe("what begins with a dash", () => {
  test.each([
    [["- Yes"], ["- Yes"]],
    [["-5"], ["-5"]],
    [
      ["anna", "- Yes", "--json", "-5"],
      ["anna", "- Yes", "-5"],
    ],
    [
      ["- Yes", "--", "-anna", "--json"],
      ["- Yes", "-anna", "--json"],
    ],
    [["-Yes, he said"], ["-Yes, he said"]],
  ])("%j is scored", async (typed, scored) => {
    const json = typed.includes("--") ? ["--json"] : [];
    const flags = typed.includes("--json") && json.length === 0 ? [] : ["--json"];
    const { code, out, err } = await recurra(["score", model, ...flags, ...typed]);
    expect([code, err]).toEqual([0, ""]);
    const texts = out
      .trimEnd()
      .split("\n")
      .map((line) => (JSON.parse(line) as { text: string }).text);
    expect(texts).toEqual(scored);
  });

  test("and could be a flag: the message says how", async () => {
    const { code, err } = await recurra(["score", model, "-anna"]);
    expect(code).toBe(2);
    expect(err).toMatch(
      /recurra score has no option -anna; .*put -- before a text .* begins with a dash\.$/m,
    );
  });

  test("as the model's and the text's name: the commands that are offered can be pasted", async () => {
    const before = process.cwd();
    process.chdir(folder);
    try {
      writeFileSync("-odd name.txt", "the cat sat on the mat\n".repeat(100));
      const valid = "-held out's.txt";
      writeFileSync(valid, "the cat sat\n".repeat(30));
      const { code, out } = await recurra(["train", "-odd name.txt", "--valid", valid, ...SMALL]);
      expect(code).toBe(0);
      expect(out).toContain("  recurra generate './-odd name.model' --length 300\n");
      expect(out).toContain(`  recurra eval './-odd name.model' './-held out'\\''s.txt'\n`);
      expect((await recurra(["info", "./-odd name.model"])).code).toBe(0);
    } finally {
      process.chdir(before);
    }
  });
});

test("score of a file's name scores the name, and says so", async () => {
  const { code, out, err } = await recurra(["score", model, names]);
  expect([code, err]).toEqual([
    0,
    `Scored the words ${JSON.stringify(names)}; to score the lines of the file: recurra score ${model} - < ${names}\n`,
  ]);
  expect(out).toContain(names);
  expect((await recurra(["score", model, "anna"])).err).toBe("");
});

test("a run of lines offers lines, also where it goes on and nobody typed --lines", async () => {
  const { code, out } = await recurra([...inLines.slice(0, -4), "--steps", "15", "--resume"]);
  expect(code).toBe(0);
  expect(out).toContain("going on from step 10");
  expect(out).toContain(`  recurra generate ${model} -n 20\n`);
});

test("a terminal that says that it has no columns is taken for one of the usual size", async () => {
  const io = capturedIo({ terminal: true });
  Object.assign(io.stdout, { columns: 0, rows: 0 });
  const { code, out } = await recurra([...inLines, "--lines", "--overwrite"], io);
  expect(code).toBe(0);
  expect(out).toContain("held-out loss");
});
