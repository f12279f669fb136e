/** Numbers as a person reads them. */

/** A probability. */
export function percent(p: number): string {
  if (p < 0.001) return "< 0.1 %";
  return `${(p * 100).toFixed(p >= 0.0995 ? 0 : 1)} %`;
}

export function whole(value: number): string {
  return Math.round(value).toLocaleString("en");
}

export function toHundredths(value: number): string {
  return value.toLocaleString("en", { minimumFractionDigits: 2, maximumFractionDigits: 2 });
}

/** Seconds. */
export function duration(seconds: number): string {
  const rounded = Math.max(0, Math.round(seconds));
  return rounded < 60 ? `${rounded} s` : `${Math.floor(rounded / 60)} min ${rounded % 60} s`;
}
