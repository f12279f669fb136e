/** The recipe of a run. */
import type { RecipeOptions } from "../options/recipes.js";
import type { TrainOptions } from "./options.js";

/** A run's recipe, as its checkpoint keeps it. */
export interface RunRecipe {
  readonly name: string;
  /** All that it says. */
  readonly options: RecipeOptions;
  /** The names of those that do not hold, as others were given. */
  readonly replaced: readonly string[];
}

/** A recipe that was found, and checked, beside the options that were given. */
export interface FoundRecipe extends RunRecipe {
  /** Those of the recipe, but for the replaced ones, and all that were given. */
  readonly inForce: TrainOptions;
}

/** The options as they were given, with the recipe itself in place of its name. */
export type GivenOptions = Omit<TrainOptions, "recipe"> & { readonly recipe?: FoundRecipe };
