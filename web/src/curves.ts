/** The loss of the run, step by step, thinned out as it grows. */
import { signal } from "@preact/signals";
import type { MetricLine } from "recurra/browser";

/** Columns for the plot: steps, smoothed loss of training, held-out loss; null where there is none. */
export interface Curves {
  readonly steps: readonly number[];
  readonly loss: readonly (number | null)[];
  readonly valid: readonly (number | null)[];
}

const EMPTY: Curves = { steps: [], loss: [], valid: [] };
/** More points than this cannot be distinguished. */
const MOST_POINTS = 1500;
/** Weight of a new window in the smoothed loss that is drawn of metrics. */
const NEWEST = 0.02;

export const curves = signal<Curves>(EMPTY);

let points = new Map<number, { loss: number | null; valid: number | null }>();
let every = 1;

export function clearCurves(): void {
  points = new Map();
  every = 1;
  curves.value = EMPTY;
}

export function addLoss(step: number, loss: number): void {
  if (step % every !== 0) return;
  pointAt(step).loss = loss;
  if (points.size <= MOST_POINTS) return;
  every *= 2;
  for (const [old, { valid }] of points) if (old % every !== 0 && valid === null) points.delete(old);
}

export function addValidation(step: number, loss: number): void {
  pointAt(step).valid = loss;
}

function pointAt(step: number): { loss: number | null; valid: number | null } {
  const known = points.get(step);
  if (known) return known;
  const made = { loss: null, valid: null };
  points.set(step, made);
  return made;
}

/** Shows the added points. */
export function drawCurves(): void {
  const sorted = [...points].toSorted(([a], [b]) => a - b);
  curves.value = {
    steps: sorted.map(([step]) => step),
    loss: sorted.map(([, { loss }]) => loss),
    valid: sorted.map(([, { valid }]) => valid),
  };
}

/** The curves of a stored run. */
export function showMetrics(lines: readonly MetricLine[]): void {
  let smoothed: number | undefined;
  for (const line of lines) {
    const { step } = line;
    if (typeof line["loss"] === "number") {
      const weight = Math.max(NEWEST, 2 / (step + 1));
      smoothed = smoothed === undefined ? line["loss"] : (1 - weight) * smoothed + weight * line["loss"];
      addLoss(step, smoothed);
    }
    if (typeof line["validLoss"] === "number") addValidation(step, line["validLoss"]);
  }
  drawCurves();
}
