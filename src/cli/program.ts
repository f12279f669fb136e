/** The commands of `recurra`. Each loads what it needs only when it runs, so that help comes at once. */
import { createRequire } from "node:module";
import { UserError } from "../errors.js";
import { DEMO_COMMAND } from "../options/command-options.js";
import { type SetExitCode, exitCodeOf } from "./errors-to-exit.js";
import { evalCommand } from "./eval.js";
import { exportCommand } from "./export.js";
import { generateCommand } from "./generate.js";
import { infoCommand } from "./info.js";
import type { Io } from "./io.js";
import { addFlags } from "./option-flags.js";
import { didYouMean } from "./parse-values.js";
import { quantizeCommand } from "./quantize.js";
import { RecurraCommand, isPrintedHelp } from "./recurra-command.js";
import { scoreCommand } from "./score.js";
import { trainCommand } from "./train.js";

/**
 * Runs a command line to its end.
 * @param argv without node and script
 * @returns the exit code: 0; 1 for a bug; 2 for mistakes that a person can correct; 130 when interrupted
 */
export async function run(argv: readonly string[], io: Io): Promise<number> {
  let exitCode = 0;
  const program = makeProgram(io, argv, (code) => (exitCode = code));
  if (argv.length === 0) {
    program.outputHelp();
    return 0;
  }
  try {
    await program.parseAsync([...argv], { from: "user" });
    return exitCode;
  } catch (error) {
    return isPrintedHelp(error) ? 0 : exitCodeOf(error, io);
  }
}

/** The commands, not yet run. */
export function makeProgram(io: Io, argv: readonly string[], setExitCode: SetExitCode): RecurraCommand {
  const program = new RecurraCommand(io, "recurra")
    .description("Recurrent language models: train one on your own text, measure it, write with it.")
    .usage("<command> [options]")
    .version(version(), "-v, --version", "the version")
    .helpCommand(false)
    .addHelpText(
      "after",
      '\nExamples:\n  recurra train book.txt\n  recurra generate book.model --prompt "The sea"\n\nEvery command has its own help: recurra train --help',
    ) as RecurraCommand;
  trainCommand(program, io, argv);
  generateCommand(program, io);
  scoreCommand(program, io);
  evalCommand(program, io);
  infoCommand(program, io, setExitCode);
  quantizeCommand(program, io);
  exportCommand(program, io);
  demoCommand(program, io);
  program
    .command("help")
    .description("help on a command")
    .argument("[command]", "which")
    .action((name: string | undefined) => {
      const known = program.commands.map((command) => command.name());
      const command = program.commands.find((other) => other.name() === name);
      if (name !== undefined && !command) {
        throw new UserError(
          `There is no command ${JSON.stringify(name)}${didYouMean(name, known)}; there are ${known.join(", ")}.`,
        );
      }
      (command ?? program).outputHelp();
    });
  return program;
}

function demoCommand(program: RecurraCommand, io: Io): void {
  const command = program
    .command("demo")
    .description("train on the book in the package for a minute or two, measure, and write");
  addFlags(command, DEMO_COMMAND)
    .addHelpText("after", "\nExamples:\n  recurra demo\n  recurra demo --max-minutes 5 --out moby.model")
    .action(async (options: { threads?: number; out?: string; maxMinutes?: number }) => {
      const { runDemo } = await import("./demo.js");
      await runDemo(io, options);
    });
}

function version(): string {
  const json = createRequire(import.meta.url)("../../package.json") as { version: string };
  return json.version;
}
