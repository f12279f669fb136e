/** `recurra recipes`, and runs with a recipe as they are shown. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { RECIPES } from "../../src/options/recipes.js";
import { RECIPE_NAMES } from "../../src/options/words.js";
import { toyText } from "../train/toy-text.js";
import { recurra } from "./captured-io.js";

const folder = mkdtempSync(join(tmpdir(), "recurra-recipes-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test("lists every recipe with its purpose, its figure and its flags", async () => {
  const { code, out } = await recurra(["recipes"]);
  expect(code).toBe(0);
  expect(out.split("\n").filter((line) => /^\S/.test(line))).toEqual([...RECIPE_NAMES]);
  expect(out.replaceAll(/\s+/g, " ")).toContain(
    "--tokenizer word --cell lstm --layers 2 --tie --softmax full",
  );
  for (const line of out.split("\n")) expect(line.length).toBeLessThanOrEqual(80);
});

test("prints one, and a line of JSON for each", async () => {
  const name = "pytorch-word-lm";
  expect((await recurra(["recipes", name])).out).not.toContain(RECIPE_NAMES[0]);
  const { out } = await recurra(["recipes", "--json"]);
  const lines = out.trim().split("\n");
  expect(lines.map((line) => (JSON.parse(line) as { name: string }).name)).toEqual([...RECIPE_NAMES]);
  expect(JSON.parse(lines[RECIPE_NAMES.indexOf(name)]!)).toMatchObject({
    purpose: RECIPES[name].purpose,
    options: { batch_size: 20, seq_len: 35 },
  });
});

test("a name that there is not is refused", async () => {
  const { code, out, err } = await recurra(["recipes", "pytorch-word"]);
  expect([code, out]).toEqual([2, ""]);
  expect(err).toMatch(
    /^recurra: There is no recipe "pytorch-word" \(did you mean pytorch-word-lm\?\); there are quick, /,
  );
});

test("what is printed of one is a file that train takes, and info shows it", async () => {
  const text = join(folder, "text.txt");
  const file = join(folder, "mine.json");
  const model = join(folder, "model");
  writeFileSync(text, toyText(300));
  writeFileSync(file, (await recurra(["recipes", "pytorch-word-lm", "--json"])).out);
  const flags = ["--out", model, "--hidden", "6", "--embedding", "6", "--batch-size", "2", "--steps", "3"];
  const trained = await recurra(["train", text, "--recipe", file, ...flags]);
  expect(trained.err).toBe("");
  expect(trained.out).toMatch(/^recipe pytorch-word-lm$/m);
  const { out } = await recurra(["info", model]);
  expect(out).toMatch(
    /^recipe {11}pytorch-word-lm: --tokenizer word .*--lr 20 .*; given otherwise: .*--hidden/m,
  );
  const { recipe } = JSON.parse((await recurra(["info", model, "--json"])).out) as {
    recipe: { name: string; replaced: string[]; options: Record<string, unknown> };
  };
  expect(recipe).toMatchObject({ name: "pytorch-word-lm", options: { seq_len: 35, lr: 20 } });
  expect(recipe.replaced).toContain("epochs");
});
