/** Ctrl-C and similar signals: the first ends the command in order, the second ends the process at once. */
import { EXIT } from "./exit-codes.js";
import type { Io, InterruptSignal } from "./io.js";

/** The end of a command before its work was done; its cause is the error that the work ended with. */
export class Interrupted extends Error {
  readonly exitCode: number;

  /** @param exitCode 0 where the reader of the output has closed it, as `| head` does */
  constructor(exitCode: number = EXIT.interrupted, options?: ErrorOptions) {
    super("interrupted", options);
    this.exitCode = exitCode;
  }
}

/** Called at an interruption. */
export interface InterruptionHooks {
  /** At the first. */
  readonly first?: () => void;
  /** At the second, before the process ends. */
  readonly second?: () => void;
}

export class Interruption {
  readonly #io: Io;
  readonly #stop = new AbortController();
  readonly #release: () => void;
  #interrupted = false;
  /** Signals that a person sent on purpose. */
  #requests = 0;

  constructor(io: Io, { first, second }: InterruptionHooks = {}) {
    this.#io = io;
    io.stdoutClosed.addEventListener("abort", this.#stopQuietly);
    if (io.stdoutClosed.aborted) this.#stopQuietly();
    const release = io.onInterrupt((signal: InterruptSignal) => {
      // A terminal that is closed hangs up several times: by its shell and by the system. That is not a second request.
      if (signal !== "SIGHUP") this.#requests++;
      if (this.#requests > 1) {
        second?.();
        io.exit(EXIT.interrupted);
      } else if (!this.#interrupted) {
        this.#interrupted = true;
        this.#stop.abort(new Interrupted());
        // Waiting for typed input or for a pipe does not end by itself at a signal.
        io.endInput();
        first?.();
      }
    });
    this.#release = release;
  }

  /** Aborted when the work is to end: it was interrupted, or the reader of its output has closed it. */
  get signal(): AbortSignal {
    return this.#stop.signal;
  }

  /** True from the first signal on. */
  get interrupted(): boolean {
    return this.#interrupted;
  }

  /** Signals have their usual effect again. */
  release(): void {
    this.#release();
    this.#io.stdoutClosed.removeEventListener("abort", this.#stopQuietly);
  }

  readonly #stopQuietly = (): void => this.#stop.abort(new Interrupted(EXIT.ok));
}

/**
 * For work that writes files, which takes seconds: the first interruption waits until they are whole.
 * @param writing whether it does already; before, the signal ends it
 */
export function whenWritten(io: Io, writing: () => boolean = () => true): InterruptionHooks {
  const notice = "finishing what is being written… (Ctrl-C again ends at once)";
  return {
    first: () => {
      if (writing()) io.stderr.write(`${notice}\n`);
    },
  };
}

/**
 * Does work that an interruption ends.
 * @throws Interrupted once it was interrupted: in place of an error of the work, and also where the work completed
 */
export async function interruptible<Result>(
  io: Io,
  work: (signal: AbortSignal) => Promise<Result>,
  hooks: InterruptionHooks = {},
): Promise<Result> {
  const interruption = new Interruption(io, hooks);
  try {
    const result = await work(interruption.signal);
    if (interruption.interrupted) throw new Interrupted();
    return result;
  } catch (error) {
    if (!interruption.interrupted || error instanceof Interrupted) throw error;
    throw new Interrupted(EXIT.interrupted, { cause: error });
  } finally {
    interruption.release();
  }
}
