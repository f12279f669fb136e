/**
 * Parzen estimators of one option in [0, 1], as the tree-structured Parzen estimator has them (Bergstra et al.,
 * "Algorithms for Hyper-Parameter Optimization", 2011, section 4): the mean of one density a value that was seen, and of
 * the even one, which stands for what was not.
 *
 *   numbers   p(u) = (1 + Σᵢ N(u; uᵢ, σᵢ) / Z(uᵢ, σᵢ)) / (n + 1),  Z the part of a normal that lies in [0, 1]
 *   words     p(v) = (1/k + Σᵢ [v = vᵢ]) / (n + 1),  of k words
 *
 * σᵢ is the greater of the distances to the neighbours of uᵢ, the ends 0 and 1 among them, and not below 1 / (n + 1), so
 * that n values that lie together do not shut out the rest.
 */
import type { Random } from "../engine/random.js";

/** A density over the places of one option. */
export interface Density {
  /** Of numbers a place, of words the index. */
  draw(random: Random): number;
  logDensity(at: number): number;
}

/** @param places uᵢ */
export function numberDensity(places: readonly number[]): Density {
  const sorted = places.toSorted((a, b) => a - b);
  const n = sorted.length;
  const kernels = sorted.map((centre, i) => {
    const below = centre - (sorted[i - 1] ?? 0);
    const above = (sorted[i + 1] ?? 1) - centre;
    const width = Math.min(1, Math.max(below, above, 1 / (n + 1)));
    const inside = normalBelow((1 - centre) / width) - normalBelow(-centre / width);
    return { centre, width, inside };
  });
  return {
    draw(random) {
      const index = random.below(n + 1);
      if (index === n) return random.next();
      const { centre, width } = kernels[index]!;
      for (;;) {
        const u = centre + width * random.normal();
        if (u >= 0 && u <= 1) return u;
      }
    },
    logDensity(u) {
      let sum = 1;
      for (const { centre, width, inside } of kernels) {
        const z = (u - centre) / width;
        sum += Math.exp(-0.5 * z * z) / (width * Math.sqrt(2 * Math.PI) * inside);
      }
      return Math.log(sum / (n + 1));
    },
  };
}

/**
 * @param indices vᵢ
 * @param size k
 */
export function wordDensity(indices: readonly number[], size: number): Density {
  const weights = new Array<number>(size).fill(1 / size);
  for (const index of indices) weights[index]!++;
  const total = indices.length + 1;
  return {
    draw(random) {
      let left = random.next() * total;
      for (let index = 0; index < size - 1; index++) {
        left -= weights[index]!;
        if (left < 0) return index;
      }
      return size - 1;
    },
    logDensity: (index) => Math.log(weights[index]! / total),
  };
}

/** Φ(z), the part of a standard normal below z (Abramowitz and Stegun, 7.1.26: within 1.5e-7). */
export function normalBelow(z: number): number {
  const x = Math.abs(z) / Math.SQRT2;
  const t = 1 / (1 + 0.3275911 * x);
  const poly =
    t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))));
  const below = 1 - 0.5 * poly * Math.exp(-x * x);
  return z >= 0 ? below : 1 - below;
}
