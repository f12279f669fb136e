/** p of the tokens that may come next, of logits. */
import type { Floats } from "../engine/engine.js";
import { expOfNegative } from "./exp-table.js";

/**
 * Turns logits (V) into p_i = e^{(x_i − max) / τ} / Σ, in place, over the tokens that may be written; τ = 0 gives all to the
 * greatest.
 * @param excluded tokens that never come, whose p is 0
 * @returns false where there are no such probabilities: with NaN, or where nothing is possible
 */
export function softmaxInPlace(x: Floats, excluded: readonly number[], temperature = 1): boolean {
  for (const id of excluded) x[id] = -Infinity;
  let max = -Infinity;
  for (let i = 0; i < x.length; i++) if (x[i]! > max) max = x[i]!;
  if (max === -Infinity) return false;
  let sum = 0;
  for (let i = 0; i < x.length; i++) {
    const e = x[i] === max ? 1 : temperature > 0 ? expOfNegative((x[i]! - max) / temperature) : 0;
    x[i] = e;
    sum += e;
  }
  const factor = 1 / sum;
  for (let i = 0; i < x.length; i++) x[i]! *= factor;
  return !Number.isNaN(sum);
}

/** ln Σ e^x = max x + ln Σ e^{x − max}; NaN with NaN. */
export function logSumExp(x: Floats): number {
  let max = -Infinity;
  for (let i = 0; i < x.length; i++) {
    if (x[i]! > max) max = x[i]!;
    else if (Number.isNaN(x[i]!)) return NaN;
  }
  if (Math.abs(max) === Infinity) return max;
  let sum = 0;
  for (let i = 0; i < x.length; i++) sum += expOfNegative(x[i]! - max);
  return max + Math.log(sum);
}
