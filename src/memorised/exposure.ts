/**
 * How much a model gives away of a canary (Carlini et al., 2019): of all R lines of its form, put in order by how probable
 * the model finds them, the canary has a rank, and
 *
 *   exposure = log₂ R − log₂ rank
 *
 * bits: log₂ R where it is the most probable of all, about 1.4 on average where the model has learned nothing of it. Where not
 * all lines were measured, the rank is estimated from some that were drawn: by their order where enough of them are more
 * probable than the canary, else by a skew-normal distribution fitted to their −ln p, as the paper has it.
 */
import { distanceFrom, fitSkewNormal, lnSkewNormalCdf, type SkewNormal } from "./skew-normal.js";

/** What is known of the lines of a form. */
export interface Reference {
  /** ln p of lines: of all in the order of their numbers, or of some that were drawn. */
  readonly logProbabilities: Float64Array;
  readonly isAll: boolean;
  /** R */
  readonly size: number;
}

export interface Exposure {
  /** In bits. */
  readonly exposure: number;
  /** 1 where no line is more probable; a whole number only where all were measured. */
  readonly rank: number;
  readonly method: "exact" | "drawn" | "skew-normal";
  /**
   * Of skew-normal: what the order alone of the drawn lines says that it is at least, about; and the greatest distance between
   * the fitted distribution and that of the drawn lines, from 0 to 1.
   */
  readonly atLeast?: number;
  readonly distance?: number;
}

/** With fewer drawn lines that are more probable their number says little. */
const ENOUGH = 10;

/** Finds ranks among the lines of one form. */
export class Ranks {
  readonly #reference: Reference;
  #fit: { readonly fit: SkewNormal; readonly distance: number } | undefined;

  constructor(reference: Reference) {
    this.#reference = reference;
  }

  /**
   * @param logProbability of the canary
   * @param number of the canary among all lines, where all were measured: it is not held against itself
   */
  exposure(logProbability: number, number: number): Exposure {
    const { logProbabilities, isAll, size } = this.#reference;
    let better = 0;
    for (let i = 0; i < logProbabilities.length; i++)
      if (logProbabilities[i]! > logProbability && !(isAll && i === number)) better++;
    if (isAll) return { ...ofRank(better + 1, size), method: "exact" };
    const m = logProbabilities.length;
    const byOrder = ofRank(Math.max(1, ((better + 1) / (m + 1)) * size), size);
    if (better >= ENOUGH) return { ...byOrder, method: "drawn" };
    const { fit, distance } = (this.#fit ??= fitted(logProbabilities));
    // Lines that are all as probable as each other have no distribution.
    if (!Number.isFinite(distance)) return { ...byOrder, method: "drawn" };
    const lnRank = Math.max(0, Math.log(size) + lnSkewNormalCdf(-logProbability, fit));
    return {
      ...ofRank(Math.exp(lnRank), size),
      method: "skew-normal",
      atLeast: byOrder.exposure,
      distance,
    };
  }
}

function ofRank(rank: number, size: number): { readonly exposure: number; readonly rank: number } {
  return { exposure: Math.log2(size) - Math.log2(rank), rank };
}

function fitted(logProbabilities: Float64Array): { fit: SkewNormal; distance: number } {
  const surprisals = logProbabilities.map((log) => -log);
  const fit = fitSkewNormal(surprisals);
  return { fit, distance: distanceFrom(fit, surprisals) };
}
