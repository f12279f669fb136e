/** The loss over the steps, drawn in characters: training as a line of braille dots, validations as ●. Pure. */
import type { Colors } from "./colors.js";
import { fourFigures } from "./numbers.js";

export interface CurvePoint {
  readonly step: number;
  /** Nats a token. */
  readonly loss: number;
}

/** Points of a run of any length in bounded memory: where there are too many, neighbours become their mean. */
export class CurveHistory {
  #points: CurvePoint[] = [];
  /** Points that go into one, and those of the next one so far. */
  #stride = 1;
  #pending: CurvePoint[] = [];
  readonly #limit: number;

  /** @param limit most points kept; even */
  constructor(limit = 1024) {
    this.#limit = limit;
  }

  get points(): readonly CurvePoint[] {
    return this.#points;
  }

  add(step: number, loss: number): void {
    if (!Number.isFinite(loss)) return;
    this.#pending.push({ step, loss });
    if (this.#pending.length < this.#stride) return;
    this.#points.push(mean(this.#pending));
    this.#pending = [];
    if (this.#points.length < this.#limit) return;
    this.#points = Array.from({ length: this.#limit / 2 }, (_, i) =>
      mean(this.#points.slice(2 * i, 2 * i + 2)),
    );
    this.#stride *= 2;
  }

  /** Forgets what came after a step: the run went back to it. */
  cutAfter(step: number): void {
    this.#points = this.#points.filter((point) => point.step <= step);
    this.#pending = this.#pending.filter((point) => point.step <= step);
  }
}

function mean(points: readonly CurvePoint[]): CurvePoint {
  const loss = points.reduce((sum, point) => sum + point.loss, 0) / points.length;
  return { step: points[points.length - 1]!.step, loss };
}

export interface Curves {
  readonly training: readonly CurvePoint[];
  readonly validation: readonly CurvePoint[];
}

export interface CurveSize {
  /** Characters, the labels included; no line is wider. */
  readonly width: number;
  /** Lines. */
  readonly height: number;
}

/** Bits of a braille character by row and column of its dot (Unicode block U+2800). */
const DOTS = [
  [0x01, 0x08],
  [0x02, 0x10],
  [0x04, 0x20],
  [0x40, 0x80],
] as const;
const NARROWEST_PLOT = 10;
/** The first losses are far above all later ones: this part of the points does not stretch the scale. */
const BEGINNING = 0.03;

/** The lines of the drawing; none where there is nothing to draw or no room. */
export function drawLossCurve(
  { training, validation }: Curves,
  { width, height }: CurveSize,
  colors: Colors,
): string[] {
  const all = [...training, ...validation];
  if (all.length < 2 || height < 2) return [];
  const settled = [...training.slice(Math.floor(training.length * BEGINNING)), ...validation];
  let low = Infinity;
  let high = -Infinity;
  for (const { loss } of settled) {
    low = Math.min(low, loss);
    high = Math.max(high, loss);
  }
  if (high - low < 1e-6) {
    low -= 0.05;
    high += 0.05;
  }
  const labels = labelLines(low, high, height);
  const plot = width - labels[0]!.length - 1;
  if (plot < NARROWEST_PLOT) return [];

  const first = Math.min(...[training[0], validation[0]].flatMap((point) => (point ? [point.step] : [])));
  const last = Math.max(
    ...[training.at(-1), validation.at(-1)].flatMap((point) => (point ? [point.step] : [])),
  );
  const at = (value: number, from: number, to: number, places: number) =>
    Math.round(((Math.min(to, Math.max(from, value)) - from) / Math.max(to - from, 1e-12)) * (places - 1));
  const column = (step: number, places: number) => at(step, first, last, places);
  const row = (loss: number, places: number) => places - 1 - at(loss, low, high, places);

  const cells = Array.from({ length: height }, () => new Uint8Array(plot));
  const dot = (x: number, y: number) => (cells[y >> 2]![x >> 1]! |= DOTS[y & 3]![x & 1]!);
  const path = columnMeans(training, (step) => column(step, 2 * plot)).map(
    ({ x, loss }) => [x, row(loss, 4 * height)] as const,
  );
  for (const [i, [x, y]] of path.entries()) {
    dot(x, y);
    if (i > 0) connect(path[i - 1]!, [x, y], dot);
  }
  const marks = new Set(validation.map(({ step, loss }) => row(loss, height) * plot + column(step, plot)));
  return cells.map((line, y) => {
    const drawn = Array.from(line, (bits, x) => {
      if (marks.has(y * plot + x)) return "●";
      return bits === 0 ? " " : String.fromCodePoint(0x2800 + bits);
    });
    const painted = drawn
      .join("")
      .trimEnd()
      .replaceAll(/[\u2800-\u28ff]+/g, colors.cyan)
      .replaceAll(/●+/g, colors.yellow);
    return `${colors.dim(`${labels[y]!}${labels[y]!.trim() === "" ? "│" : "┤"}`)}${painted}`;
  });
}

/** Numbers at the top, the middle and the bottom, all of one width. */
function labelLines(low: number, high: number, height: number): string[] {
  const middle = (height - 1) / 2;
  const texts = Array.from({ length: height }, (_, y) => {
    if (y !== 0 && y !== height - 1 && !(height >= 5 && y === middle)) return "";
    const value = high - ((high - low) * y) / (height - 1);
    return high - low < 0.05 || high >= 1000 ? fourFigures(value) : value.toFixed(2);
  });
  const width = Math.max(...texts.map((text) => text.length));
  return texts.map((text) => `${text.padStart(width)} `);
}

/** The mean loss in every column that has points, from left to right. */
function columnMeans(
  points: readonly CurvePoint[],
  columnOf: (step: number) => number,
): { x: number; loss: number }[] {
  const means: { x: number; loss: number; count: number }[] = [];
  for (const { step, loss } of points) {
    const x = columnOf(step);
    const last = means.at(-1);
    if (last?.x === x) {
      last.count++;
      last.loss += (loss - last.loss) / last.count;
    } else means.push({ x, loss, count: 1 });
  }
  return means;
}

/** Dots between two points, so that the line has no gaps. */
function connect(
  from: readonly [number, number],
  to: readonly [number, number],
  dot: (x: number, y: number) => void,
) {
  const length = Math.max(Math.abs(to[0] - from[0]), Math.abs(to[1] - from[1]));
  for (let i = 1; i < length; i++) {
    const part = i / length;
    dot(Math.round(from[0] + (to[0] - from[0]) * part), Math.round(from[1] + (to[1] - from[1]) * part));
  }
}
