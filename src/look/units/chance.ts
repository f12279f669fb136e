/**
 * How often chance alone does as well. A track is shifted around the text by a drawn number of tokens, so that it keeps its own
 * runs and no longer belongs to the text; of S shifts, s follow as well or better:
 *
 *   p = (1 + s) / (1 + S)
 *
 * The unit was chosen on the other half of the text, so that its choice is no part of the test.
 */
import { Random } from "../../engine/random.js";
import { areaUnderCurve, Bars, BARS } from "./area.js";
import type { Track } from "./tracks.js";

export const SHIFTS = 499;
/** Tokens that a track is shifted by, at least. */
const LEAST_SHIFT = 50;

/**
 * @param activations h of the unit at the text's first tokens
 * @param told whether a token counts: it is of the half that was not searched
 * @returns p; null where the text is too short to be shifted
 */
export function chanceOf(
  activations: Float32Array,
  { kind, values }: Track,
  told: (place: number) => boolean,
  seed: number,
): number | null {
  const n = activations.length;
  if (n < 4 * LEAST_SHIFT) return null;
  const places = Array.from({ length: n }, (_, place) => place).filter(told);
  const own = new Bars(activations.slice());
  const bars = Uint8Array.from(activations, (h) => own.of(h));
  const strength = (shift: number): number => {
    const y = (place: number): number => values[(place + shift) % n]!;
    if (kind === "number") return Math.abs(correlation(places, (place) => activations[place]!, y));
    const of = new Uint32Array(BARS);
    const others = new Uint32Array(BARS);
    for (const place of places) {
      const into = y(place) === 1 ? of : others;
      into[bars[place]!]!++;
    }
    const { auc } = areaUnderCurve(of, others);
    // Where a shift leaves no token with the property it follows nothing.
    return Number.isFinite(auc) ? Math.abs(auc - 0.5) : 0;
  };
  const found = strength(0);
  const random = new Random(seed);
  let asGood = 0;
  for (let i = 0; i < SHIFTS; i++) {
    const shift = LEAST_SHIFT + Math.floor(random.next() * (n - 2 * LEAST_SHIFT));
    if (strength(shift) >= found) asGood++;
  }
  return (1 + asGood) / (1 + SHIFTS);
}

function correlation(
  places: readonly number[],
  x: (place: number) => number,
  y: (place: number) => number,
): number {
  let [sx, sy, sxx, syy, sxy] = [0, 0, 0, 0, 0];
  for (const place of places) {
    const a = x(place);
    const b = y(place);
    sx += a;
    sy += b;
    sxx += a * a;
    syy += b * b;
    sxy += a * b;
  }
  const N = places.length;
  const variances = (sxx - (sx * sx) / N) * (syy - (sy * sy) / N);
  return variances > 0 ? (sxy - (sx * sy) / N) / Math.sqrt(variances) : 0;
}
