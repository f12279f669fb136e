/** Divergence: telling a loss that is lost from one that is merely high, and how the run goes on. */

/** Weight of the past in the smoothed loss: a memory of about a hundred windows. */
const SMOOTHING = 0.99;

/** After this many rollbacks without 1,000 good steps in between the run gives up. */
export const MAX_ROLLBACKS = 6;
/** Good steps after which earlier rollbacks are forgotten. */
export const FORGET_AFTER = 1000;
/** What each rollback multiplies the learning rate by. */
export const ROLLBACK_FACTOR = 0.5;

/** The smoothed loss after one more; the first is taken as it is. */
export function smooth(smoothed: number | undefined, loss: number): number {
  return smoothed === undefined ? loss : SMOOTHING * smoothed + (1 - SMOOTHING) * loss;
}

/**
 * True where a step must not be trained on: its loss or gradient is no number, or its loss is far above both what a
 * model that knows nothing would have (ln V) and what the run had reached.
 */
export function diverged(
  loss: number,
  gradientNorm: number,
  smoothed: number | undefined,
  vocabulary: number,
): boolean {
  if (!Number.isFinite(loss) || !Number.isFinite(gradientNorm)) return true;
  const ignorance = Math.log(vocabulary);
  return loss > 2 * ignorance + 3 || (smoothed !== undefined && loss > 3 * smoothed && loss > ignorance + 1);
}
