/** `recurra classify`: labels of texts by a classifier, which `classify train` makes and `classify eval` measures. */
import type { Classification } from "../apps/classifier.js";
import type { EngineName } from "../engine/create.js";
import { sentence, option, UserError } from "../errors.js";
import {
  CLASSIFY_COMMAND,
  CLASSIFY_EVAL_COMMAND,
  CLASSIFY_TRAIN_COMMAND,
} from "../options/classify-options.js";
import type { TextEncoding } from "../text/corpus/decode-text.js";
import { type Colors, colorsFor } from "./colors.js";
import { interruptible, whenWritten } from "./interruption.js";
import type { Io } from "./io.js";
import { linesOfInput, nothingPiped, readsInput, wholeInput } from "./lines-of-input.js";
import { loadFirst } from "./model-argument.js";
import { counted } from "./numbers.js";
import { addFlags } from "./option-flags.js";
import { unescaped } from "./parse-values.js";
import { progressLine } from "./progress-line.js";
import type { CommandContext, RecurraCommand } from "./recurra-command.js";
import { inOneLine, jsonLine } from "./visible-text.js";
import type { TypedEvaluation, TypedTraining } from "./classify-train.js";

interface TypedOptions {
  readonly top?: number;
  readonly whole?: boolean;
  readonly encoding?: TextEncoding;
  readonly threads?: number;
  readonly engine?: EngineName;
  readonly json?: boolean;
}

const LABELLED =
  "tables of texts with labels (.csv, .tsv, .jsonl, .parquet), folders that have a folder for each class, or -: .jsonl or .parquet from standard input";

export function classifyCommand(command: RecurraCommand, { io }: CommandContext): void {
  const add = (name: string, usage: string, description: string): RecurraCommand =>
    command.command(name).usage(usage).description(description) as RecurraCommand;
  addFlags(
    command
      .enablePositionalOptions()
      .argument("<model>", "folder of a classifier (a folder called train or eval: ./train)")
      .argument(
        "[text...]",
        "texts, each by itself, with \\n, \\t and \\\\ as below; - or a pipe: the lines of standard input",
      ) as RecurraCommand,
    CLASSIFY_COMMAND,
  )
    .addHelpText(
      "after",
      `
Each line of the output is a label, its probability, and the text. In texts that are typed, \\n is a newline, \\t a tab, \\\\ a
backslash.

Examples:
  recurra classify train mail.csv --from book.model --out spam.model
  recurra classify eval spam.model later.csv
  recurra classify spam.model "You have won a prize" "Lunch at noon?"
  recurra classify spam.model - --whole --top 2 < message.txt`,
    )
    .action((folder: string, texts: string[], options: TypedOptions) =>
      interruptible(io, (signal) => runClassify(io, folder, texts, options, signal)),
    );
  addFlags(
    add("train", "[options] <labelled...>", "train a classifier on texts with labels").argument(
      "<labelled...>",
      LABELLED,
    ) as RecurraCommand,
    CLASSIFY_TRAIN_COMMAND,
  )
    .addHelpText(
      "after",
      `
The classifier is the language model with a head on it, in a folder of its own: info, quantize, export and all other commands
take it as they take the model. A part of each label's texts is held out in turn, to choose and to calibrate by.

Examples:
  recurra classify train mail.csv --from book.model --out spam.model
  recurra classify train songs.parquet --field lyrics --label genre --class-weights balanced --from book.model --out genre.model`,
    )
    .action((inputs: string[], options: TypedTraining) => {
      let writing = false;
      return interruptible(
        io,
        async (signal) => {
          const { runTrain } = await import("./classify-train.js");
          await runTrain(io, inputs, options, signal, () => (writing = true));
        },
        whenWritten(io, () => writing),
      );
    });
  addFlags(
    add("eval", "[options] <model> <labelled...>", "measure a classifier on texts whose labels are known")
      .argument("<model>", "folder of a classifier")
      .argument("<labelled...>", LABELLED) as RecurraCommand,
    CLASSIFY_EVAL_COMMAND,
  )
    .addHelpText("after", "\nExample:\n  recurra classify eval spam.model later.csv --json")
    .action((folder: string, inputs: string[], options: TypedEvaluation) =>
      interruptible(io, async (signal) => {
        const { runEval } = await import("./classify-train.js");
        await runEval(io, folder, inputs, options, signal);
      }),
    );
}

async function runClassify(
  io: Io,
  folder: string,
  typed: readonly string[],
  { top = 1, whole = false, encoding = "utf-8", threads, engine, json = false }: TypedOptions,
  signal: AbortSignal,
): Promise<void> {
  const fromInput = readsInput(
    io,
    typed,
    'recurra classify needs texts: give them after the model, or pipe lines in and give "-".',
  );
  if (whole && !fromInput)
    throw new UserError({
      option: "whole",
      problem: sentence`${option("whole")} is of standard input, and texts are typed`,
      advice: sentence`leave ${option("whole")} out, or pipe the text in`,
    });
  const model = await loadFirst({ folder, others: typed, command: "classify" }, { threads, engine });
  const { Classifier } = await import("../apps/classifier.js");
  const classifier = new Classifier(model, folder);
  const input = (): AsyncIterable<string> => (whole ? wholeInput(io, encoding) : linesOfInput(io, encoding));
  const show = progressLine(io, !fromInput);
  const colors = colorsFor(io.stdout, io.env);
  const heard = { signal, onProgress: (done: number) => show(`${counted(done, "text")} read`) };
  let count = 0;
  for await (const { text, classification } of classifier.classified(
    fromInput ? input() : typed.map(unescaped),
    heard,
  )) {
    if (signal.aborted) return;
    if (count++ === 0) show("");
    io.stdout.write(
      json ? jsonLine({ text, ...classification }) : textLine(text, classification, top, colors),
    );
  }
  if (count === 0) throw nothingPiped("text to classify");
}

function textLine(text: string, { probabilities }: Classification, top: number, colors: Colors): string {
  const labels = probabilities
    .slice(0, top)
    .map(({ label, probability }) => `${colors.bold(inOneLine(label))} ${probabilityText(probability)}`);
  return `${labels.join(", ")}  ${inOneLine(text)}\n`;
}

/** 97.3 %; 100 % and 0 % for nothing but those. */
const probabilityText = (p: number): string => `${Math.min(99.9, Math.max(0.1, 100 * p)).toFixed(1)} %`;
