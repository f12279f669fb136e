/** `recurra recipes`: the recipes there are, and what they set. */
import { UserError } from "../errors.js";
import { RECIPES_COMMAND } from "../options/command-options.js";
import type { Recipe, RecipeName } from "../options/recipes.js";
import { RECIPE_NAMES } from "../options/words.js";
import { optionFlags } from "./flag-spelling.js";
import { type Io, sizeOf } from "./io.js";
import { addFlags } from "./option-flags.js";
import { didYouMean } from "./parse-values.js";
import type { CommandContext, RecurraCommand } from "./recurra-command.js";
import { jsonLine, wrapped } from "./visible-text.js";

export function recipesCommand(command: RecurraCommand, { io }: CommandContext): void {
  command.argument("[name]", "of one recipe");
  addFlags(command, RECIPES_COMMAND)
    .addHelpText(
      "after",
      `
A recipe is a set of options for recurra train, which each flag that is given stands above. What --json prints of one
is a file that --recipe takes, too: change it, and it is your own.

Examples:
  recurra train wiki.txt --recipe pytorch-word-lm --max-minutes 30
  recurra recipes pytorch-word-lm --json > mine.json
  recurra train wiki.txt --recipe mine.json`,
    )
    .action(async (name: string | undefined, { json = false }: { json?: boolean }) => {
      const known: readonly string[] = RECIPE_NAMES;
      if (name !== undefined && !known.includes(name)) {
        throw new UserError(
          `There is no recipe ${JSON.stringify(name)}${didYouMean(name, known)}; there are ${known.join(", ")}.`,
        );
      }
      await listRecipes(io, (name === undefined ? RECIPE_NAMES : [name]) as readonly RecipeName[], json);
    });
}

async function listRecipes(io: Io, names: readonly RecipeName[], json: boolean): Promise<void> {
  const { RECIPES } = await import("../options/recipes.js");
  const { columns } = sizeOf(io.stdout, 100);
  const texts = names.map((name) =>
    json ? jsonLine({ name, ...RECIPES[name] }) : `${recipeLines(name, RECIPES[name], columns).join("\n")}\n`,
  );
  io.stdout.write(texts.join(json ? "" : "\n"));
}

const INDENT = "  ";

function recipeLines(name: string, { purpose, time, figure, options }: Recipe, columns: number): string[] {
  const facts = [purpose, time && `Time: ${time}`, figure && `Reaches: ${figure}`, optionFlags(options)];
  const lines = facts.flatMap((fact) => (fact ? wrapped(fact, columns - INDENT.length).split("\n") : []));
  return [name, ...lines.map((line) => INDENT + line)];
}
