/**
 * Whether a model's probabilities are right: of the tokens that it found most probable with about p, a part of about p should
 * be what came (reliability curve; Guo et al., 2017, arXiv 1706.04599). With B_i the predictions of bin i, of N in all,
 *
 *   ECE = Σ_i |B_i| / N · |acc(B_i) − conf(B_i)|
 *
 * the expected calibration error, over bins of equal width.
 */

const BINS = 15;

export interface CalibrationBin {
  /** Probabilities from `from` on, up to `to`. */
  readonly from: number;
  readonly to: number;
  readonly tokens: number;
  /** Mean probability told, and how often the most probable token came. */
  readonly confidence: number;
  readonly accuracy: number;
}

export interface CalibrationData {
  /** Those with predictions in them. */
  readonly bins: readonly CalibrationBin[];
  /** ECE, from 0 to 1. */
  readonly error: number;
  /** Mean over all of the probability told, and how often it was right. */
  readonly confidence: number;
  readonly accuracy: number;
}

export class Calibration {
  readonly #counts = new Float64Array(BINS);
  readonly #told = new Float64Array(BINS);
  readonly #right = new Float64Array(BINS);

  /** @param probability of the most probable token @param right whether that came */
  add(probability: number, right: boolean): void {
    const bin = Math.min(BINS - 1, Math.floor(probability * BINS));
    this.#counts[bin]!++;
    this.#told[bin]! += probability;
    if (right) this.#right[bin]!++;
  }

  data(): CalibrationData {
    const N = Math.max(1, sum(this.#counts));
    const bins: CalibrationBin[] = [];
    let error = 0;
    for (let i = 0; i < BINS; i++) {
      const tokens = this.#counts[i]!;
      if (tokens === 0) continue;
      const confidence = this.#told[i]! / tokens;
      const accuracy = this.#right[i]! / tokens;
      error += (tokens / N) * Math.abs(accuracy - confidence);
      bins.push({ from: i / BINS, to: (i + 1) / BINS, tokens, confidence, accuracy });
    }
    return { bins, error, confidence: sum(this.#told) / N, accuracy: sum(this.#right) / N };
  }
}

const sum = (values: Float64Array): number => values.reduce((total, value) => total + value, 0);
