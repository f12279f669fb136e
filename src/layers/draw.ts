/** The seed of a training step's random draws. */

/**
 * Identifies the random draws of a training step (dropout masks, candidates of a sampled softmax): equal values give
 * equal draws.
 */
export interface Draw {
  readonly seed: number;
  /** Number of the update: each has draws of its own. */
  readonly step: number;
}
