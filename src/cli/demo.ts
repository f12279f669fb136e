/** `recurra demo`: trains on the book in the package for a minute and a half, measures, and writes. */
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { UserError } from "../errors.js";
import { DEMO_COMMAND } from "../options/command-options.js";
import { runGenerate } from "./generate.js";
import { type Io, sizeOf } from "./io.js";
import { addFlags } from "./option-flags.js";
import type { CommandContext, RecurraCommand } from "./recurra-command.js";
import { runTrain } from "./train.js";
import { wrapped } from "./visible-text.js";

/** Moby-Dick (Herman Melville, 1851), placed here by the build. */
const BOOK = fileURLToPath(new URL("../book/moby-dick.txt", import.meta.url));
const PROMPT = "The whale ";

export interface DemoOptions {
  readonly threads?: number;
  /** Default models/moby-dick, which each demo replaces. */
  readonly out?: string;
  readonly maxMinutes?: number;
}

export function demoCommand(command: RecurraCommand, { io }: CommandContext): void {
  addFlags(command, DEMO_COMMAND)
    .addHelpText("after", "\nExamples:\n  recurra demo\n  recurra demo --max-minutes 5 --out moby.model")
    .action((options: DemoOptions) => runDemo(io, options));
}

/** @throws UserError where the book is not in its place, or a folder that was named holds a model already */
export async function runDemo(
  io: Io,
  { threads, out, maxMinutes = DEMO_COMMAND.maxMinutes.default }: DemoOptions,
): Promise<void> {
  if (!existsSync(BOOK)) throw new UserError(`The book is missing (${BOOK}); make it with "npm run build".`);
  const folder = out ?? "models/moby-dick";
  const { inspectModelFolder } = await import("../format/model-folder.js");
  const found = await inspectModelFolder(folder);
  if (out !== undefined && (found.weights || found.checkpoint))
    throw new UserError(`${folder} already holds a model; name another folder with --out.`);
  const engine = threads === undefined ? {} : { threads };
  io.stdout.write("An LSTM learns to write from Moby-Dick, one character at a time.\n\n");
  const size = { hidden: 256, layers: 1, batchSize: 32, lr: 0.005 };
  const run = { ...size, ...engine, out: folder, maxMinutes, overwrite: out === undefined };
  const argv = [BOOK, "--out", folder, "--max-minutes", String(maxMinutes)];
  const done = await runTrain(io, [BOOK], run, argv);
  if (!done?.valid) return;
  const { bitsPerChar, perplexity } = done.valid;
  const measured = `On the last tenth of the book, which it has not seen, it needs ${bitsPerChar.toFixed(3)} bits per character (perplexity ${perplexity.toFixed(2)}). It writes:`;
  io.stdout.write(`\n${wrapped(measured, sizeOf(io.stdout, 100).columns)}\n\n`);
  await runGenerate(io, folder, { prompt: PROMPT, length: 500, temperature: 0.7, seed: 1, ...engine });
}
