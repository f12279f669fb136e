/** The display of a training run: bar, figures and loss curve as lines of text. Pure. */
import type { Colors } from "./colors.js";
import type { ReadingEvent, SampleEvent, StepEvent, ValidationEvent } from "../train/events.js";
import { visibleWidth } from "./live-region.js";
import { type Curves, drawLossCurve } from "./loss-curve.js";
import { escapeControls } from "../visible-text.js";
import { duration, fourFigures, grouped, percent, shortNumber } from "./numbers.js";
import { sampleText } from "./train-words.js";
import { cutToColumns } from "./visible-text.js";

/** The data of the display. */
export interface TrainView extends Curves {
  readonly step: StepEvent | undefined;
  readonly lastValidation: ValidationEvent | undefined;
  readonly lastSample?: SampleEvent | undefined;
}

/** The room there is. */
export interface Room {
  readonly columns: number;
  readonly rows: number;
}

const CURVE_LINES = 6;
const WIDEST_CURVE = 100;
const WIDEST_BAR = 30;
/** Lines of a terminal below which the curve is left out. */
const ROWS_FOR_CURVE = 14;
const EIGHTHS = " ▏▎▍▌▋▊▉";

/** A bar of exactly `width` characters. */
export function progressBar(fraction: number, width: number, colors: Colors): string {
  const eighths = Math.floor(Math.min(1, Math.max(0, fraction)) * width * 8);
  const full = Math.floor(eighths / 8);
  const part = full < width && eighths % 8 > 0 ? EIGHTHS[eighths % 8]! : "";
  return `${colors.green("█".repeat(full) + part)}${colors.dim("·".repeat(width - full - part.length))}`;
}

/** The figures of a step, in the order in which they are told. */
export function stepFigures(event: StepEvent): string[] {
  const { step, steps, epoch, epochs, smoothedLoss, learningRate, tokensPerSecond, remainingSeconds } = event;
  return [
    `epoch ${grouped(epoch)}${epochs === undefined ? "" : `/${grouped(epochs)}`}`,
    `step ${grouped(step)}${steps === undefined ? "" : `/${grouped(steps)}`}`,
    `loss ${fourFigures(smoothedLoss)}`,
    `perplexity ${fourFigures(Math.exp(smoothedLoss))}`,
    `lr ${shortNumber(learningRate)}`,
    `${grouped(tokensPerSecond)} tokens/s`,
    ...(remainingSeconds === undefined ? [] : [`${duration(remainingSeconds)} left`]),
  ];
}

/** The lines of a run under way; none is wider than the room. */
export function renderStatus(view: TrainView, room: Room, colors: Colors): string[] {
  const width = Math.max(1, room.columns - 1);
  const { step } = view;
  if (!step) return [];
  const bar = `${progressBar(step.progress, barWidth(width), colors)} ${percent(step.progress)}`;
  const lines = packed([bar, ...stepFigures(step)], width);
  if (view.lastValidation) lines.push(...packed(validationFigures(view.lastValidation), width));
  if (view.lastSample) lines.push(colors.dim(sampleLine(view.lastSample, width)));
  const height = Math.min(CURVE_LINES, room.rows - lines.length - 2);
  // Lines that do not fit would scroll away, and could not be redrawn.
  if (room.rows < ROWS_FOR_CURVE) return lines.slice(0, Math.max(1, room.rows - 1));
  const curve = drawLossCurve(view, { width: Math.min(width, WIDEST_CURVE), height }, colors);
  return [...lines, ...curve];
}

/** The lines while text is read. */
export function renderReading(
  { what: work, done, total }: ReadingEvent,
  room: Room,
  colors: Colors,
): string[] {
  const width = Math.max(1, room.columns - 1);
  const fraction = total > 0 ? done / total : 1;
  return packed(
    [`${progressBar(fraction, barWidth(width), colors)} ${percent(fraction)}`, escapeControls(work)],
    width,
  );
}

function barWidth(width: number): number {
  return Math.max(1, Math.min(WIDEST_BAR, Math.floor(width / 3)));
}

function validationFigures({ loss, perplexity, best, bestLoss, averaged }: ValidationEvent): string[] {
  return [
    `● held-out loss ${fourFigures(loss)}`,
    `perplexity ${fourFigures(perplexity)}`,
    best ? "the best so far" : `best ${fourFigures(bestLoss)}`,
    ...(averaged ? ["averaged weights"] : []),
  ];
}

/** What the model wrote last, in one line. */
function sampleLine({ text }: SampleEvent, width: number): string {
  return cutToColumns(`✎ ${sampleText(text)}`, width);
}

/** Pieces with two spaces between, on as many lines as it takes. A piece wider than a line is cut. */
function packed(pieces: readonly string[], width: number): string[] {
  const lines: string[] = [];
  let line = "";
  for (const piece of pieces) {
    const joined = line === "" ? piece : `${line}  ${piece}`;
    if (line !== "" && visibleWidth(joined) > width) {
      lines.push(line);
      line = piece;
    } else line = joined;
  }
  if (line !== "") lines.push(line);
  return lines.map((text) => (visibleWidth(text) > width ? cut(text, width) : text));
}

/** Only its characters count; styles are dropped, so that none stays open. */
function cut(line: string, width: number): string {
  return line.replaceAll(/\u001b\[[\d;]*m/g, "").slice(0, width);
}
