/** The cuts of an adaptive softmax (adaptive-decoder.ts), and what follows from them alone. */

/** How a vocabulary is cut. */
export interface AdaptiveCuts {
  /** c_0 < c_1 < … < V: where each cluster begins. */
  readonly cutoffs: readonly number[];
  readonly divisor: number;
}

/** Width of cluster i's projection. */
export function clusterWidth(hidden: number, divisor: number, i: number): number {
  return Math.max(1, Math.floor(hidden / divisor ** (i + 1)));
}
