/** What a person should know of a text is told while it is trained and measured on, in the library and on a terminal. */
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { UserError } from "../../src/errors.js";
import { LONGEST_SCORED_LINE } from "../../src/text/limits.js";
import { evaluateInputs } from "../../src/apps/evaluate-inputs.js";
import { train } from "../../src/apps/train.js";
import { capturedIo, recurra } from "../cli/captured-io.js";
import { toyText } from "./toy-text.js";

const folder = mkdtempSync(join(tmpdir(), "recurra-notices-"));
const [texts, model] = [join(folder, "texts"), join(folder, "a.model")];
const SMALL = { hidden: 8, embedding: 8, batchSize: 4, seqLen: 16, steps: 3 } as const;
afterAll(() => rmSync(folder, { recursive: true, force: true }));

beforeAll(async () => {
  mkdirSync(texts);
  writeFileSync(join(texts, "a.txt"), toyText(200));
  writeFileSync(join(texts, "b.csv"), "name,age\nanna,7\n");
  writeFileSync(join(texts, "c.bin"), Buffer.from([1, 0, 2]));
  symlinkSync("self", join(texts, "self"));
  await train({ text: toyText(200), out: model, ...SMALL });
});

const PASSED_OVER = `Of the files found, 2 were passed over: ${texts}/c.bin (binary), ${texts}/self (a link that leads to itself).`;
const AS_WRITTEN = expect.stringMatching(/b\.csv is learned as written, header, /) as string;

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

test("a field that nothing has is refused before anything is learned", async () => {
  const field = train({ inputs: [join(texts, "a.txt")], field: "body", ...SMALL });
  await expect(field).rejects.toThrow(UserError);
  await expect(field).rejects.toThrow(/a\.txt is no JSON Lines, so there is no field: body in it/);
  const { code, err } = await recurra(["eval", model, join(texts, "a.txt"), "--field", "body"]);
  expect([code, err]).toEqual([
    2,
    expect.stringMatching(/so there is no --field body in it; leave --field out/),
  ]);
});
