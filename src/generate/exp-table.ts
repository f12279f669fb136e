/**
 * e^y for y ≤ 0, about twice as fast as Math.exp, where a draw needs it for every word of a large vocabulary.
 *
 *   y = (256 k + i + f) ln 2 / 256 with |f| ≤ 1/2:   e^y = 2^k · 2^(i/256) · e^r,   r = f ln 2 / 256
 *
 * 2^k and 2^(i/256) come from tables, e^r from its series up to r⁴. The relative error is below 1e-13 (it grows with |y|,
 * as y · 256 / ln 2 is rounded).
 */

/** Below this the result is 0 (it would not be a normal number). */
const LEAST = -708;
const PER_Y = 256 / Math.LN2;
const STEP = Math.LN2 / 256;
const LEAST_POWER = 1023;

const FRACTIONS = Float64Array.from({ length: 256 }, (_, i) => 2 ** (i / 256));
const POWERS = Float64Array.from({ length: LEAST_POWER + 1 }, (_, k) => 2 ** (k - LEAST_POWER));

/** @param y at most 0; NaN gives NaN */
export function expOfNegative(y: number): number {
  if (y < LEAST) return 0;
  const t = y * PER_Y;
  const n = Math.round(t);
  const r = (t - n) * STEP;
  const series = 1 + r * (1 + r * (1 / 2 + r * (1 / 6 + r / 24)));
  return POWERS[(n >> 8) + LEAST_POWER]! * FRACTIONS[n & 255]! * series;
}
