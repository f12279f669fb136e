/** `recurra complete`: finishes what is being typed. */
import type { EngineName } from "../engine/create.js";
import type { Suggestion } from "../generate/complete/completer.js";
import type { CompleteOptions } from "../generate/complete/options.js";
import { COMPLETE_COMMAND } from "../options/command-options.js";
import { READING_OPTIONS } from "../options/text-options.js";
import type { TextEncoding } from "../text/corpus/decode-text.js";
import { type Colors, colorsFor } from "./colors.js";
import { following } from "./following.js";
import { besideNgram, checkInterpolation, type InterpolateFlags } from "./interpolated.js";
import { interruptible } from "./interruption.js";
import type { Io } from "./io.js";
import { linesOfInput, nothingPiped, readsInput } from "./lines-of-input.js";
import { loadProfiled } from "./profiled.js";
import { grouped } from "./numbers.js";
import { addFlags } from "./option-flags.js";
import { unescaped } from "./parse-values.js";
import type { CommandContext, RecurraCommand } from "./recurra-command.js";
import { inOneLine, jsonLine } from "./visible-text.js";

interface TypedOptions extends Omit<CompleteOptions, "signal">, InterpolateFlags {
  readonly temperature?: number;
  readonly encoding?: TextEncoding;
  readonly threads?: number;
  readonly engine?: EngineName;
  readonly profile?: string;
  readonly json?: boolean;
}

export function completeCommand(command: RecurraCommand, { io }: CommandContext): void {
  command
    .argument("<model>", "folder of a model")
    .argument(
      "[text...]",
      "all that stands before the caret; - or a pipe: the lines of standard input, each answered at once",
    );
  addFlags(command, COMPLETE_COMMAND)
    .addHelpText(
      "after",
      '\nA suggestion is what comes after the text, with its probability. In texts, also those of standard input, \\n is a newline,\n\\t a tab, \\\\ a backslash. Where there are several texts, an empty line ends the answer to each.\n\nExamples:\n  recurra complete book.model "The wh"\n  recurra complete book.model "Call me" --until line -n 3 --json',
    )
    .action((folder: string, texts: string[], options: TypedOptions) =>
      interruptible(io, (signal) => runComplete(io, folder, texts, options, signal)),
    );
}

async function runComplete(
  io: Io,
  folder: string,
  texts: readonly string[],
  options: TypedOptions,
  signal: AbortSignal,
): Promise<void> {
  const fromInput = readsInput(
    io,
    texts,
    'recurra complete needs a text to complete: give it after the model, or pipe lines in and give "-".',
  );
  const {
    threads,
    engine,
    json = false,
    encoding = READING_OPTIONS.encoding.default,
    temperature,
    interpolate,
    interpolateWeight,
    profile,
    ...completing
  } = options;
  const beside = { interpolate, interpolateWeight };
  checkInterpolation(beside);
  const { completeSettings } = await import("../generate/complete/options.js");
  // Before the model is read.
  completeSettings(completing);
  const loaded = await loadProfiled(
    io,
    { folder, others: texts, command: "complete" },
    { threads, engine, profile },
  );
  const followed = (await following(loaded, temperature === undefined ? {} : { temperature })).model;
  const model = await besideNgram(io, followed, beside, signal);
  const completer = await model.completer();
  const colors = colorsFor(io.stdout, io.env);
  let count = 0;
  for await (const text of fromInput ? linesOfInput(io, encoding) : texts) {
    if (signal.aborted) return;
    count++;
    const found = await completer.complete(unescaped(text), { ...completing, signal });
    // Written at once, so that whoever waits for the answer sees its end.
    const lines = found.map((one) => (json ? jsonLine(pairOf(one)) : `${lineOf(one, colors)}\n`));
    const isLast = !fromInput && count === texts.length;
    io.stdout.write(`${lines.join("")}${isLast ? "" : "\n"}`);
    const sure = found.findIndex(({ unsure }) => unsure);
    if (sure >= 0) io.stderr.write(`${endedEarly(sure)}\n`);
    if (found.length === 0 && !json) io.stderr.write("The model knows nothing that goes on from there.\n");
  }
  if (count === 0) throw nothingPiped("text to complete");
}

const pairOf = ({ text, probability, unsure }: Suggestion) => ({
  text,
  probability,
  ...(unsure && { unsure }),
});

/** @param sure suggestions before which none can be missing */
function endedEarly(sure: number): string {
  const what = sure === 0 ? "these" : `these after the first ${grouped(sure)}`;
  return `The search ended before it had looked at everything: more probable suggestions than ${what} may be missing; type on, or ask for fewer.`;
}

/** The probability, and what was typed of the word in grey before what finishes it. */
function lineOf({ text, probability, word }: Suggestion, colors: Colors): string {
  const percent = 100 * probability;
  const percents = `${percent < 0.01 ? percent.toExponential(1) : percent.toFixed(2)} %`.padStart(9);
  const typed = word === undefined ? "" : word.slice(0, word.length - text.trimStart().length);
  const added = word === undefined ? text : text.trimStart();
  return `${percents}  ${colors.dim(inOneLine(typed))}${inOneLine(added)}`;
}
