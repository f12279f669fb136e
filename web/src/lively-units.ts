/** The units that do most on a text. */
import type { Inspection } from "recurra/browser";

/** The units of the greatest variance over the tokens, the greatest first. */
export function lively({ activations, units, tokens }: Inspection, count: number): number[] {
  const n = tokens.length;
  if (n === 0) return [];
  const variances = Float64Array.from({ length: units }, (_, unit) => {
    let sum = 0;
    let squares = 0;
    for (let t = 0; t < n; t++) {
      const h = activations[t * units + unit]!;
      sum += h;
      squares += h * h;
    }
    return squares / n - (sum / n) ** 2;
  });
  return Array.from(variances.keys())
    .toSorted((a, b) => variances[b]! - variances[a]!)
    .slice(0, count);
}
