/** Options of the benches: one table each, for help and for checks. */
import { UserError } from "../src/errors.js";
import { nearest } from "../src/nearest.js";

export interface OptionSpec {
  /** The placeholder of its value in help; without it the option is a switch. */
  readonly value?: string;
  readonly help: string;
}

/** What was given: values by option, "" for a switch. */
export type Given<Name extends string> = ReadonlyMap<Name, string>;

/**
 * @param argv `--name value`, `--name=value` or `--switch`
 * @throws UserError for an option that is not in the table, a value that is missing, or one too many
 */
export function readOptions<Name extends string>(
  argv: readonly string[],
  specs: Readonly<Record<Name, OptionSpec>>,
): Given<Name> {
  const given = new Map<Name, string>();
  for (let i = 0; i < argv.length; i++) {
    const [, name, inline] = /^--([^=]*)(?:=(.*))?$/.exec(argv[i]!) ?? [];
    if (name === undefined) throw new UserError(`"${argv[i]}" is no option; --help lists them.`);
    if (!Object.hasOwn(specs, name)) {
      const guess = nearest(name, Object.keys(specs));
      const hint = guess ? `did you mean --${guess}?` : "--help lists them.";
      throw new UserError(`There is no option --${name}; ${hint}`);
    }
    const { value: placeholder } = specs[name as Name];
    if (placeholder === undefined && inline !== undefined)
      throw new UserError(`--${name} is a switch and takes no value, but got "${inline}".`);
    const value = placeholder === undefined ? "" : (inline ?? argv[++i]);
    if (value === undefined || (inline === undefined && value.startsWith("--")))
      throw new UserError(`--${name} needs a value: ${placeholder}.`);
    given.set(name as Name, value);
  }
  return given;
}

/** The options as lines of help. */
export function optionHelp(specs: Readonly<Record<string, OptionSpec>>): string {
  const left = Object.entries(specs).map(([name, { value }]) => `--${name}${value ? ` <${value}>` : ""}`);
  const width = Math.max(...left.map((text) => text.length));
  return Object.values(specs)
    .map(({ help }, i) => `  ${left[i]!.padEnd(width)}  ${help}`)
    .join("\n");
}

/** A number above 0. @throws UserError otherwise */
export function positive(option: string, text: string, whole = false): number {
  const value = text.trim() === "" ? NaN : Number(text);
  if (!(value > 0 && value < Infinity) || (whole && !Number.isSafeInteger(value)))
    throw new UserError(`--${option} is "${text}"; give a ${whole ? "whole " : ""}number above 0.`);
  return value;
}

/** Names from a list with commas, in the list's order, each once. @throws UserError for one that is not known */
export function chosen(kind: string, text: string, known: readonly string[]): string[] {
  const names = text.split(",").map((typed) => {
    const name = known.find((each) => each.toLowerCase() === typed.trim().toLowerCase());
    if (name !== undefined) return name;
    const guess = nearest(typed, known);
    throw new UserError(
      `There is no ${kind} "${typed}"${guess ? ` (did you mean ${guess}?)` : ""}; there are ${known.join(", ")}.`,
    );
  });
  return [...new Set(names)];
}

/** Runs a bench's `main`; a mistake of the person's ends it with one sentence and exit code 2. */
export async function runBench(main: (argv: readonly string[]) => void | Promise<void>): Promise<void> {
  try {
    await main(process.argv.slice(2));
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    console.error(error.message);
    process.exitCode = 2;
  }
}

/**
 * Runs a bench; a mistake that a person can correct (also an option that parseArgs refuses) is printed, with exit code
 * 2.
 */
export async function orSayWhy(main: () => Promise<void>): Promise<void> {
  try {
    await main();
  } catch (error) {
    if (!(error instanceof UserError || (error instanceof TypeError && "code" in error))) throw error;
    console.error(error.message);
    process.exitCode = 2;
  }
}
