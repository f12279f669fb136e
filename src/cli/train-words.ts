/** The sentences of a training run. */
import { hasBf16Products } from "../engine/bf16.js";
import { cellLabel } from "../cells.js";
import { widthsText } from "../model/widths.js";
import { formatBytes } from "../train/memory-estimate.js";
import type { Evaluation } from "../train/evaluate.js";
import type {
  ChangedEvent,
  DoneEvent,
  FineTuned,
  PlanEvent,
  PreparedEvent,
  RolledBackEvent,
} from "../train/events.js";
import type { Measures, RunOrigin } from "../train/origin.js";
import { changesWindows, type RunChange, type SettingValue } from "../train/run-changes.js";
import { flagOf, optionFlags } from "./flag-spelling.js";
import type { TrainSettings } from "../train/run-settings.js";
import { counted, duration, fourFigures, grouped, share, shortNumber } from "./numbers.js";
import { escapedLine } from "../visible-text.js";
import { shellPath, shellQuoted } from "./visible-text.js";

/** A warning where the processor has no instruction for bf16; undefined where it has one, or bf16 is not requested. */
export function bf16Warning({ settings, isa }: PreparedEvent): string | undefined {
  if (settings.precision !== "bf16" || hasBf16Products(isa)) return undefined;
  return `--precision bf16 gains nothing here: ${isa} has no instruction for products of bf16, and computing them through float32 is usually a little slower than f32.`;
}

/** The lines about the model, its text, its engine and its folder before training. */
export function preparedLines(event: PreparedEvent): string[] {
  const { config, settings, engine, isa, threads, parameterCount, recipe, startStep } = event;
  const { layers, vocabulary } = config;
  const name = engine === isa ? engine : `${engine} ${isa}`;
  return [
    `${cellLabel(config)}, ${counted(layers, "layer")} of ${widthsText(config, grouped)}${config.residual ? ", residual" : ""}, vocabulary ${grouped(vocabulary)}: ${grouped(parameterCount)} weights`,
    `${counted(event.trainTokens, "token")} to train on, ${grouped(event.validTokens)} held out; ${settings.batchSize} × ${settings.seqLen} a step, ${counted(event.stepsPerEpoch, "step")} an epoch; ${updatesText(settings)}`,
    ...softmaxLine(event),
    `engine ${name}${settings.precision === "bf16" ? ", bf16 products" : ""}, ${counted(threads, "thread")}, about ${formatBytes(event.memoryBytes)} of memory`,
    ...(recipe === undefined ? [] : [`recipe ${escapedLine(recipe)}`]),
    ...(event.origin ? [`begins with ${originName(event.origin)}`] : []),
    ...(startStep > 0 ? [`going on from step ${grouped(startStep)}`] : []),
  ];
}

/** "book.model, 120 tokens added" */
export function originName({ name, added }: RunOrigin): string {
  const more = added === 0 ? "" : `, ${counted(added, "token")} added`;
  return `${name === "" ? "a model in memory" : escapedLine(name)}${more}`;
}

/** "adamw on touched rows, one-cycle, tail average" */
function updatesText({ optimizer, updateRows, schedule, average }: TrainSettings): string {
  const rows = updateRows === "touched" ? " on touched rows" : "";
  return `${optimizer}${rows}, ${schedule}${average === "none" ? "" : `, ${average} average`}`;
}

/** "about 1.3 passes", "about 9.2 passes", "about 41 passes" */
export const passText = (passes: number): string =>
  `about ${passes < 10 ? passes.toPrecision(2) : grouped(passes)} passes`;

/** "Plan for 60 minutes: --layers 2 …; about 9 passes over the text …", and how the time is divided. */
export function planLines(event: PlanEvent): string[] {
  const { minutes, chosen, passes, tokensPerSecond, late } = event;
  const { readingSeconds, trainingSeconds, measuringSeconds } = event;
  const open = Object.entries(chosen).filter(([, value]) => value !== false);
  const flags = optionFlags(Object.fromEntries(open));
  const time = `${shortNumber(minutes)} ${minutes === 1 ? "minute" : "minutes"}`;
  const parts = `${duration(readingSeconds)} before it, ${duration(measuringSeconds)} kept for measuring`;
  return [
    `Plan for ${time}: ${flags === "" ? "as it was given" : flags}; ${passText(passes)} over the text, at ${grouped(tokensPerSecond)} tokens a second`,
    late
      ? `${duration(readingSeconds)} before it and ${duration(measuringSeconds)} to measure what comes out leave little of ${time}: with ${duration(trainingSeconds)} of training it takes longer`
      : `${duration(trainingSeconds)} of training; ${parts}`,
  ];
}

function softmaxLine({ config, settings }: PreparedEvent): string[] {
  if (config.adaptive)
    return [
      `adaptive softmax, clusters of rare tokens from ${config.adaptive.cutoffs.map(grouped).join(", ")} on`,
    ];
  const { samples } = settings;
  const mixed = config.mixture ? [`mixture of ${config.mixture.components} softmaxes`] : [];
  if (samples === undefined) return mixed;
  return [
    ...mixed,
    `sampled softmax, ${grouped(samples)} draws a step: the training loss is an estimate, what is measured is exact`,
  ];
}

/** "From step 1,200 on: lr 0.004 → 0.001." */
export function changedLine({ step, changes }: Pick<ChangedEvent, "step" | "changes">): string {
  const told = changes.map(changeText).join(", ");
  const windows = changesWindows(changes)
    ? " The text is cut into other windows: on from the nearest one, with a state of zero."
    : "";
  return `From step ${grouped(step)} on: ${told}.${windows}`;
}

/** "lr 0.004 → 0.001" */
export function changeText({ setting, from, to }: RunChange): string {
  // A flag that is not given is off.
  const none = typeof (from ?? to) === "boolean" ? "off" : "none";
  return `${flagOf(setting).slice(2)} ${settingText(from, none)} → ${settingText(to, none)}`;
}

function settingText(value: SettingValue | undefined, none: string): string {
  if (value === undefined || value === false) return none;
  return value === true ? "on" : String(value);
}

export function rolledBackLine({ step, toStep, loss, learningRateFactor }: RolledBackEvent): string {
  const failure = Number.isFinite(loss) ? `exploded to ${fourFigures(loss)}` : "was not a number";
  return `The loss ${failure} at step ${grouped(step)}: back to step ${grouped(toStep)}, on with ${fourFigures(learningRateFactor)} times the learning rate.`;
}

/** What a model wrote, in one line and safe. */
export function sampleText(text: string): string {
  return escapedLine(text.replaceAll(/\s+/g, " ")).trim();
}

/** One line on what was measured. */
export function evaluationLine(
  name: string,
  { natsPerToken, perplexity, bitsPerChar, unknown, tokens }: Evaluation,
): string {
  const figures = `${name}: loss ${fourFigures(natsPerToken)} nats a token, perplexity ${fourFigures(perplexity)}, ${fourFigures(bitsPerChar)} bits per character`;
  if (unknown === 0) return figures;
  return `${figures}; ${share(unknown, tokens, 1)} of its tokens are unknown, so compare only with the same vocabulary`;
}

/** How a person may go on. */
export interface NextCommands {
  /** How recurra is called: "recurra" or "npx recurra". */
  readonly program: string;
  /** Arguments of this run, after "train". */
  readonly argv: readonly string[];
  /** Whether every line is a sequence of its own. */
  readonly lines: boolean;
  /** Text to measure on; undefined where the run had none of its own. */
  readonly heldOut: string | undefined;
}

/** The end of a run. */
export function doneLines(event: DoneEvent, { program, argv, lines, heldOut }: NextCommands): string[] {
  const { reason, out, step, elapsedSeconds, valid, test } = event;
  const after = `after ${counted(step, "step")} and ${duration(elapsedSeconds)}`;
  if (reason === "stopped") {
    return [
      `Stopped ${after}; everything is saved in ${place(out)}. To go on exactly from here:`,
      `  ${resumeCommand(program, argv)}`,
    ];
  }
  const folder = shellPath(out);
  return [
    reason === "early" ? `Ended early ${after}: the held-out loss no longer improves.` : `Finished ${after}.`,
    ...(valid ? [evaluationLine("Held-out text, read from end to end", valid)] : []),
    ...(valid && event.fineTuned ? gainLines(event.fineTuned, valid) : []),
    ...(test ? [evaluationLine("Test text", test)] : []),
    `The model is in ${place(out)}. To try it:`,
    `  ${program} generate ${folder} ${lines ? "-n 20" : "--length 300"}`,
    `  ${program} eval ${folder} ${heldOut === undefined ? "another.txt" : shellPath(heldOut)}`,
  ];
}

/** The model that the run began with on the same text, and one from scratch, and how much better than these it became. */
function gainLines({ added, before, scratch }: FineTuned, valid: Evaluation): string[] {
  const tokens = added === 0 ? "" : `, with the ${counted(added, "token")} that it lacked`;
  const line = (name: string, than: Measures, end: string): string =>
    `${name}: loss ${fourFigures(than.natsPerToken)} nats a token, perplexity ${fourFigures(than.perplexity)}, ${fourFigures(than.bitsPerChar)} bits per character; ${end}`;
  const lower = (than: Measures): number => 1 - valid.perplexity / than.perplexity;
  const gain = lower(before);
  const gained =
    gain > 0
      ? `fine-tuning made the perplexity ${share(gain, 1, 1)} lower`
      : "fine-tuning found nothing better, and the weights are as they were";
  const lines = [line(`Before it${tokens}`, before, gained)];
  if (scratch) {
    const less = lower(scratch);
    const beside = `this perplexity is ${share(Math.abs(less), 1, 1)} ${less >= 0 ? "lower" : "higher"}`;
    lines.push(line("From scratch", scratch, beside));
  }
  return lines;
}

/** A folder at the end of a sentence, where a dot of its name could be taken for the sentence's own. */
function place(folder: string): string {
  if (folder === ".") return "the current folder";
  const name = escapedLine(folder);
  return name.endsWith(".") ? `"${name}"` : name;
}

/** The same run with --resume. */
export function resumeCommand(program: string, argv: readonly string[]): string {
  const end = argv.indexOf("--");
  const [flags, operands] = end < 0 ? [argv, []] : [argv.slice(0, end), argv.slice(end)];
  const kept = flags.filter((argument) => argument !== "--overwrite" && argument !== "--resume");
  return [program, "train", ...[...kept, "--resume", ...operands].map(shellQuoted)].join(" ");
}
