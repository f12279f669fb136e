/** `recurra adapt`: a model learns from what a person writes, in a profile beside it. */
import { statSync } from "node:fs";
import type { LearnOptions } from "../apps/learn-profile.js";
import type { EngineName } from "../engine/create.js";
import { ADAPT_COMMAND } from "../options/command-options.js";
import { checkBelonging } from "../options/check.js";
import type { TextEncoding } from "../text/corpus/decode-text.js";
import { escapeControls, escapedLine } from "../visible-text.js";
import { interruptible, whenWritten } from "./interruption.js";
import { type Io, isTerminal } from "./io.js";
import { isInput, nothingPiped } from "./lines-of-input.js";
import { loadFirst } from "./model-argument.js";
import { fourFigures, grouped } from "./numbers.js";
import { addFlags } from "./option-flags.js";
import { gainText } from "./profiled.js";
import { progressLine } from "./progress-line.js";
import type { CommandContext, RecurraCommand } from "./recurra-command.js";
import { jsonLine } from "./visible-text.js";

/** From so many times the bits on, learning is told to have made the model worse: of a short text a little more is chance. */
const WORSE = 1.02;

interface TypedOptions extends Omit<LearnOptions, "onProgress" | "signal"> {
  readonly encoding?: TextEncoding;
  readonly field?: string;
  readonly threads?: number;
  readonly engine?: EngineName;
  readonly json?: boolean;
}

export function adaptCommand(command: RecurraCommand, { io }: CommandContext): void {
  command
    .argument("<model>", "folder of a model")
    .argument(
      "<text...>",
      "files, folders, globs (.txt, .gz, .jsonl), or - for standard input, read as it comes",
    );
  addFlags(command, ADAPT_COMMAND)
    .addHelpText(
      "after",
      `
The model's files stay as they are. What it learns is one more point of the profile, kept every half a minute and at the end,
also at Ctrl-C. Other commands take --profile; recurra profile lists, rolls back, merges and deletes.

Examples:
  recurra adapt book.model letters.txt
  recurra adapt book.model - --profile work < mail.txt
  recurra generate book.model --profile work --prompt "Dear "`,
    )
    .action((folder: string, texts: string[], options: TypedOptions) =>
      interruptible(io, (signal) => runAdapt(io, folder, texts, options, signal), whenWritten(io)),
    );
}

async function runAdapt(
  io: Io,
  folder: string,
  texts: readonly string[],
  { threads, engine, encoding, field, json = false, ...given }: TypedOptions,
  signal: AbortSignal,
): Promise<void> {
  checkBelonging(given, ADAPT_COMMAND);
  const { profile = ADAPT_COMMAND.profile.default, ...learning } = given;
  const [{ openCorpus }, { decodeText }, { ProfileFiles }, { formatBytes }] = await Promise.all([
    import("../text/corpus/corpus.js"),
    import("../text/corpus/decode-text.js"),
    import("../apps/profile-files.js"),
    import("../train/memory-estimate.js"),
  ]);
  const path = new ProfileFiles(folder).pathOf(profile);
  // A pipe is learned from as it comes; records of JSON are taken apart first.
  const asItComes = isInput(texts, "files") && field === undefined;
  const model = await loadFirst({ folder, others: texts, command: "adapt" }, { threads, engine });
  const stdin = io.stdin as AsyncIterable<Uint8Array>;
  const corpus = asItComes
    ? undefined
    : await openCorpus(texts, {
        stdin,
        ...(encoding && { encoding }),
        ...(field !== undefined && { field }),
      });
  const show = progressLine(io, json);
  if (asItComes && io.stdin.isTTY && isTerminal(io.stderr, io.env))
    io.stderr.write("Write, and end with Ctrl-D.\n");
  try {
    for (const notice of corpus?.notices ?? []) io.stderr.write(`${escapeControls(notice)}\n`);
    const chunks = corpus?.chunks() ?? decodeText(stdin, encoding ?? "utf-8", "standard input");
    let some = false;
    const heard = untilStopped(chunks, signal, () => (some = true));
    const learned = await model
      .adapt(heard, {
        ...learning,
        profile,
        signal,
        onProgress: ({ characters, bits, plainBits }) =>
          show(
            `learning: ${grouped(characters)} characters, ${fourFigures(bits / characters)} bits per character, without learning ${fourFigures(plainBits / characters)}`,
          ),
      })
      .catch((error: unknown) => {
        throw asItComes && !some && !signal.aborted ? nothingPiped("text to learn from") : error;
      });
    show("");
    const { number, tokens, characters, bits, plainBits } = learned.profile!.points.at(-1)!;
    const { size } = statSync(path);
    if (bits > WORSE * plainBits)
      io.stderr.write(
        `Learning made the model worse on this text: a lower --rate may help; recurra profile roll-back forgets it.\n`,
      );
    const [bitsPerChar, plainBitsPerChar] = [bits / characters, plainBits / characters];
    io.stdout.write(
      json
        ? jsonLine({
            profile,
            path,
            bytes: size,
            point: number,
            tokens,
            characters,
            bitsPerChar,
            plainBitsPerChar,
          })
        : [
            row("profile", `${escapedLine(profile)}, point ${number}`),
            row("kept in", `${escapedLine(path)}, ${formatBytes(size)}`),
            row("read", `${grouped(tokens)} tokens, ${grouped(characters)} characters`),
            row(
              "bits per character",
              `${fourFigures(bitsPerChar)}, without learning ${fourFigures(plainBitsPerChar)}: ${gainText(bits, plainBits)}`,
            ),
            "",
          ].join("\n"),
    );
  } finally {
    show("");
    corpus?.dispose();
  }
}

/** The chunks up to an interruption, which ends standard input in its own way. */
async function* untilStopped(
  chunks: AsyncIterable<string>,
  signal: AbortSignal,
  onChunk: () => void,
): AsyncGenerator<string> {
  try {
    for await (const chunk of chunks) {
      onChunk();
      yield chunk;
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}

const row = (name: string, text: string): string => `${name.padEnd(20)}${text}`;
