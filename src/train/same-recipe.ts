/** A resumed run keeps its recipe. */
import { option, sentence, UserError } from "../errors.js";
import type { RecipeOptions } from "../options/recipes.js";
import type { RunRecipe } from "./recipe.js";

/**
 * Checks that a resumed run's recipe is the one that is named.
 * @throws UserError where it is another
 */
export function checkSameRecipe(begun: RunRecipe | undefined, requested: RunRecipe | undefined): void {
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
    JSON.stringify((options as Readonly<Record<string, unknown>>)[name]) ?? "";
  return Object.keys({ ...one, ...other }).find((name) => text(one, name) !== text(other, name));
}
