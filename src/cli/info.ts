/** `recurra info`: what computes here, and why; or what a model is and how it became so. */
import type { SetExitCode } from "./errors-to-exit.js";
import { EXIT } from "./exit-codes.js";
import { INFO_COMMAND } from "../options/command-options.js";
import { type Io, sizeOf } from "./io.js";
import { addFlags } from "./option-flags.js";
import type { CommandContext, RecurraCommand } from "./recurra-command.js";
import { jsonLine } from "./visible-text.js";

export function infoCommand(command: RecurraCommand, { io, exit }: CommandContext): void {
  command.argument("[model]", "folder of a model");
  addFlags(command, INFO_COMMAND)
    .addHelpText("after", "\nExamples:\n  recurra info\n  recurra info book.model --json")
    .action(async (folder: string | undefined, { json = false }: { json?: boolean }) => {
      io.stdout.write(
        folder === undefined ? await aboutEngine(json, exit) : await aboutModel(io, folder, json),
      );
    });
}

/** Exit code 2 where nothing can compute. */
async function aboutEngine(json: boolean, exit: SetExitCode): Promise<string> {
  const { engineInfo, engineLines } = await import("./engine-info.js");
  const info = await engineInfo();
  if ("error" in info.engine) exit(EXIT.usage);
  return json ? jsonLine(info) : `${engineLines(info).join("\n")}\n`;
}

async function aboutModel(io: Io, folder: string, json: boolean): Promise<string> {
  const [{ modelInfo, modelLines }, { colorsFor }] = await Promise.all([
    import("./model-info.js"),
    import("./colors.js"),
  ]);
  const info = await modelInfo(folder);
  if (json) {
    const { curves: _, ...facts } = info;
    return jsonLine(facts);
  }
  const size = { width: Math.min(100, sizeOf(io.stdout).columns - 1), height: 6 };
  return `${modelLines(info, size, colorsFor(io.stdout, io.env)).join("\n")}\n`;
}
