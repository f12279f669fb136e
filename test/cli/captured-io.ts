/** An Io for tests: what is written is kept, signals are sent by hand. */
import { Readable } from "node:stream";
import type { InterruptSignal, Io, Output } from "../../src/cli/io.js";
import { run } from "../../src/cli/program.js";

export class CapturedOutput implements Output {
  text = "";
  readonly isTTY: boolean;
  columns: number | undefined;
  rows: number | undefined;
  onWrite: ((text: string) => void) | undefined;

  constructor(isTTY = false, columns?: number, rows?: number) {
    this.isTTY = isTTY;
    this.columns = columns;
    this.rows = rows;
  }

  write(text: string): boolean {
    this.text += text;
    this.onWrite?.(text);
    return true;
  }
}

export interface CapturedIo extends Io {
  readonly stdout: CapturedOutput;
  readonly stderr: CapturedOutput;
  readonly exits: number[];
  interrupt(signal?: InterruptSignal): void;
  /** When the command listens for interruptions. */
  readonly listening: Promise<void>;
  closeStdout(): void;
}

export function capturedIo({ stdin = "", terminal = false } = {}): CapturedIo {
  const listeners = new Set<(signal: InterruptSignal) => void>();
  const closed = new AbortController();
  const exits: number[] = [];
  let listens = (): void => {};
  const listening = new Promise<void>((resolve) => (listens = resolve));
  const input = Readable.from(stdin === "" ? [] : [Buffer.from(stdin)]);
  return {
    stdin: input,
    stdout: new CapturedOutput(terminal, 80, 24),
    stderr: new CapturedOutput(),
    env: { NO_COLOR: "1" },
    stdoutClosed: closed.signal,
    onInterrupt(listener) {
      listeners.add(listener);
      listens();
      return () => listeners.delete(listener);
    },
    exit: (code) => void exits.push(code),
    endInput: () => void input.destroy(),
    exits,
    listening,
    interrupt: (signal = "SIGINT") => listeners.forEach((listener) => listener(signal)),
    closeStdout: () => closed.abort(),
  };
}

/** Runs a command line; what it wrote, and its exit code. */
export async function recurra(
  argv: readonly string[],
  io = capturedIo(),
): Promise<{ code: number; out: string; err: string }> {
  const code = await run(argv, io);
  return { code, out: io.stdout.text, err: io.stderr.text };
}
