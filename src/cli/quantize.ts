/** `recurra quantize`: a model's folder into one of int8 weights. */
import type { EngineName } from "../engine/create.js";
import { QUANTIZE_COMMAND } from "../options/command-options.js";
import { interruptible, whenWritten } from "./interruption.js";
import type { Io } from "./io.js";
import { addFlags } from "./option-flags.js";
import type { CommandContext, RecurraCommand } from "./recurra-command.js";
import { escapedLine } from "../visible-text.js";
import { jsonLine } from "./visible-text.js";

interface TypedOptions {
  readonly out: string;
  readonly overwrite?: boolean;
  readonly threads?: number;
  readonly engine?: EngineName;
  readonly json?: boolean;
}

export function quantizeCommand(command: RecurraCommand, { io }: CommandContext): void {
  command.argument("<model>", "folder of a model");
  addFlags(command, QUANTIZE_COMMAND)
    .addHelpText(
      "after",
      `
The matrices become int8 with one float32 scale a row; biases stay float32. eval, score, generate and info take the
new folder as any other; it cannot be trained.

Examples:
  recurra quantize book.model --out book-int8.model
  recurra quantize wiki.model --out wiki-int8.model --overwrite`,
    )
    .action((folder: string, options: TypedOptions) =>
      interruptible(io, () => runQuantize(io, folder, options), whenWritten(io)),
    );
}

async function runQuantize(
  io: Io,
  folder: string,
  { json = false, ...options }: TypedOptions,
): Promise<void> {
  const [{ quantize }, { formatBytes }] = await Promise.all([
    import("../apps/quantize.js"),
    import("../train/memory-estimate.js"),
  ]);
  const result = await quantize(folder, options);
  const { out, bytesBefore, bytesAfter, notCarried = [] } = result;
  if (notCarried.length > 0)
    io.stderr.write(
      `What was tuned for ${escapedLine(folder)} (${notCarried.join(", ")}) is not carried over: it was found for the weights as they were. Tune the new model with recurra eval --tune.\n`,
    );
  const share = ((bytesAfter / bytesBefore) * 100).toFixed(1);
  io.stdout.write(
    json
      ? jsonLine(result)
      : `weights: ${formatBytes(bytesBefore)} before, ${formatBytes(bytesAfter)} after (${share} %), in ${escapedLine(out)}\n`,
  );
}
