/** `recurra generate --beams`: the same texts as the library's, in the forms of samples. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { load } from "../../src/apps/load.js";
import { toyText } from "../train/toy-text.js";
import { recurra } from "./captured-io.js";

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
