/**
 * The skew-normal distribution (Azzalini, 1985) with location ξ, scale ω and shape α,
 *
 *   f(x) = 2/ω φ(z) Φ(α z),   z = (x − ξ) / ω,
 *
 * fitted to figures by maximum likelihood, and ln P(X ≤ x), which also far out in its tail is not rounded to nothing.
 */

export interface SkewNormal {
  readonly location: number;
  /** Above 0. */
  readonly scale: number;
  readonly shape: number;
}

const LN_SQRT_TAU = 0.5 * Math.log(2 * Math.PI);

/** ln φ(z) */
const lnPhi = (z: number): number => -0.5 * z * z - LN_SQRT_TAU;

/** ln Φ(z), the standard normal distribution function. */
export function lnNormalCdf(z: number): number {
  if (z > 3) return Math.log1p(-Math.exp(lnNormalCdf(-z)));
  if (z < -3) {
    // Φ(−y) = φ(y) / (y + 1/(y + 2/(y + 3/…))) (Laplace), from below.
    const y = -z;
    let fraction = y;
    for (let k = 40; k > 0; k--) fraction = y + k / fraction;
    return lnPhi(y) - Math.log(fraction);
  }
  // Φ(z) = 1/2 + φ(z) (z + z³/3 + z⁵/(3·5) + …)
  let term = z;
  let sum = z;
  for (let k = 3; Math.abs(term) > 1e-18; k += 2) sum += term *= (z * z) / k;
  return Math.log(0.5 + Math.exp(lnPhi(z)) * sum);
}

/** ln f(x) */
function lnDensity(x: number, { location, scale, shape }: SkewNormal): number {
  const z = (x - location) / scale;
  return Math.LN2 - Math.log(scale) + lnPhi(z) + lnNormalCdf(shape * z);
}

/** Panels of Simpson's rule. */
const PANELS = 2000;
/** A density e^−this times as great as the greatest adds nothing. */
const NOTHING = 45;

/** ln P(X ≤ x), by Simpson's rule over all that counts below x. */
export function lnSkewNormalCdf(x: number, fit: SkewNormal): number {
  // Log-concave: from x down it rises at first, where x lies above the mode, and then only falls.
  let greatest = lnDensity(x, fit);
  let step = fit.scale / 1024;
  let from = x;
  for (;;) {
    const value = lnDensity(from - step, fit);
    greatest = Math.max(greatest, value);
    from -= step;
    // Also where it is not a number: nothing comes to be one.
    if (!(value >= greatest - NOTHING)) break;
    step *= 1.25;
  }
  const width = (x - from) / PANELS;
  let sum = 0;
  for (let i = 0; i <= PANELS; i++) {
    const weight = i === 0 || i === PANELS ? 1 : i % 2 === 1 ? 4 : 2;
    sum += weight * Math.exp(lnDensity(from + i * width, fit) - greatest);
  }
  return Math.min(0, greatest + Math.log((sum * width) / 3));
}

/** Most that moments allow: beyond this no skew-normal distribution is so skewed. */
const MOST_SKEWED = 0.99;

/**
 * By maximum likelihood (Nelder and Mead, 1965, over ξ, ln ω and α), beginning with the moments.
 * @param values at least 10, not all the same
 */
export function fitSkewNormal(values: Float64Array): SkewNormal {
  const n = values.length;
  const mean = values.reduce((sum, x) => sum + x, 0) / n;
  const moment = (k: number): number => values.reduce((sum, x) => sum + (x - mean) ** k, 0) / n;
  const deviation = Math.sqrt(moment(2));
  // skewness = (4 − π)/2 · (δ√(2/π))³ / (1 − 2δ²/π)^(3/2), solved for δ; α = δ / √(1 − δ²)
  const skewness = moment(3) / deviation ** 3;
  const r = Math.abs(skewness) ** (2 / 3);
  const size = Math.min(MOST_SKEWED, Math.sqrt(((Math.PI / 2) * r) / (r + ((4 - Math.PI) / 2) ** (2 / 3))));
  const delta = Math.sign(skewness) * size;
  const scale = deviation / Math.sqrt(1 - (2 * delta ** 2) / Math.PI);
  const begun = [
    (mean - scale * delta * Math.sqrt(2 / Math.PI) - mean) / deviation,
    Math.log(scale / deviation),
    delta / Math.sqrt(1 - delta ** 2),
  ];
  const of = ([location, lnScale, shape]: readonly number[]): SkewNormal => ({
    location: mean + deviation * location!,
    scale: deviation * Math.exp(lnScale!),
    shape: shape!,
  });
  return of(
    minimum((point) => {
      const fit = of(point);
      let sum = 0;
      for (let i = 0; i < n; i++) sum -= lnDensity(values[i]!, fit);
      return Number.isFinite(sum) ? sum / n : Infinity;
    }, begun),
  );
}

/** The greatest distance between the distribution and that of the figures (Kolmogorov, 1933; Smirnov, 1948). */
export function distanceFrom(fit: SkewNormal, values: Float64Array): number {
  const sorted = values.toSorted();
  const n = sorted.length;
  let most = 0;
  // At some hundred places: between two of them the distribution hardly grows.
  const stride = Math.max(1, Math.floor(n / 500));
  for (let i = 0; i < n; i += stride) {
    const p = Math.exp(lnSkewNormalCdf(sorted[i]!, fit));
    most = Math.max(most, Math.abs(p - i / n), Math.abs(p - (i + 1) / n));
  }
  return most;
}

const MOST_STEPS = 600;

/** A minimum by the simplex method of Nelder and Mead, with their coefficients 1, 2, 1/2, 1/2. */
function minimum(f: (point: readonly number[]) => number, begun: readonly number[]): readonly number[] {
  const at = (point: readonly number[]) => ({ point, value: f(point) });
  let simplex = [at(begun), ...begun.map((_, d) => at(begun.map((x, i) => (i === d ? x + 0.25 : x))))];
  for (let step = 0; step < MOST_STEPS; step++) {
    simplex.sort((a, b) => a.value - b.value);
    const [best, worst] = [simplex[0]!, simplex.at(-1)!];
    if (worst.value - best.value < 1e-10) break;
    const others = simplex.slice(0, -1);
    const centre = begun.map((_, d) => others.reduce((sum, { point }) => sum + point[d]!, 0) / others.length);
    const along = (t: number) => at(centre.map((c, d) => c + t * (worst.point[d]! - c)));
    const mirrored = along(-1);
    let next = mirrored;
    if (mirrored.value < best.value) {
      const farther = along(-2);
      if (farther.value < mirrored.value) next = farther;
    } else if (mirrored.value >= others.at(-1)!.value) {
      next = along(mirrored.value < worst.value ? -0.5 : 0.5);
      if (next.value >= Math.min(worst.value, mirrored.value)) {
        simplex = simplex.map(({ point }, i) =>
          i === 0 ? best : at(point.map((x, d) => (x + best.point[d]!) / 2)),
        );
        continue;
      }
    }
    simplex[simplex.length - 1] = next;
  }
  return simplex.toSorted((a, b) => a.value - b.value)[0]!.point;
}
