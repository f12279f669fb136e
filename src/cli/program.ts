/** The program `recurra`: its commands, of which only the one that is named is loaded, so that help comes at once. */
import { createRequire } from "node:module";
import { UserError } from "../errors.js";
import { COMMANDS, namedCommand } from "./commands.js";
import { type SetExitCode, exitCodeOf } from "./errors-to-exit.js";
import type { Io } from "./io.js";
import { didYouMean } from "./parse-values.js";
import { RecurraCommand, isPrintedHelp } from "./recurra-command.js";

/**
 * Runs a command line to its end.
 * @param argv without node and script
 * @returns the exit code: 0; 1 for a bug; 2 for mistakes that a person can correct; 130 when interrupted
 */
export async function run(argv: readonly string[], io: Io): Promise<number> {
  let exitCode = 0;
  const program = await makeProgram(io, argv, (code) => (exitCode = code));
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

/** The program, not yet run; of its commands the one that `argv` names has its arguments and flags. */
export async function makeProgram(
  io: Io,
  argv: readonly string[],
  exit: SetExitCode,
): Promise<RecurraCommand> {
  const program = new RecurraCommand(io, "recurra")
    .description("Recurrent language models: train one on your own text, measure it, write with it.")
    .usage("<command> [options]")
    .version(version(), "-v, --version", "the version")
    .helpCommand(false)
    // What follows a command's name is that command's, also where a command of its own has options of the same names.
    .enablePositionalOptions()
    .addHelpText(
      "after",
      '\nExamples:\n  recurra train book.txt\n  recurra generate book.model --prompt "The sea"\n\nEvery command has its own help: recurra train --help',
    ) as RecurraCommand;
  program.configureHelp({ subcommandTerm: (command) => `${command.name()} ${command.usage()}` });
  const named = namedCommand(argv);
  for (const { name, usage, description, load } of COMMANDS) {
    const command = program.command(name).usage(usage).description(description);
    if (name === named) (await load())(command as RecurraCommand, { io, argv, exit });
  }
  program
    .command("help")
    .usage("[command]")
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

function version(): string {
  const json = createRequire(import.meta.url)("../../package.json") as { version: string };
  return json.version;
}
