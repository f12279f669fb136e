/** A commander command whose complaints are one clear sentence each, with the nearest known word. */
import { Command, CommanderError, type ErrorOptions } from "commander";
import { UserError } from "../errors.js";
import type { SetExitCode } from "./errors-to-exit.js";
import { type Io, sizeOf } from "./io.js";
import { didYouMean } from "./parse-values.js";

/** What a command may use besides what was typed for it. */
export interface CommandContext {
  readonly io: Io;
  /** All that was typed. */
  readonly argv: readonly string[];
  readonly exit: SetExitCode;
}

/** Words that may be a flag: `-n`, `-n5`, `--lines`, `--out=a b`. */
const FLAG = /^--?[a-z][\w-]*(=[^]*)?$/i;

export class RecurraCommand extends Command {
  readonly #io: Io;

  constructor(io: Io, name: string) {
    super(name);
    this.#io = io;
    this.exitOverride();
    this.configureOutput({
      writeOut: (text) => void io.stdout.write(text),
      writeErr: (text) => void io.stderr.write(text),
      getOutHelpWidth: () => Math.min(110, sizeOf(io.stdout, 100).columns),
      getOutHasColors: () => false,
    });
    this.showSuggestionAfterError(false);
    this.helpOption("-h, --help", "this help");
  }

  override createCommand(name = ""): RecurraCommand {
    return new RecurraCommand(this.#io, name);
  }

  /**
   * Commander takes whatever begins with a dash, and all after it, for unknown options; what cannot be a flag, such as
   * "- Yes", is an argument.
   */
  override parseOptions(argv: string[]): ReturnType<Command["parseOptions"]> {
    const { operands, unknown } = super.parseOptions(argv);
    const end = unknown.indexOf("--");
    const typed = end < 0 ? unknown : unknown.slice(0, end);
    // Also a command that takes arguments itself, where none of its own commands is named.
    const named = this.commands.some((command) => command.name() === operands[0]);
    const isLeaf = this.commands.length === 0 || (this.registeredArguments.length > 0 && !named);
    if (!isLeaf || typed.some((argument) => FLAG.test(argument))) return { operands, unknown };
    return { operands: [...operands, ...typed, ...(end < 0 ? [] : unknown.slice(end + 1))], unknown: [] };
  }

  /** @throws UserError, where commander would print and exit */
  override error(message: string, options: ErrorOptions = {}): never {
    const code = options.code ?? "";
    const quoted = /'([^']*)'/.exec(message)?.[1] ?? "";
    throw new UserError(
      this.#sentence(code, quoted) ?? `${message.replace(/^error: /, "").replace(/\.$/, "")}.`,
    );
  }

  #sentence(code: string, quoted: string): string | undefined {
    const called = this.#called;
    const help = `see "${called} --help"`;
    switch (code) {
      case "commander.unknownCommand": {
        const known = this.commands.map((command) => command.name());
        return `There is no command ${JSON.stringify(quoted)}${didYouMean(quoted, known)}; there are ${known.join(", ")}.`;
      }
      case "commander.unknownOption": {
        const known = this.createHelp()
          .visibleOptions(this)
          .flatMap(({ long, short }) => [long, short]);
        const flag = quoted.split("=")[0]!;
        if (quoted.includes("=") && known.includes(flag)) return `${flag} takes no value; ${help}.`;
        const long = known.filter((name) => name != null && name.startsWith("--")) as string[];
        const guess = flag.startsWith("--") ? didYouMean(flag, long) : "";
        const operand = guess === "" && this.registeredArguments.length > 0;
        const advice = operand ? `${help}, and put -- before a text or file that begins with a dash` : help;
        return `${called} has no option ${flag}${guess}; ${advice}.`;
      }
      case "commander.missingArgument":
        return `${called} needs a ${quoted}; ${help}.`;
      case "commander.missingMandatoryOptionValue":
        return `${called} needs ${quoted}; ${help}.`;
      case "commander.optionMissingArgument":
        return `${quoted.split(" <")[0]!.split(", ").at(-1)!} needs a value: ${quoted}; ${help}.`;
      case "commander.excessArguments": {
        const extra = this.args[this.registeredArguments.length] ?? "";
        return `${called} takes no further argument, but was given ${JSON.stringify(extra)}; ${help}.`;
      }
      default:
        return undefined;
    }
  }

  get #called(): string {
    let name = this.name();
    for (let above = this.parent; above; above = above.parent) name = `${above.name()} ${name}`;
    return name;
  }
}

/** True for what commander throws after it has printed help or version; also where a command of commands was not told which. */
export function isPrintedHelp(error: unknown): boolean {
  return error instanceof CommanderError && (error.exitCode === 0 || error.code === "commander.help");
}
