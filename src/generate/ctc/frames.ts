/** Frames of an acoustic model: (T, V) numbers, a row of labels for every frame, checked and made log-probabilities. */
import type { Floats } from "../../engine/engine.js";
import { option, sentence, UserError } from "../../errors.js";
import type { MATRIX_VALUES } from "../../options/words.js";

/** What the numbers of a matrix are. */
export type MatrixValues = (typeof MATRIX_VALUES)[number];

export interface Matrix {
  /** (T, V), frame after frame. */
  readonly data: Floats;
  /** T */
  readonly frames: number;
  /** V */
  readonly labels: number;
}

/** How far the sum of a frame's probabilities may be from 1: what floats of 16 bits leave. */
const TOLERANCE = 0.05;

/**
 * ln p of a frame's labels.
 * @param row (V)
 * @param into (V), gets them
 * @param where names the frame in messages: "a.npy, frame 12"
 * @throws UserError for NaN, +∞, and numbers that are not what `values` says
 */
export function readFrame(row: Floats, values: MatrixValues, into: Float64Array, where: string): void {
  let max = -Infinity;
  let total = 0;
  for (const [label, value] of row.entries()) {
    if (Number.isNaN(value) || value === Infinity || (values === "probabilities" && value < 0))
      throw new UserError(
        `${where}: the value of label ${label + 1} is ${value}, which is no ${values === "logits" ? "logit" : values === "probabilities" ? "probability" : "log-probability"}; look at what wrote the matrix.`,
      );
    total += value;
    into[label] = values === "probabilities" ? Math.log(value) : value;
    max = Math.max(max, into[label]!);
  }
  if (max === -Infinity)
    throw new UserError(`${where}: no label is possible; look at what wrote the matrix.`);
  let sum = 0;
  for (const x of into) sum += Math.exp(x - max);
  const logSum = max + Math.log(sum);
  if (values !== "logits" && Math.abs(Math.exp(logSum) - 1) > TOLERANCE)
    throw new UserError({
      option: "values",
      problem: sentence`${where}: the probabilities sum to ${Math.exp(logSum).toPrecision(3)}, so these are no ${values}`,
      advice:
        values === "log-probabilities" && Math.abs(total - 1) <= TOLERANCE && row.every((x) => x >= 0)
          ? sentence`they look like probabilities: give ${option("values", "probabilities")}`
          : sentence`give ${option("values", "logits")} where the acoustic model has no softmax at its end`,
    });
  for (let label = 0; label < into.length; label++) into[label]! -= logSum;
}
