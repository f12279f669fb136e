/** Whether a difference of word error rates is more than chance. */
import { Random } from "../engine/random.js";

/** The errors of both outputs in one utterance, and its reference's words. */
export interface PairedErrors {
  readonly words: number;
  readonly before: number;
  readonly after: number;
}

export interface Interval {
  readonly low: number;
  readonly high: number;
}

/** Draws of the bootstrap. */
export const RESAMPLES = 10_000;
const LEVEL = 0.95;

/**
 * Interval at 95 % of the difference of word error rates, after − before, by drawing whole utterances with replacement
 * (Bisani and Ney, 2004, "Bootstrap estimates for confidence intervals in ASR performance evaluation"):
 *
 *   Δ* = Σ (after − before) / Σ words, over n utterances drawn from the n
 *
 * @param seed of the draws
 */
export function bootstrapInterval(pairs: readonly PairedErrors[], seed = 1): Interval {
  const n = pairs.length;
  const random = new Random(seed);
  const [gained, words] = [Float64Array.from(pairs, gainOf), Float64Array.from(pairs, (pair) => pair.words)];
  const drawn = new Float64Array(RESAMPLES);
  for (let r = 0; r < RESAMPLES; r++) {
    let [gain, count] = [0, 0];
    for (let i = 0; i < n; i++) {
      const at = Math.floor(random.next() * n);
      gain += gained[at]!;
      count += words[at]!;
    }
    drawn[r] = count > 0 ? gain / count : 0;
  }
  drawn.sort();
  const cut = (RESAMPLES * (1 - LEVEL)) / 2;
  return { low: drawn[Math.floor(cut)]!, high: drawn[Math.ceil(RESAMPLES - 1 - cut)]! };
}

/**
 * Two-sided p of the matched-pairs test, utterances as segments (Gillick and Cox, 1989, "Some statistical issues in the
 * comparison of speech recognition algorithms"): with z_i = after_i − before_i, mean μ and variance σ²,
 *
 *   W = μ / (σ / √n),   p = 2 (1 − Φ(|W|))
 *
 * The normal distribution holds for some tens of utterances with a difference on. 1 where nothing differs.
 */
export function matchedPairsP(pairs: readonly PairedErrors[]): number {
  const n = pairs.length;
  const z = pairs.map(gainOf);
  if (z.every((value) => value === 0)) return 1;
  const mean = z.reduce((sum, value) => sum + value, 0) / n;
  const variance = z.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (n - 1);
  // One utterance says nothing of chance; the same difference everywhere leaves none to it.
  if (n === 1) return 1;
  if (variance === 0) return 0;
  return erfc(Math.abs(mean / Math.sqrt(variance / n)) / Math.SQRT2);
}

const gainOf = ({ before, after }: PairedErrors): number => after - before;

/**
 * erfc(x) for x ≥ 0: 1 − (2/√π) e^{−x²} Σ_k 2^k x^{2k+1} / (2k + 1)!! below 3 (Abramowitz and Stegun, 7.1.6), and the
 * continued fraction e^{−x²}/√π · 1/(x + ½/(x + 1/(x + 3⁄2/(x + …)))) from there on (7.1.14).
 */
export function erfc(x: number): number {
  const gauss = Math.exp(-x * x);
  if (x < 3) {
    let term = x;
    let sum = x;
    for (let k = 1; term > sum * 1e-17; k++) sum += term *= (2 * x * x) / (2 * k + 1);
    return 1 - (2 / Math.sqrt(Math.PI)) * gauss * sum;
  }
  let fraction = x;
  for (let k = 60; k >= 1; k--) fraction = x + k / 2 / fraction;
  return gauss / Math.sqrt(Math.PI) / fraction;
}
