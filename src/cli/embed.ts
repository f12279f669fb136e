/** `recurra embed`: a vector for each of some texts. */
import type { EngineName } from "../engine/create.js";
import { checkBelonging } from "../options/check.js";
import { EMBED_COMMAND } from "../options/command-options.js";
import { READING_OPTIONS } from "../options/text-options.js";
import type { TextEncoding } from "../text/corpus/decode-text.js";
import type { EmbedOptions } from "../vectors/embed-options.js";
import { escapeControls, escapedLine } from "../visible-text.js";
import { interruptible } from "./interruption.js";
import type { Io } from "./io.js";
import { linesOfInput, nothingPiped, readsInput } from "./lines-of-input.js";
import { counted } from "./numbers.js";
import { progressLine } from "./progress-line.js";
import { loadProfiled } from "./profiled.js";
import { addFlags } from "./option-flags.js";
import { unescaped } from "./parse-values.js";
import type { CommandContext, RecurraCommand } from "./recurra-command.js";
import { jsonLine } from "./visible-text.js";

interface TypedOptions extends Omit<EmbedOptions, "onNotice" | "onProgress" | "signal"> {
  readonly out?: string;
  readonly overwrite?: boolean;
  readonly encoding?: TextEncoding;
  readonly profile?: string;
  readonly threads?: number;
  readonly engine?: EngineName;
}

export function embedCommand(command: RecurraCommand, { io }: CommandContext): void {
  command
    .argument("<model>", "folder of a model")
    .argument(
      "[text...]",
      "texts, each by itself, with \\n, \\t and \\\\ as below; - or a pipe: the lines of standard input",
    );
  addFlags(command, EMBED_COMMAND)
    .addHelpText(
      "after",
      `
Without --out each text is a line of JSON with text and vector. A text without tokens, such as an empty line, has the vector
0. In texts that are typed, \\n is a newline, \\t a tab, \\\\ a backslash.

Examples:
  recurra embed book.model "Call me Ishmael." "It was a dark night."
  recurra embed book.model --pool concat --centre --out lines.npy < lines.txt`,
    )
    .action((folder: string, texts: string[], options: TypedOptions) =>
      interruptible(io, (signal) => runEmbed(io, folder, texts, options, signal)),
    );
}

async function runEmbed(
  io: Io,
  folder: string,
  typed: readonly string[],
  options: TypedOptions,
  signal: AbortSignal,
): Promise<void> {
  checkBelonging(options, EMBED_COMMAND);
  const { out, overwrite = false, encoding = READING_OPTIONS.encoding.default, ...others } = options;
  const { threads, engine, profile, ...given } = others;
  const fromInput = readsInput(
    io,
    typed,
    'recurra embed needs texts: give them after the model, or pipe lines in and give "-".',
  );
  const { textVectors, embedToFile, vectorForm } = await import("../apps/embed-to-file.js");
  // Before the model is read.
  if (out !== undefined) vectorForm(out, overwrite);
  const named = { folder, others: typed, command: "embed" };
  const model = await loadProfiled(io, named, { threads, engine, profile });
  const show = progressLine(io, out === undefined);
  const heard: EmbedOptions = {
    ...given,
    signal,
    onNotice: (message) => void io.stderr.write(`${escapeControls(message)}\n`),
    onProgress: (done) => show(`${counted(done, "text")} read`),
  };
  const texts = fromInput ? linesOfInput(io, encoding) : typed.map(unescaped);
  if (out !== undefined) {
    try {
      const { count, width } = await embedToFile(model, texts, out, { ...heard, overwrite });
      show("");
      io.stdout.write(`${counted(count, "vector")} of ${counted(width, "number")} in ${escapedLine(out)}\n`);
    } catch (error) {
      show("");
      throw error;
    }
    return;
  }
  let count = 0;
  for await (const one of textVectors(model, texts, heard)) {
    if (signal.aborted) return;
    count++;
    io.stdout.write(jsonLine(one));
  }
  if (count === 0) throw nothingPiped("text to make a vector of");
}
