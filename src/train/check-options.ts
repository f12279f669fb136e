/** Checks of a run's options before any text is read. */
import { option, sentence, UserError } from "../errors.js";
import { loadPart } from "../load-part.js";
import { checkBelonging, checkOptions as checkAgainst } from "../options/check.js";
import { offeredIn } from "../options/description.js";
import { TRAIN_OPTIONS } from "../options/train-options.js";
import { checkOneLimit } from "./limits.js";
import type { TrainOptions } from "./options.js";
import type { GivenOptions } from "./recipe.js";

/** How and where a run is started. */
export interface RunPlace {
  /** It goes on from a checkpoint, whose settings decide which options apply. Default: the option `resume`. */
  readonly resumed?: boolean;
  /** Options that are not offered there are refused as unknown. Default "library". */
  readonly place?: "library" | "browser";
}

const TABLES = { library: TRAIN_OPTIONS, browser: offeredIn(TRAIN_OPTIONS, "browser") };

/**
 * Checks names, values, and what goes together; that of a recipe is checked once it is found (`checkedOptions`).
 * @throws UserError for the first wrong option
 */
export function checkOptions(
  options: TrainOptions,
  { resumed = options?.resume ?? false, place = "library" }: RunPlace = {},
): void {
  checkAgainst("train", options, TABLES[place]);
  if ((options.inputs === undefined) === (options.text === undefined)) {
    throw new UserError("Give either files to train on (inputs) or a text, one of the two.");
  }
  if (options.inputs?.length === 0)
    throw new UserError({
      option: "inputs",
      problem: "No text to train on was named",
      advice: "give a file or a folder",
    });
  checkOneLimit(options);
  if (options.resume && options.overwrite) {
    throw new UserError({
      option: "overwrite",
      problem: sentence`${option("resume")} goes on with the model that is there and ${option("overwrite")} replaces it`,
      advice: "give only one",
    });
  }
  if (options.recipe === undefined) checkTogether(options, resumed);
}

/**
 * As `checkOptions`, and looks up the recipe that was named.
 * @param read reads a file of a recipe; undefined where no files are read
 */
export async function checkedOptions(
  options: TrainOptions,
  place: RunPlace = {},
  read?: (path: string) => Promise<unknown>,
): Promise<GivenOptions> {
  checkOptions(options, place);
  const { recipe, ...given } = options;
  if (recipe === undefined) return given;
  const { foundRecipe } = await loadPart(import("./found-recipe.js"));
  const found = await foundRecipe(recipe, given, read);
  checkTogether(found.inForce, place.resumed ?? given.resume ?? false);
  return { ...given, recipe: found };
}

function checkTogether(options: TrainOptions, resumed: boolean): void {
  const known = !resumed && options.from === undefined;
  checkBelonging(known ? options : { ...options, ...NOT_YET }, TRAIN_OPTIONS);
}

/** Options that are compared with what the checkpoint, or the model to begin with, has once that is read. */
const NOT_YET: Readonly<Partial<Record<keyof TrainOptions, undefined>>> = Object.fromEntries(
  Object.entries(TRAIN_OPTIONS)
    .filter(
      ([, description]) =>
        "belongsTo" in description || ("needs" in description && description.needs === "from"),
    )
    .map(([name]) => [name, undefined]),
);
