/**
 * Where to cut a vocabulary for an adaptive softmax (Grave et al., 2017): so that a row's expected cost is least, by how
 * often each token occurs.
 */
import { type AdaptiveCuts, clusterWidth } from "../layers/adaptive-cuts.js";

/** By how much each cluster's projection is narrower than the one before, as in the paper. */
export const DIVISOR = 4;
/** Clusters, at most: a fourth gains nothing below millions of tokens. */
const MOST_CLUSTERS = 3;
/** Places that are tried for a cut: multiples of one factor apart. */
const PLACES = 48;
/** Of all occurrences the head has at least so many: frequent tokens keep the whole width of h. */
const HEAD_SHARE = 0.8;
/** The cost of a logit besides its product, in multiply-adds: exponential, maximum, sum, gradient. */
const LOGIT_COST = 24;

/** Multiply-adds of a row: of the head, and of each cluster by how probable it is. */
export function rowCost(
  cuts: AdaptiveCuts,
  hidden: number,
  share: (from: number, to: number) => number,
  V: number,
): number {
  const { cutoffs, divisor } = cuts;
  let cost = (cutoffs[0]! + cutoffs.length) * (hidden + LOGIT_COST);
  for (const [i, from] of cutoffs.entries()) {
    const to = cutoffs[i + 1] ?? V;
    const d = clusterWidth(hidden, divisor, i);
    cost += share(from, to) * (hidden * d + (to - from) * (d + LOGIT_COST));
  }
  return cost;
}

/**
 * The cheapest cut-offs that leave most occurrences to the head.
 * @param counts how often each token occurs, by token number; the gain is greatest where frequent ones come first
 * @param hidden H
 */
export function chooseCutoffs(counts: ArrayLike<number>, hidden: number): AdaptiveCuts {
  const V = counts.length;
  // Σ of the counts before a token, each one greater so that none is 0.
  const before = new Float64Array(V + 1);
  for (let v = 0; v < V; v++) before[v + 1] = before[v]! + counts[v]! + 1;
  const share = (from: number, to: number) => (before[to]! - before[from]!) / before[V]!;
  const places = [
    ...new Set(Array.from({ length: PLACES }, (_, i) => Math.round(V ** ((i + 1) / (PLACES + 1))))),
  ].filter((place) => place > 0 && place < V);
  let best: AdaptiveCuts = { cutoffs: [V - 1], divisor: DIVISOR };
  let least = Infinity;
  const visit = (cutoffs: readonly number[], next: number): void => {
    if (cutoffs.length > 0) {
      const cuts = { cutoffs, divisor: DIVISOR };
      const cost = rowCost(cuts, hidden, share, V);
      if (cost < least) {
        least = cost;
        best = cuts;
      }
    }
    if (cutoffs.length === MOST_CLUSTERS) return;
    for (let p = next; p < places.length; p++)
      if (cutoffs.length > 0 || share(0, places[p]!) >= HEAD_SHARE) visit([...cutoffs, places[p]!], p + 1);
  };
  visit([], 0);
  return best;
}

/** Counts as Zipf's law has them, for a vocabulary that is not counted yet. */
export function zipfCounts(vocabulary: number): Float64Array {
  return Float64Array.from({ length: vocabulary }, (_, rank) => 1e9 / (rank + 3));
}
