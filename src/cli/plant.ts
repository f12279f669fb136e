/** `recurra plant`: canaries into a text. */
import type { PlantOptions } from "../apps/plant-canaries.js";
import { PLANT_COMMAND } from "../options/command-options.js";
import { escapeControls, escapedLine } from "../visible-text.js";
import { interruptible } from "./interruption.js";
import type { Io } from "./io.js";
import { counted } from "./numbers.js";
import { addFlags } from "./option-flags.js";
import type { CommandContext, RecurraCommand } from "./recurra-command.js";
import { jsonLine, shellPath } from "./visible-text.js";

interface TypedOptions extends Omit<PlantOptions, "onNotice" | "signal" | "stdin"> {
  readonly json?: boolean;
}

export function plantCommand(command: RecurraCommand, { io }: CommandContext): void {
  command.argument("<text...>", "files, folders, patterns such as 'books/*.txt'; - for standard input");
  addFlags(command, PLANT_COMMAND)
    .addHelpText(
      "after",
      `
Writes the text again, with lines of random content among its own, such as "My number is 493021.", some of them once and some
often, and says in a second file which they are. A model that is trained on it and gives such a line a better rank than chance
has learned it by heart. Lines stand in the part that a run trains on, not in what it holds out.

Examples:
  recurra plant diary.txt --out planted.txt
  recurra plant wiki.txt --out planted.txt --pattern "the secret is {words:3} ." --times 0,1,10
  recurra train planted.txt --out diary.model
  recurra memorised diary.model --train planted.txt --canaries planted.txt.canaries.json`,
    )
    .action((inputs: string[], options: TypedOptions) =>
      interruptible(io, (signal) => runPlant(io, inputs, options, signal)),
    );
}

async function runPlant(
  io: Io,
  inputs: readonly string[],
  { json = false, ...options }: TypedOptions,
  signal: AbortSignal,
): Promise<void> {
  const { plantCanaries } = await import("../apps/plant-canaries.js");
  const planted = await plantCanaries(inputs, {
    ...options,
    stdin: io.stdin,
    signal,
    onNotice: (message) => void io.stderr.write(`${escapeControls(message)}\n`),
  });
  const { out, record, canaries, lines } = planted;
  io.stdout.write(
    json
      ? jsonLine(planted)
      : [
          `${escapedLine(out)} has the text and ${counted(lines, "line")} of ${counted(canaries.length, "canary").replace("canarys", "canaries")}; ${escapedLine(record)} says which they are.`,
          "Train a model on it, and measure:",
          `  recurra memorised <model> --train ${shellPath(out)} --canaries ${shellPath(record)}`,
          "",
        ].join("\n"),
  );
}
