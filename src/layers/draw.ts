/** What the random numbers of a training step are made from. */

/** Which dropout masks, and candidates of a sampled softmax, a training step draws: the same numbers, the same draws. */
export interface Draw {
  readonly seed: number;
  /** Number of the update: each has draws of its own. */
  readonly step: number;
}
