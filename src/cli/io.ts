/** The streams and environment of the command line. Commands use only these, so that tests can pass their own. */

import { fileError } from "../format/system-error.js";
import { EXIT } from "./exit-codes.js";
import { escapedLine } from "../visible-text.js";

/** Where text goes. */
export interface Output {
  write(text: string): unknown;
  readonly isTTY?: boolean | undefined;
  readonly columns?: number | undefined;
  readonly rows?: number | undefined;
}

/** Ctrl-C, a polite request to end, and a terminal that hangs up. */
export type InterruptSignal = (typeof INTERRUPT_SIGNALS)[number];
const INTERRUPT_SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

export interface Io {
  readonly stdin: NodeJS.ReadableStream & { readonly isTTY?: boolean | undefined };
  readonly stdout: Output;
  readonly stderr: Output;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Aborts when the reader of standard output has closed it, as `| head` does. */
  readonly stdoutClosed: AbortSignal;
  /**
   * Calls `listener` at each of the signals, which then does not end the process; returns a function that undoes this.
   */
  onInterrupt(listener: (signal: InterruptSignal) => void): () => void;
  /** Ends the reading of standard input: pending reads fail with an error. */
  endInput(): void;
  /** Ends the process at once. */
  exit(code: number): void;
}

/** The process's own. To be made once. */
export function processIo(): Io {
  const closed = new AbortController();
  let unwritable = false;
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    closed.abort();
    if (isClosed(error, process.stdout) || unwritable) return;
    unwritable = true;
    const failure = fileError(error, "write to", "standard output");
    const message = failure instanceof Error ? failure.message : String(failure);
    process.stderr.write(`recurra: ${escapedLine(message)}\n`);
    process.on("exit", () => (process.exitCode = EXIT.usage));
  });
  process.stderr.on("error", () => {});
  return {
    get stdin() {
      return process.stdin;
    },
    stdout: process.stdout,
    stderr: process.stderr,
    env: process.env,
    stdoutClosed: closed.signal,
    onInterrupt(listener) {
      for (const signal of INTERRUPT_SIGNALS) process.on(signal, listener);
      return () => {
        for (const signal of INTERRUPT_SIGNALS) process.off(signal, listener);
      };
    },
    endInput: () => void process.stdin.destroy(),
    exit: (code) => process.exit(code),
  };
}

/**
 * The reader has closed the output, which is not an error. A closed terminal answers with EIO, but so does a failing
 * disk.
 */
function isClosed({ code }: NodeJS.ErrnoException, { isTTY }: Output): boolean {
  return code === "EPIPE" || code === "ERR_STREAM_DESTROYED" || (code === "EIO" && isTTY === true);
}

/** The size of a terminal; 24 rows of `usualColumns` where the output is not a terminal, or reports 0. */
export function sizeOf(
  { columns, rows }: Output,
  usualColumns = 80,
): { readonly columns: number; readonly rows: number } {
  return { columns: columns || usualColumns, rows: rows || 24 };
}

/** True where a person looks at it on a terminal that can move its cursor. */
export function isTerminal(output: Output, env: Io["env"]): boolean {
  return output.isTTY === true && env["TERM"] !== "dumb";
}

/** True where colours may be used: on a terminal, unless NO_COLOR; elsewhere with FORCE_COLOR. */
export function wantsColor(output: Output, env: Io["env"]): boolean {
  if (env["NO_COLOR"]) return false;
  const forced = env["FORCE_COLOR"];
  if (forced !== undefined && forced !== "") return forced !== "0";
  return isTerminal(output, env);
}
