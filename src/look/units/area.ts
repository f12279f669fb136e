/** AUC from histograms: how often a value of the one kind is above one of the other. */

export const BARS = 256;

/** Equal parts of a unit's range, of each of which the first bar is known. */
const PARTS = 2048;

/** Bars between which a unit's values spread evenly: its quantiles in a sample. */
export class Bars {
  /** Where bars 1, 2, … begin, ascending. */
  readonly #edges: Float32Array;
  /** By part of the range: the bar of a value at its beginning. */
  readonly #first: Uint8Array;
  readonly #least: number;
  readonly #scale: number;

  /** @param sample values of the unit; it is sorted in place */
  constructor(sample: Float32Array) {
    sample.sort();
    const edges = Float32Array.from(
      { length: BARS - 1 },
      (_, i) => sample[Math.min(sample.length - 1, Math.floor(((i + 1) * sample.length) / BARS))]!,
    );
    const range = edges.at(-1)! - edges[0]!;
    this.#edges = edges;
    this.#least = edges[0]!;
    this.#scale = range > 0 ? PARTS / range : 0;
    let bar = 0;
    this.#first = Uint8Array.from({ length: PARTS }, (_, part) => {
      while (bar < edges.length && edges[bar]! <= this.#least + (part * range) / PARTS) bar++;
      return bar;
    });
  }

  /** The number of the bar of a value: how many begin at it or below. */
  of(value: number): number {
    const edges = this.#edges;
    const part = Math.floor((value - this.#least) * this.#scale);
    let bar = this.#first[part < 0 ? 0 : part < PARTS ? part : PARTS - 1]!;
    while (bar > 0 && edges[bar - 1]! > value) bar--;
    while (bar < BARS - 1 && edges[bar]! <= value) bar++;
    return bar;
  }
}

export interface Area {
  /** P(value of the one > value of the other) + ½ P(equal), from 0 to 1; a half by chance. */
  readonly auc: number;
  /** It differs from that of the values themselves by no more: values of one bar are taken as equal. */
  readonly rounding: number;
}

/**
 *   AUC = Σ_b p_b (Σ_{a<b} q_a + q_b / 2)
 *
 * with p and q the parts of the one and the other kind in bar b. In a bar values of different kinds may really be in either
 * order: that is Σ_b p_b q_b / 2 at most.
 */
export function areaUnderCurve(of: ArrayLike<number>, others: ArrayLike<number>): Area {
  let [n, m] = [0, 0];
  for (let b = 0; b < of.length; b++) {
    n += of[b]!;
    m += others[b]!;
  }
  let [auc, rounding, below] = [0, 0, 0];
  for (let b = 0; b < of.length; b++) {
    const p = of[b]! / n;
    const q = others[b]! / m;
    auc += p * (below + q / 2);
    rounding += (p * q) / 2;
    below += q;
  }
  return { auc, rounding };
}
