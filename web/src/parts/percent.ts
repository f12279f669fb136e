/** A probability as a person reads it. */
export function percent(p: number): string {
  if (p < 0.001) return "< 0.1 %";
  return `${(p * 100).toFixed(p >= 0.0995 ? 0 : 1)} %`;
}
