/** `recurra classify train` and `recurra classify eval`. */
import type { ClassifierEvaluation } from "../apps/classifier.js";
import type { HeldOutMeasures } from "../apps/classifier-record.js";
import type { TrainedClassifier } from "../apps/train-classifier.js";
import type { ClassifierProgress, TrainClassifierOptions } from "../apps/train-classifier-options.js";
import type { EngineName } from "../engine/create.js";
import type { LabelledOptions, LabelledTexts } from "../text/corpus/labelled-texts.js";
import { escapeControls, escapedLine } from "../visible-text.js";
import { type Colors, colorsFor } from "./colors.js";
import { confusionLines } from "./confusion-lines.js";
import type { Io } from "./io.js";
import { checkModelFirst } from "./model-argument.js";
import { counted, fourFigures, grouped, percent } from "./numbers.js";
import { progressLine } from "./progress-line.js";
import { cutToColumns, inOneLine, jsonLine } from "./visible-text.js";

type Reading = Omit<LabelledOptions, "stdin">;

export interface TypedTraining
  extends Omit<TrainClassifierOptions, "from" | "engine" | "onNotice" | "onProgress" | "signal">, Reading {
  readonly from?: string;
  readonly engine?: EngineName;
  readonly json?: boolean;
}

export interface TypedEvaluation extends Reading {
  readonly worst?: number;
  readonly threads?: number;
  readonly engine?: EngineName;
  readonly json?: boolean;
}

/** Columns of a text that is shown in a line with others. */
const TEXT_COLUMNS = 60;

export async function runTrain(
  io: Io,
  inputs: readonly string[],
  { json = false, encoding, field, label, ...options }: TypedTraining,
  signal: AbortSignal,
  onWriting: () => void,
): Promise<void> {
  const { trainClassifier } = await import("../apps/train-classifier.js");
  const show = progressLine(io);
  const trained = await withLabelled(io, inputs, { encoding, field, label }, (texts) =>
    trainClassifier(texts, {
      ...options,
      signal,
      onNotice: (message) => void io.stderr.write(`${escapeControls(message)}\n`),
      onProgress: (progress) => {
        // What comes after the last step of learning cannot be stopped half-way.
        const last = options.fineTune ? "fine-tuning" : "fitting";
        if (progress.what === last && progress.done === progress.total) onWriting();
        show(progressText(progress));
      },
    }),
  ).finally(() => show(""));
  const { classifier: _, worst, ...told } = trained;
  io.stdout.write(
    json
      ? jsonLine({ ...told, worst })
      : `${trainedLines(trained, colorsFor(io.stdout, io.env)).join("\n")}\n`,
  );
}

export async function runEval(
  io: Io,
  folder: string,
  inputs: readonly string[],
  { json = false, encoding, field, label, worst, ...where }: TypedEvaluation,
  signal: AbortSignal,
): Promise<void> {
  await checkModelFirst({ folder, others: inputs, command: "classify eval" });
  const { loadClassifier } = await import("../apps/load-classifier.js");
  const classifier = await loadClassifier(folder, where);
  const show = progressLine(io);
  const evaluation = await withLabelled(io, inputs, { encoding, field, label }, (texts) =>
    classifier.evaluate(texts, {
      ...(worst !== undefined && { worst }),
      signal,
      onProgress: (done) => show(`${counted(done, "text")} read`),
    }),
  ).finally(() => show(""));
  io.stdout.write(
    json ? jsonLine(evaluation) : `${evaluationLines(evaluation, colorsFor(io.stdout, io.env)).join("\n")}\n`,
  );
}

function progressText({ what, done, total, heldOutLoss }: ClassifierProgress): string {
  switch (what) {
    case "texts":
      return `learning the texts: ${percent(done / total)}`;
    case "reading":
      return `${grouped(done)} of ${counted(total, "text")} read`;
    case "fitting":
      return `fitting the head, ${done} of ${total}`;
    case "fine-tuning":
      return `pass ${done} of ${total}, held out ${fourFigures(heldOutLoss ?? Number.NaN)} nats a text`;
  }
}

/** Does the work on the texts of the inputs. */
async function withLabelled<Result>(
  io: Io,
  inputs: readonly string[],
  { encoding, field, label }: { readonly [Name in keyof Reading]: Reading[Name] | undefined },
  work: (texts: LabelledTexts) => Promise<Result>,
): Promise<Result> {
  const { openLabelled } = await import("../text/corpus/labelled-texts.js");
  const texts = await openLabelled(inputs, {
    ...(encoding !== undefined && { encoding }),
    ...(field !== undefined && { field }),
    ...(label !== undefined && { label }),
    ...(inputs.includes("-") && { stdin: io.stdin as AsyncIterable<Uint8Array> }),
  });
  try {
    for (const notice of texts.notices) io.stderr.write(`${escapeControls(notice)}\n`);
    return await work(texts);
  } finally {
    texts.dispose();
  }
}

const row = (name: string, text: string): string => `${name.padEnd(28)}${text}`;
const percents = (part: number): string => `${(100 * part).toFixed(2)} %`;

function trainedLines(trained: TrainedClassifier, colors: Colors): string[] {
  const { labels, counts, heldOut, uncalibrated, temperature, worst, out } = trained;
  const texts = counts.reduce((sum, count) => sum + count, 0);
  return [
    row("texts", `${grouped(texts)} of ${counted(labels.length, "label")}`),
    ...measureRows(heldOut).map((line, i) =>
      i === 0 ? `${line} of ${grouped(heldOut.texts)} held out` : line,
    ),
    row(
      "temperature",
      `${fourFigures(temperature)}: calibration error ${percents(uncalibrated.expectedCalibrationError)} without it`,
    ),
    row("written to", escapedLine(out)),
    ...worstLines(worst, colors),
  ];
}

function evaluationLines(evaluation: ClassifierEvaluation, colors: Colors): string[] {
  const { texts, labels, confusion, worst } = evaluation;
  const width = Math.max(...labels.map(({ label }) => inOneLine(label).length), 5);
  const figure = (value: number): string => value.toFixed(4).padStart(10);
  return [
    row("texts", grouped(texts)),
    ...measureRows(evaluation),
    "",
    colors.dim(`${"label".padEnd(width)} precision    recall        F1     texts`),
    ...labels.map(
      ({ label, precision, recall, f1, texts: own }) =>
        `${inOneLine(label).padEnd(width)}${figure(precision)}${figure(recall)}${figure(f1)}${grouped(own).padStart(10)}`,
    ),
    "",
    ...confusionLines(
      labels.map(({ label }) => inOneLine(label)),
      confusion,
      colors,
    ),
    ...worstLines(worst, colors),
  ];
}

function measureRows({ accuracy, macroF1, loss, expectedCalibrationError }: HeldOutMeasures): string[] {
  return [
    row("accuracy", percents(accuracy)),
    row("macro F1", macroF1.toFixed(4)),
    row("nats a text", fourFigures(loss)),
    row("calibration error", percents(expectedCalibrationError)),
  ];
}

function worstLines(worst: ClassifierEvaluation["worst"], colors: Colors): string[] {
  if (worst.length === 0) return [];
  return [
    "",
    colors.dim("most surely wrong"),
    ...worst.map(({ label, predicted, probability, source, text, index }) => {
      const where = source ?? `text ${index + 1}`;
      const told = `${inOneLine(predicted)} ${(100 * probability).toFixed(1)} %, is ${inOneLine(label)}`;
      return `${told}  ${colors.dim(inOneLine(where))}  ${cutToColumns(inOneLine(text), TEXT_COLUMNS)}`;
    }),
  ];
}
