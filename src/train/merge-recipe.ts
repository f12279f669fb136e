/** The options of a run with a recipe: the recipe's own, and above them those that were given. */
import { defaultOf } from "../options/defaults.js";
import type { OptionTable } from "../options/description.js";
import type { RecipeOptions } from "../options/recipes.js";
import { TRAIN_OPTIONS } from "../options/train-options.js";
import { BETWEEN_LAYERS } from "./asked-shapes.js";
import { OF_RUNNING_TEXT } from "./check-running-text.js";
import { LIMITS } from "./limits.js";
import type { TrainOptions } from "./options.js";
import type { FoundRecipe } from "./recipe.js";

/** A recipe's options below those that were given. */
export function merged(
  recipe: RecipeOptions,
  given: TrainOptions,
): Pick<FoundRecipe, "inForce" | "replaced"> {
  const replaced = replacedOptions(recipe, given);
  const kept = Object.entries(recipe).filter(([name]) => !replaced.includes(name));
  const other = Object.entries(given).filter(([, value]) => value !== undefined);
  return { inForce: Object.fromEntries([...kept, ...other]) as TrainOptions, replaced };
}

/** Options that say the same thing in other words: one that is given replaces all of a recipe. */
const ALTERNATIVES: readonly (readonly string[])[] = [LIMITS];
/** An option that stands for others. */
const STANDS_FOR: Readonly<Record<string, readonly string[]>> = {
  dropout: ["dropoutEmbedding", "dropoutBetween", "dropoutOutput"],
};

/** Those of a recipe's options that do not hold beside the given ones. */
function replacedOptions(recipe: RecipeOptions, given: TrainOptions): string[] {
  const { layers, hidden } = given;
  const oneLayer = layers === 1 || (typeof hidden === "object" && hidden.length === 1);
  const isGiven = (name: string): boolean => (given as Values)[name] !== undefined;
  return Object.keys(recipe).filter((name) => {
    if (isGiven(name)) return true;
    if (ALTERNATIVES.some((names) => names.includes(name) && names.some(isGiven))) return true;
    if (Object.entries(STANDS_FOR).some(([other, names]) => isGiven(other) && names.includes(name)))
      return true;
    if (oneLayer && (BETWEEN_LAYERS as readonly string[]).includes(name)) return true;
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
