/** The options of a run with a recipe: the recipe's own, and above them those that were given. */
import { defaultOf } from "../options/defaults.js";
import type { OptionTable } from "../options/description.js";
import type { RecipeOptions } from "../options/recipes.js";
import { TRAIN_OPTIONS } from "../options/train-options.js";
import { option, sentence, UserError } from "../errors.js";
import { loadPart } from "../load-part.js";
import type { FoundRecipe } from "./found-recipe.js";
import { LIMITS } from "./limits.js";
import type { TrainOptions } from "./options.js";

/** The options as they were given, with the recipe itself in place of its name. */
export interface GivenOptions extends TrainOptions {
  readonly recipe?: FoundRecipe;
}

/** A run's recipe, as its checkpoint keeps it. */
export interface RunRecipe {
  readonly name: string;
  /** All that it says. */
  readonly options: RecipeOptions;
  /** The names of those that do not hold, as others were given. */
  readonly replaced: readonly string[];
}

/**
 * Looks up the recipe that was named.
 * @param options names and values checked already
 * @param read reads a file of one; undefined where there are no files
 * @throws UserError where there is none of this name, or it says what no recipe can
 */
export async function findRecipe(
  options: TrainOptions,
  read?: (path: string) => Promise<unknown>,
): Promise<GivenOptions> {
  const { recipe, ...rest } = options;
  if (recipe === undefined) return rest;
  const { foundRecipe } = await loadPart(import("./found-recipe.js"));
  return { ...rest, recipe: await foundRecipe(recipe, read) };
}

/** The options in force: a recipe's, but for those that others replace, and all that were given. */
export function withRecipe(options: GivenOptions): TrainOptions {
  const { recipe } = options;
  if (!recipe) return options;
  const replaced = replacedOptions(recipe.options, options);
  const kept = Object.entries(recipe.options).filter(([name]) => !replaced.includes(name));
  const given = Object.entries(options).filter(([, value]) => value !== undefined);
  return Object.fromEntries([...kept, ...given]) as TrainOptions;
}

/** The recipe of a run with these options, for its checkpoint. */
export function runRecipe({ recipe, ...given }: GivenOptions): RunRecipe | undefined {
  if (!recipe) return undefined;
  const { name, options } = recipe;
  return { name, options, replaced: replacedOptions(options, given) };
}

/** Options that say the same thing in other words: one that is given replaces all of a recipe. */
const ALTERNATIVES: readonly (readonly string[])[] = [LIMITS];
/** Options that have no effect on lines. */
export const OF_RUNNING_TEXT = [
  "varySeqLen",
  "rotateStreams",
] as const satisfies readonly (keyof TrainOptions)[];
/** An option that stands for others. */
const STANDS_FOR: Readonly<Record<string, readonly string[]>> = {
  dropout: ["dropoutEmbedding", "dropoutBetween", "dropoutOutput"],
};

/** Those of a recipe's options that do not hold beside the given ones. */
function replacedOptions(recipe: RecipeOptions, given: TrainOptions): string[] {
  const isGiven = (name: string): boolean => (given as Values)[name] !== undefined;
  return Object.keys(recipe).filter((name) => {
    if (isGiven(name)) return true;
    if (ALTERNATIVES.some((names) => names.includes(name) && names.some(isGiven))) return true;
    if (Object.entries(STANDS_FOR).some(([other, names]) => isGiven(other) && names.includes(name)))
      return true;
    if (given.lines && (OF_RUNNING_TEXT as readonly string[]).includes(name)) return true;
    return isOfAnotherWord(name, recipe as Values, given as Values);
  });
}

type Values = Readonly<Record<string, unknown>>;

/**
 * Whether an option goes with a word that was given otherwise: the momentum of a recipe for sgd where adamw is given,
 * and its learning rate, too.
 */
function isOfAnotherWord(name: string, recipe: Values, given: Values): boolean {
  const table: OptionTable = TRAIN_OPTIONS;
  const { belongsTo = {}, defaultBy = {} } = table[name] ?? {};
  const changed = (other: string): boolean =>
    given[other] !== undefined && given[other] !== (recipe[other] ?? defaultOf(table, other, recipe));
  const homeless = Object.entries(belongsTo).some(
    ([other, words]) => changed(other) && !words.includes(String(given[other])),
  );
  return homeless || Object.keys(defaultBy).some((other) => recipe[other] !== undefined && changed(other));
}

/**
 * Checks that a resumed run's recipe is the one that is named.
 * @throws UserError where it is another
 */
export function checkSameRecipe(begun: RunRecipe | undefined, requested: FoundRecipe | undefined): void {
  if (!requested) return;
  const same = begun?.name === requested.name;
  const other = same ? differentOption(begun.options, requested.options) : undefined;
  if (same && other === undefined) return;
  const was = begun ? sentence`with ${option("recipe", begun.name)}` : sentence`without ${option("recipe")}`;
  throw new UserError({
    option: "recipe",
    problem: same
      ? `The recipe ${requested.name} says another ${other} than when this run was begun`
      : sentence`This run was begun ${was} and cannot go on with ${requested.name}`,
    advice: sentence`leave ${option("recipe")} out, as the run keeps what it was begun with, or begin a new run`,
  });
}

function differentOption(one: RecipeOptions, other: RecipeOptions): string | undefined {
  const text = (options: RecipeOptions, name: string): string =>
    JSON.stringify((options as Values)[name]) ?? "";
  return Object.keys({ ...one, ...other }).find((name) => text(one, name) !== text(other, name));
}
