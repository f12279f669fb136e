/** How a study's budget is laid out: rungs, how far each is, and what is kept for the best model's way to its end. */
import type { TrialLength } from "./trial-runner.js";

/** Of a study's time, the part in which it looks for a model; the rest is for the best one's own training. */
export const SEARCH_SHARE = 0.75;
/** Of the time of looking, the part in which trials train: the rest goes for reading, measuring and saving. */
const TRAINING_SHARE = 0.85;
/** Seconds that rung 0 has at least, where there are more rungs than two. */
const LEAST_SECONDS = 8;
const MOST_RUNGS = 5;
/** Seconds of a rung, whatever the budget. */
const SHORTEST = 0.5;

/** Rungs, and how far the first is. */
export interface Layout {
  readonly rungs: number;
  readonly length: TrialLength;
}

/**
 * Of a budget of time. With K rungs η^(K − 1) new trials bring one to the top. A trial that is promoted goes on from where it
 * is, so that every rung above the first takes 1 − 1/η of what the first takes in all; s slots for S seconds are filled by
 *
 *   s S = η^(K − 1) r (1 + (K − 1)(1 − 1/η)),   r the seconds of rung 0
 *
 * As many rungs are laid as leave r a few seconds: the more trials, the more is known of the space.
 */
export function layoutInTime(seconds: number, slots: number, eta: number): Layout {
  const available = slots * seconds * SEARCH_SHARE * TRAINING_SHARE;
  const first = (rungs: number): number =>
    available / (eta ** (rungs - 1) * (1 + (rungs - 1) * (1 - 1 / eta)));
  let rungs = MOST_RUNGS;
  while (rungs > 2 && first(rungs) < LEAST_SECONDS) rungs--;
  return { rungs, length: { unit: "seconds", amount: Number(Math.max(SHORTEST, first(rungs)).toFixed(2)) } };
}

/** Of a number of trials, of which those that come furthest read the text so many times. */
export function layoutOfPasses(passes: number, trials: number, eta: number): Layout {
  const most = 1 + Math.floor(Math.log(Math.max(1, trials)) / Math.log(eta) + 1e-9);
  const rungs = Math.max(1, Math.min(MOST_RUNGS - 1, most));
  return { rungs, length: { unit: "passes", amount: passes / eta ** (rungs - 1) } };
}

/** Trials side by side, and the threads of each. */
export interface Split {
  readonly slots: number;
  readonly threads: number;
}

/** The ways to share cores: halved again and again. */
export function splitsOf(cores: number, { slots, threads }: Partial<Split> = {}): Split[] {
  if (slots !== undefined && threads !== undefined) return [{ slots, threads }];
  if (slots !== undefined) return [{ slots, threads: Math.max(1, Math.floor(cores / slots)) }];
  if (threads !== undefined) return [{ slots: Math.max(1, Math.floor(cores / threads)), threads }];
  const splits: Split[] = [];
  for (let side = 1; side <= cores; side *= 2)
    splits.push({ slots: side, threads: Math.floor(cores / side) });
  return splits;
}

/** Less than this much more is no reason for more trials side by side, each of which takes longer. */
const WORTH = 1.05;

/** The way that does most in all; of those that differ little the one with the fewest side by side. */
export function bestSplit<Measured extends Split & { readonly speed: number }>(
  measured: readonly Measured[],
): Measured {
  return measured
    .toSorted((a, b) => a.slots - b.slots)
    .reduce((best, next) => (next.speed > WORTH * best.speed ? next : best));
}
