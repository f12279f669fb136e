/** `recurra eval`: measures a model on a text. */
import type { EngineName } from "../engine/create.js";
import type { TextEncoding } from "../text/corpus/decode-text.js";
import type { Evaluation } from "../train/evaluate.js";
import { EVAL_COMMAND } from "../options/command-options.js";
import { interruptible } from "./interruption.js";
import { type Io, isTerminal } from "./io.js";
import { fourFigures, grouped, percent, share } from "./numbers.js";
import { addFlags } from "./option-flags.js";
import type { CommandContext, RecurraCommand } from "./recurra-command.js";
import { escapeControls } from "../visible-text.js";
import { jsonLine } from "./visible-text.js";

interface TypedOptions {
  readonly batchSize?: number;
  readonly encoding?: TextEncoding;
  readonly field?: string;
  readonly threads?: number;
  readonly engine?: EngineName;
  readonly json?: boolean;
}

export function evalCommand(command: RecurraCommand, { io }: CommandContext): void {
  command
    .argument("<model>", "folder of a model")
    .argument("<text...>", "files, folders, globs (.txt, .gz, .jsonl), or - for standard input");
  addFlags(command, EVAL_COMMAND)
    .addHelpText(
      "after",
      "\nExamples:\n  recurra eval book.model another.txt\n  recurra eval wiki.model test.txt --batch-size 32 --json",
    )
    .action((folder: string, inputs: string[], options: TypedOptions) =>
      interruptible(io, (signal) => runEval(io, folder, inputs, options, signal)),
    );
}

async function runEval(
  io: Io,
  folder: string,
  inputs: readonly string[],
  { threads, engine, json = false, ...options }: TypedOptions,
  signal: AbortSignal,
): Promise<void> {
  const [{ load }, { evaluateInputs }] = await Promise.all([
    import("../apps/load.js"),
    import("../apps/evaluate-inputs.js"),
  ]);
  const model = await load(folder, {
    ...(threads !== undefined && { threads }),
    ...(engine && { engine }),
  });
  const shown = !json && isTerminal(io.stderr, io.env);
  const show = (text: string): void => void (shown && io.stderr.write(`\r\u001b[2K${text}`));
  try {
    const measured = await evaluateInputs(model, inputs, {
      ...options,
      stdin: io.stdin,
      signal,
      onProgress: (done, total) => show(`measuring: ${percent(done / total)} of ${grouped(total)} tokens`),
      onNotice: (message) => void io.stderr.write(`${escapeControls(message)}\n`),
    });
    show("");
    io.stdout.write(json ? jsonLine(measured) : `${evaluationTable(measured).join("\n")}\n`);
  } catch (error) {
    show("");
    throw error;
  }
}

/** One measure a line. */
function evaluationTable(measured: Evaluation): string[] {
  const { tokens, unknown } = measured;
  const rows: readonly (readonly [string, string])[] = [
    ["tokens", grouped(tokens)],
    ["nats per token", fourFigures(measured.natsPerToken)],
    ["perplexity", fourFigures(measured.perplexity)],
    ["bits per character", fourFigures(measured.bitsPerChar)],
    ["bits per byte", fourFigures(measured.bitsPerByte)],
    ["accuracy", `${(measured.accuracy * 100).toFixed(2)} %`],
    ["unknown tokens", unknown === 0 ? "0" : `${grouped(unknown)} (${share(unknown, tokens, 2)})`],
    ["tokens per second", grouped(measured.tokensPerSecond)],
  ];
  return rows.map(([name, value]) => `${name.padEnd(20)}${value}`);
}
