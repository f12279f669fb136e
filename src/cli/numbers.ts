/** Numbers as a person reads them. */

/** 1234567 → 1,234,567. */
export function grouped(value: number): string {
  return Math.round(value).toLocaleString("en-US");
}

/** Four figures that matter: 0.00312, 1.523, 23.41, 234.6, 12,345. */
export function fourFigures(value: number): string {
  if (!Number.isFinite(value)) return String(value);
  const size = Math.abs(value);
  if (size >= 1000) return size < 1e9 ? grouped(value) : value.toExponential(2);
  if (size === 0) return "0";
  return size < 1e-4 ? value.toExponential(2) : value.toFixed(Math.max(0, 3 - Math.floor(Math.log10(size))));
}

/** A rate, without zeros at its end: 0.004, 0.00316, 20. */
export function shortNumber(value: number): string {
  return Number.isFinite(value) ? String(Number(value.toPrecision(3))) : String(value);
}

/** 45 s, 1 min 20 s, 2 h 05 min. */
export function duration(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${String(whole % 60).padStart(2, "0")} s`;
  const minutes = Math.round(whole / 60);
  return `${grouped(Math.floor(minutes / 60))} h ${String(minutes % 60).padStart(2, "0")} min`;
}

/** 0.4231 → 42 %; 100 % only when all is done. */
export function percent(fraction: number): string {
  return `${Math.floor(Math.min(1, Math.max(0, fraction)) * 100)} %`;
}
