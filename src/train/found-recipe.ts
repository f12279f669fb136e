/** Finds the recipe that is meant, and checks what it says. Loaded with the first recipe that is named. */
import { UserError } from "../errors.js";
import { nearest } from "../nearest.js";
import { checkBelonging, checkValue, isFileName } from "../options/check.js";
import {
  type Recipe,
  RECIPE_OPTIONS,
  type RecipeName,
  type RecipeOptions,
  RECIPES,
} from "../options/recipes.js";
import { TRAIN_OPTIONS } from "../options/train-options.js";
import { shown } from "../shown.js";
import { checkOneLimit } from "./limits.js";
import { merged } from "./merge-recipe.js";
import type { TrainOptions } from "./options.js";
import type { FoundRecipe } from "./recipe.js";

/** The name of a recipe that has none. */
const OWN = "own";

/**
 * The recipe that is meant.
 * @param given the other options
 * @param read reads a file of one; undefined where no files are read
 * @throws UserError where it says what no recipe can
 */
export async function foundRecipe(
  recipe: string | Recipe,
  given: TrainOptions,
  read?: (path: string) => Promise<unknown>,
): Promise<FoundRecipe> {
  const { name = OWN, options } = await lookedUp(recipe, read);
  return { name, options, ...merged(options, given) };
}

async function lookedUp(recipe: string | Recipe, read?: (path: string) => Promise<unknown>): Promise<Recipe> {
  if (typeof recipe !== "string") return parseRecipe(recipe, "the recipe");
  const { value: rule } = TRAIN_OPTIONS.recipe;
  if (!isFileName(recipe, rule)) return { ...RECIPES[recipe as RecipeName], name: recipe };
  if (!read) {
    throw new UserError({
      option: "recipe",
      problem: `No files are read here, so ${recipe} cannot be`,
      advice: `choose one of ${rule.words.join(", ")}, or give the recipe itself`,
    });
  }
  const name = recipe.replace(/^.*[/\\]/, "").slice(0, -rule.file.ending.length);
  return { name: name === "" ? OWN : name, ...parseRecipe(await read(recipe), recipe) };
}

/** The texts that a recipe may have besides its options. */
const TEXTS = ["name", "purpose", "time", "figure"] as const;
const FIELDS: readonly string[] = [...TEXTS, "options"];

/**
 * A recipe as code gives it, or a file has it; a file may write batchSize, batch_size or batch-size.
 * @param where names it in messages
 * @throws UserError for the first field, option or value that is wrong
 */
export function parseRecipe(value: unknown, where: string): Recipe {
  const recipe = objectIn(value, where, 'a recipe is an object, such as { "options": { "hidden": 200 } }');
  for (const field of Object.keys(recipe)) {
    if (!FIELDS.includes(field)) throw wrong(where, `there is no field ${field}; ${guess(field, FIELDS)}`);
  }
  for (const field of TEXTS) {
    const text = recipe[field];
    if (text !== undefined && (typeof text !== "string" || text === "")) {
      throw wrong(where, `${field} is ${shown(text)}; give a text that is not empty, or leave it out`);
    }
  }
  if (recipe["options"] === undefined) throw wrong(where, 'there are no options; give { "options": { … } }');
  const options = parseOptions(recipe["options"], where);
  const { options: _, ...texts } = recipe;
  return { ...texts, options };
}

function parseOptions(value: unknown, where: string): RecipeOptions {
  const written = objectIn(value, where, 'options are an object, such as { "hidden": 200 }');
  const options: Record<string, unknown> = {};
  for (const [key, given] of Object.entries(written)) {
    const name = key.replaceAll(/[-_]([a-z])/g, (_, letter: string) => letter.toUpperCase());
    if (Object.hasOwn(options, name)) throw wrong(where, `${key} stands twice; write it once`);
    if (!Object.hasOwn(RECIPE_OPTIONS, name)) throw wrong(where, problemOf(key, name));
    said(where, () => checkValue(name, given, RECIPE_OPTIONS[name]!));
    options[name] = given;
  }
  said(where, () => {
    checkOneLimit(options);
    checkBelonging(options, TRAIN_OPTIONS);
  });
  return options;
}

function problemOf(key: string, name: string): string {
  return Object.hasOwn(TRAIN_OPTIONS, name)
    ? `${key} is no part of a recipe; give it with the run`
    : `there is no option ${key}; ${guess(name, Object.keys(RECIPE_OPTIONS))}`;
}

function guess(word: string, known: readonly string[]): string {
  const meant = nearest(word, known);
  return meant === undefined ? `there are ${known.join(", ")}` : `did you mean ${meant}?`;
}

function objectIn(value: unknown, where: string, wanted: string): Readonly<Record<string, unknown>> {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) {
    return value as Readonly<Record<string, unknown>>;
  }
  throw wrong(where, `there is ${shown(value)}; ${wanted}`);
}

/** Lets a check speak; its options are spelled as a recipe has them. */
function said(where: string, check: () => void): void {
  try {
    check();
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    throw wrong(where, error.message.replace(/\.$/, ""));
  }
}

function wrong(where: string, problem: string): UserError {
  const end = problem.endsWith("?") ? "" : ".";
  return new UserError({ option: "recipe", problem: `In ${where}, ${problem}${end}` });
}
