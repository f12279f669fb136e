/** From an error to what a person reads and the exit code. */
import { CommanderError } from "commander";
import { UserError } from "../errors.js";
import { fileError } from "../format/system-error.js";
import type { Io } from "./io.js";
import { flagSpelling } from "./flag-spelling.js";
import { EXIT } from "./exit-codes.js";
import { Interrupted } from "./interruption.js";
import { escapeControls, escapedLine } from "../visible-text.js";

/** Told by an action how the program should end; 0 if it says nothing. */
export type SetExitCode = (code: number) => void;

/** Tells the error on standard error, in one line, and returns the exit code. */
export function exitCodeOf(error: unknown, { stderr, env }: Pick<Io, "stderr" | "env">): number {
  if (error instanceof CommanderError && error.exitCode === 0) return EXIT.ok;
  if (error instanceof Interrupted) {
    const { cause, exitCode } = error;
    if (cause instanceof UserError) stderr.write(`recurra: ${escapedLine(cause.spelled(flagSpelling))}\n`);
    return exitCode;
  }
  const known = mendable(error);
  if (known) {
    stderr.write(`recurra: ${escapedLine(known.spelled(flagSpelling))}\n`);
    return EXIT.usage;
  }
  const message = error instanceof Error ? error.message : String(error);
  const debug = Boolean(env["RECURRA_DEBUG"]);
  const hint = debug ? "" : "; set RECURRA_DEBUG=1 to see where";
  stderr.write(`This is a bug in recurra: ${escapedLine(message)}${hint}\n`);
  if (debug && error instanceof Error && error.stack) stderr.write(`${escapeControls(error.stack)}\n`);
  return EXIT.bug;
}

/** The error as a UserError where a person can do something about it: also a full disk, or memory that is used up. */
function mendable(error: unknown): UserError | undefined {
  if (error instanceof UserError) return error;
  if (error instanceof RangeError && /allocation failed|invalid array buffer length/i.test(error.message)) {
    return new UserError(
      "There is not enough memory for this; choose a smaller model, batch or number of samples, or end other programs.",
    );
  }
  const path = (error as { path?: unknown } | null)?.path;
  const named = fileError(error, "use", typeof path === "string" ? path : "a file");
  return named instanceof UserError ? named : undefined;
}
