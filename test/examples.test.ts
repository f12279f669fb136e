/** The examples run and print what they promise. */
import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";

const root = fileURLToPath(new URL("..", import.meta.url));
const tsx = ["--import", "tsx", "--conditions", "recurra-source"];

async function run(example: string): Promise<string> {
  const { stdout } = await promisify(execFile)(process.execPath, [...tsx, `examples/${example}.ts`], {
    cwd: root,
  });
  return stdout;
}

test("train and generate", { timeout: 60_000 }, async () => {
  const printed = await run("train-and-generate");
  expect(Number(/held-out: ([\d.]+) bits/.exec(printed)![1])).toBeLessThan(1);
  expect(printed).toMatch(/the (sea|wind|ship|night) is/);
});

test("autocomplete", { timeout: 60_000 }, async () => {
  const printed = await run("autocomplete");
  // Each list begins with a name that begins as was typed, and ends with the least probable.
  for (const typed of ["a", "an", "ann"])
    expect(printed).toMatch(new RegExp(`^${typed}: an(na|ne|nika|drea) [\\d.]+ %, `, "m"));
});

test("score sentences", { timeout: 60_000 }, async () => {
  const bits = [...(await run("score-sentences")).matchAll(/([\d.]+) bits/g)].map((match) =>
    Number(match[1]),
  );
  expect(bits).toHaveLength(2);
  expect(bits[0]!).toBeLessThan(bits[1]!);
});
