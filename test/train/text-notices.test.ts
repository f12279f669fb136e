/** What a person should know of a text is told while it is trained and measured on, in the library and on a terminal. */
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { UserError } from "../../src/errors.js";
import { LONGEST_SCORED_LINE } from "../../src/text/limits.js";
import { evaluateInputs } from "../../src/apps/evaluate-inputs.js";
import { train } from "../../src/apps/train.js";
import type { TrainEvent } from "../../src/train/events.js";
import type { TrainOptions } from "../../src/train/options.js";
import { capturedIo, recurra } from "../cli/captured-io.js";
import { toyText } from "./toy-text.js";

const folder = mkdtempSync(join(tmpdir(), "recurra-notices-"));
const [texts, model] = [join(folder, "texts"), join(folder, "a.model")];
const SMALL = { hidden: 8, embedding: 8, batchSize: 4, seqLen: 16, steps: 3 } as const;
afterAll(() => rmSync(folder, { recursive: true, force: true }));

beforeAll(async () => {
  mkdirSync(texts);
  writeFileSync(join(texts, "a.txt"), toyText(200));
  writeFileSync(join(texts, "b.json"), '{"name": "anna"}\n');
  writeFileSync(join(texts, "c.bin"), Buffer.from([1, 0, 2]));
  symlinkSync("self", join(texts, "self"));
  await train({ text: toyText(200), out: model, ...SMALL });
});

const PASSED_OVER = `Of the files found, 2 were passed over: ${texts}/c.bin (binary), ${texts}/self (a link that leads to itself).`;
const AS_WRITTEN = expect.stringMatching(/b\.json is learned as written, braces and keys /) as string;

test("train tells of files that are passed over or learned as they stand, and of what stands in the text", async () => {
  const notices: string[] = [];
  await train({
    inputs: [texts],
    ...SMALL,
    onEvent: (event) => void (event.type === "notice" && notices.push(event.message)),
  });
  expect(notices).toEqual([PASSED_OVER, AS_WRITTEN]);
  notices.splice(0);
  await train({
    text: `a <eos>\n${toyText(100)}`,
    tokenizer: "word",
    ...SMALL,
    onEvent: (event) => void (event.type === "notice" && notices.push(event.message)),
  });
  expect(notices).toEqual([expect.stringMatching(/^<eos> stands in the text as a word once: it is read as/)]);
});

test("evaluation tells it too", async () => {
  const { model: trained } = await train({ text: toyText(100), ...SMALL });
  const notices: string[] = [];
  await evaluateInputs(trained, [texts], { onNotice: (message) => void notices.push(message) });
  expect(notices).toEqual([PASSED_OVER, AS_WRITTEN]);
});

test("on a terminal it stands on standard error", async () => {
  const { code, out, err } = await recurra(["eval", model, texts, "--json"]);
  expect(code).toBe(0);
  expect(JSON.parse(out)).toHaveProperty("tokens");
  expect(err.trimEnd().split("\n")).toEqual([PASSED_OVER, AS_WRITTEN]);
});

test("a line of standard input that is too long to be scored is refused, with its number", async () => {
  const stdin = `the cat\n${"x".repeat(LONGEST_SCORED_LINE + 1)}\n`;
  const { code, err } = await recurra(["score", model, "-", "--json"], capturedIo({ stdin }));
  expect(code).toBe(2);
  expect(err).toMatch(/standard input, line 2: the line has more than 1,048,576 characters, too many/);
});

test("how files are read is not said where there are none", async () => {
  const text = toyText(100);
  await expect(train({ text, field: "body", ...SMALL })).rejects.toThrow(
    "field is for reading files, but the text is given as a string; leave it out.",
  );
  await expect(train({ text, encoding: "latin1", ...SMALL })).rejects.toThrow(
    /^encoding is for reading files/,
  );
  const { model: measured } = await train({
    text,
    encoding: "latin1",
    valid: [join(texts, "a.txt")],
    ...SMALL,
  });
  expect(measured.tokenizer.kind).toBe("char");
});

describe("a text to measure on that is trained on, too", () => {
  const said = async (options: TrainOptions): Promise<string[]> => {
    const notices: string[] = [];
    const onEvent = (event: TrainEvent) => void (event.type === "notice" && notices.push(event.message));
    await train({ ...SMALL, ...options, onEvent });
    return notices;
  };
  const trained = join(folder, "trained.txt");
  const file = (name: string, text: string): string => {
    writeFileSync(join(folder, name), text);
    return join(folder, name);
  };
  beforeAll(() => writeFileSync(trained, toyText(200)));

  test("is told, wherever it stands in it and however it is cut", async () => {
    const whole = toyText(200);
    const cases: readonly [string, string][] = [
      ["all", whole],
      ["from the middle of a line", whole.slice(1003, 2507)],
      ["between others", `${toyText(10, 7)}${whole.slice(500, 2500)}${toyText(10, 8)}`],
    ];
    for (const [name, text] of cases) {
      const [notice, ...more] = await said({ inputs: [trained], valid: [file(`${name}.txt`, text)] });
      expect(notice, name).toMatch(
        /^About \d+ % of the held-out text stand in the training text, too: .*; give one/,
      );
      expect(more).toEqual([]);
    }
    const tested = await said({ inputs: [trained], test: [file("test.txt", whole.slice(700, 1700))] });
    expect(tested).toEqual([expect.stringMatching(/^About \d+ % of the test text stand/)]);
  });

  test("is not, where most of it is new", async () => {
    const valid = [file("new.txt", toyText(100, 9))];
    expect(await said({ inputs: [trained], valid, test: valid })).toEqual([]);
    const mixed = [file("mixed.txt", `${toyText(100, 9)}${toyText(40)}`)];
    expect(await said({ inputs: [trained], valid: mixed })).toEqual([]);
    // Too short to tell.
    expect(await said({ inputs: [trained], valid: [file("short.txt", toyText(2))] })).toEqual([]);
  });

  test("lines count as they are, in whatever order", async () => {
    const names = (from: number, count: number) => Array.from({ length: count }, (_, i) => `name${from + i}`);
    const list = file("names.txt", names(0, 100).join("\n"));
    const same = [file("same.txt", names(20, 30).toReversed().join("\n"))];
    const other = [file("other.txt", [...names(90, 10), ...names(200, 20)].join("\n"))];
    const lines = { inputs: [list], lines: true } as const;
    expect(await said({ ...lines, valid: same })).toEqual([
      expect.stringMatching(/^About 100 % of the held-out text/),
    ]);
    expect(await said({ ...lines, valid: other })).toEqual([]);
  });

  test("on a terminal it is told as other notices are, and as an event of --json", async () => {
    const argv = ["train", trained, "--valid", trained, "--out", join(folder, "told.model"), "--steps", "2"];
    const sizes = ["--hidden", "8", "--seq-len", "8", "--overwrite"];
    const told = /^About 100 % of the held-out text stand in the training text/m;
    expect((await recurra([...argv, ...sizes])).out).toMatch(told);
    const events = (await recurra([...argv, ...sizes, "--json"])).out
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line) as object);
    expect(events).toContainEqual({ type: "notice", message: expect.stringMatching(told) as string });
  });
});

test("a field that nothing has is refused before anything is learned", async () => {
  const field = train({ inputs: [join(texts, "a.txt")], field: "body", ...SMALL });
  await expect(field).rejects.toThrow(UserError);
  await expect(field).rejects.toThrow(/a\.txt is no table, so there is no field: body in it/);
  const { code, err } = await recurra(["eval", model, join(texts, "a.txt"), "--field", "body"]);
  expect([code, err]).toEqual([
    2,
    expect.stringMatching(/so there is no --field body in it; leave --field out/),
  ]);
});
