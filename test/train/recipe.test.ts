/** Recipes: what stands above what, what a recipe may say, and that a run's checkpoint keeps its own. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { train } from "../../src/apps/train.js";
import { modelPaths } from "../../src/format/model-folder.js";
import { readMetadata } from "../../src/format/safetensors-file.js";
import { type Recipe, RECIPES, type RecipeOptions } from "../../src/options/recipes.js";
import { RECIPE_NAMES } from "../../src/options/words.js";
import { headerOf } from "../../src/train/read-checkpoint.js";
import { checkedOptions } from "../../src/train/check-options.js";
import type { TrainEvent } from "../../src/train/events.js";
import { parseRecipe } from "../../src/train/found-recipe.js";
import type { TrainOptions } from "../../src/train/options.js";
import { toyText } from "./toy-text.js";

const folder = mkdtempSync(join(tmpdir(), "recurra-recipe-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const TEXT = toyText(60);

test("every recipe of the table may be given, and no option of it is without effect", () => {
  for (const name of RECIPE_NAMES) expect(parseRecipe(RECIPES[name], name)).toEqual(RECIPES[name]);
  expect(Object.keys(RECIPES).toSorted()).toEqual([...RECIPE_NAMES].toSorted());
});

describe("options that are given stand above a recipe's", () => {
  const merged = async (options: RecipeOptions, given: Partial<TrainOptions>) => {
    const found = await checkedOptions({ text: "abc", recipe: { options }, ...given });
    const { text: _text, ...rest } = found.recipe!.inForce;
    return { rest, replaced: found.recipe!.replaced };
  };

  test.each<[string, RecipeOptions, Partial<TrainOptions>, Partial<TrainOptions>, string[]]>([
    ["none given", { hidden: 8, lr: 0.1 }, {}, { hidden: 8, lr: 0.1 }, []],
    ["undefined is not given", { hidden: 8 }, { hidden: undefined } as object, { hidden: 8 }, []],
    ["one by one", { hidden: 8, layers: 2 }, { hidden: 9 }, { hidden: 9, layers: 2 }, ["hidden"]],
    [
      "false and 0, too",
      { tie: true, clip: 1 },
      { tie: false, clip: 0 },
      { tie: false, clip: 0 },
      ["tie", "clip"],
    ],
    ["one limit for another", { epochs: 40, lr: 1 }, { maxMinutes: 2 }, { maxMinutes: 2, lr: 1 }, ["epochs"]],
    [
      "one dropout for all places",
      { dropoutBetween: 0.5, dropoutOutput: 0.4 },
      { dropout: 0.1 },
      { dropout: 0.1 },
      ["dropoutBetween", "dropoutOutput"],
    ],
    [
      "what belongs to another word goes with it",
      { optimizer: "sgd", momentum: 0.9, lr: 20, clip: 0.25 },
      { optimizer: "adamw" },
      { optimizer: "adamw", clip: 0.25 },
      ["optimizer", "momentum", "lr"],
    ],
    [
      "the same word again",
      { optimizer: "sgd", lr: 20 },
      { optimizer: "sgd" },
      { optimizer: "sgd", lr: 20 },
      ["optimizer"],
    ],
    [
      "a word that the recipe leaves open",
      { seqLen: 35, hidden: 8 },
      { tokenizer: "word" },
      { seqLen: 35, hidden: 8, tokenizer: "word" },
      [],
    ],
    [
      "no tied weights of an adaptive softmax",
      { tie: true },
      { softmax: "adaptive" },
      { softmax: "adaptive" },
      ["tie"],
    ],
  ])("%s", async (_, recipe, given, expected, replaced) => {
    expect(await merged(recipe, given)).toEqual({ rest: expected, replaced });
  });

  test("what goes together is checked of both", async () => {
    const recipe: Recipe = { options: { optimizer: "sgd" } };
    await expect(checkedOptions({ text: "abc", recipe, momentum: 0.9 })).resolves.toBeDefined();
    await expect(checkedOptions({ text: "abc", recipe, cutoffs: [5] })).rejects.toThrow(
      /^cutoffs belongs to softmax/,
    );
  });
});

describe("what a recipe cannot say is refused in a sentence", () => {
  test.each<[unknown, RegExp]>([
    [null, /^In a\.json, there is null; a recipe is an object/],
    [[], /^In a\.json, there is an empty list; a recipe is an object/],
    [{}, /^In a\.json, there are no options; give/],
    [{ option: {} }, /^In a\.json, there is no field option; did you mean options\?$/],
    [{ options: 5 }, /^In a\.json, there is 5; options are an object/],
    [{ name: 5, options: {} }, /^In a\.json, name is 5; give a text that is not empty/],
    [{ options: { hiden: 5 } }, /^In a\.json, there is no option hiden; did you mean hidden\?$/],
    [{ options: { "batch-sice": 5 } }, /no option batch-sice; did you mean batchSize\?$/],
    [{ options: { hidden: 0 } }, /^In a\.json, hidden is 0; give a whole number from 1 to 1,000,000, or/],
    [{ options: { cell: "lstn" } }, /^In a\.json, cell is "lstn" \(did you mean lstm\?\); choose one of/],
    [{ options: { batchSize: 5, batch_size: 5 } }, /^In a\.json, batch_size stands twice; write it once\.$/],
    [{ options: { out: "x" } }, /^In a\.json, out is no part of a recipe; give it with the run\.$/],
    [{ options: { recipe: "x" } }, /recipe is no part of a recipe/],
    [{ options: { epochs: 1, steps: 2 } }, /^In a\.json, epochs and steps both limit the run; give only one/],
    [
      { options: { momentum: 0.9 } },
      /^In a\.json, momentum belongs to optimizer: sgd; leave it out or choose sgd\.$/,
    ],
    [JSON.parse('{ "options": { "__proto__": 1 } }'), /no option __proto__/],
  ])("%j", (value, sentence) => {
    expect(() => parseRecipe(value, "a.json")).toThrow(sentence);
    expect(() => parseRecipe(value, "a.json")).toThrow(expect.objectContaining({ name: "UserError" }));
  });

  test("names that there are not, and files where none are read", async () => {
    await expect(train({ text: TEXT, recipe: "pytorch-wordlm" })).rejects.toThrow(
      /^recipe is "pytorch-wordlm" \(did you mean pytorch-word-lm\?\); choose one of quick, .*a JSON file of one, or give a recipe itself/,
    );
    await expect(train({ text: TEXT, recipe: 5 as never })).rejects.toThrow(/^recipe is 5; choose one of/);
    await expect(train({ text: TEXT, recipe: join(folder, "none.json") })).rejects.toThrow(/none\.json/);
    await expect(checkedOptions({ text: TEXT, recipe: "a.json" }, { place: "browser" })).rejects.toThrow(
      /^No files are read here, so a\.json cannot be; choose one of/,
    );
  });
});

describe("a run", () => {
  const file = join(folder, "small.json");
  const options = { hidden: 6, "seq-len": 8, batch_size: 2, optimizer: "sgd", lr: 0.5 };
  writeFileSync(file, JSON.stringify({ purpose: "a test", options }));
  const out = join(folder, "model");
  const run: TrainOptions = { text: TEXT, out, recipe: file, lr: 0.4, steps: 4 };

  test("takes the options of its recipe, and its checkpoint keeps them", async () => {
    const events: TrainEvent[] = [];
    const { model } = await train({ ...run, onEvent: (event) => void events.push(event) });
    expect(model.config.hidden).toBe(6);
    const prepared = events.find((event) => event.type === "prepared");
    expect(prepared).toMatchObject({ recipe: "small", settings: { batchSize: 2, seqLen: 8, lr: 0.4 } });
    const { checkpoint } = modelPaths(out);
    expect(headerOf(await readMetadata(checkpoint), checkpoint).recipe).toEqual({
      name: "small",
      options: { hidden: 6, seqLen: 8, batchSize: 2, optimizer: "sgd", lr: 0.5 },
      replaced: ["lr"],
    });
  });

  test("goes on with the same recipe, or without naming it; not with another", async () => {
    expect((await train({ ...run, resume: true, steps: 6 })).step).toBe(6);
    expect((await train({ text: TEXT, out, resume: true, steps: 8 })).step).toBe(8);
    await expect(train({ text: TEXT, out, resume: true, recipe: "pytorch-word-lm" })).rejects.toThrow(
      "This run was begun with recipe: small and cannot go on with pytorch-word-lm; leave recipe out, as the run keeps what it was begun with, or begin a new run.",
    );
    writeFileSync(file, JSON.stringify({ options: { ...options, lr: 0.6 } }));
    await expect(train({ ...run, resume: true })).rejects.toThrow(
      /^The recipe small says another lr than when this run was begun; /,
    );
  });

  test("a run that was begun without one does not go on with one", async () => {
    const plain = join(folder, "plain");
    const sizes = { hidden: 6, seqLen: 8, batchSize: 2, steps: 2 };
    await train({ text: TEXT, out: plain, ...sizes });
    await expect(train({ text: TEXT, out: plain, resume: true, recipe: { options: sizes } })).rejects.toThrow(
      /^This run was begun without recipe and cannot go on with own; /,
    );
  });
});
