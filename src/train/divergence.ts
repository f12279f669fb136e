/** Divergence: telling a loss that is lost from one that is merely high, and how the run goes on. */

/** Weight of a new window in the smoothed loss, once there were a hundred: a memory of about fifty. */
const NEWEST = 0.02;

/** After this many rollbacks without 1,000 good steps in between the run gives up. */
export const MAX_ROLLBACKS = 6;
/** Good steps after which earlier rollbacks are forgotten. */
export const FORGET_AFTER = 1000;
/** The factor by which each roll-back multiplies the learning rate. */
export const ROLLBACK_FACTOR = 0.5;

/**
 * The smoothed loss after window number `step` (from 1). At first the mean, with more weight on what is newer: the loss
 * falls fast then.
 */
export function smooth(smoothed: number | undefined, loss: number, step: number): number {
  const weight = Math.max(NEWEST, 2 / (step + 1));
  return smoothed === undefined ? loss : (1 - weight) * smoothed + weight * loss;
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
