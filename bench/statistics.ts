/** What is said of the measurements of several rounds. */
import { median } from "./measure.js";

/** The middle of the rounds, and how far they lie apart. */
export interface Spread {
  readonly median: number;
  readonly from: number;
  readonly to: number;
}

export function spread(xs: readonly number[]): Spread {
  return { median: median(xs), from: Math.min(...xs), to: Math.max(...xs) };
}

/** Round by round, so that what slowed a whole round down slowed down both. */
export function ratios(ours: readonly number[], theirs: readonly number[]): number[] {
  return ours.map((x, i) => x / theirs[i]!);
}

/** The n-th root of the product of n numbers above 0. */
export function geometricMean(xs: readonly number[]): number {
  return Math.exp(xs.reduce((sum, x) => sum + Math.log(x), 0) / xs.length);
}
