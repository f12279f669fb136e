/** Numbers as a person reads them. */

/** 1234567 → 1,234,567. */
export function grouped(value: number): string {
  return Math.round(value).toLocaleString("en-US");
}

/** A number of things: "1 token", "1,234 tokens". @param noun of one */
export function counted(count: number, noun: string): string {
  return `${grouped(count)} ${count === 1 ? noun : `${noun}s`}`;
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

/** A part of a whole as "12.5 %"; "under 0.1 %" where the digits would be zeros, though it is not 0. */
export function share(part: number, whole: number, digits: number): string {
  if (part === 0) return "0 %";
  const percents = (100 * part) / whole;
  const least = 10 ** -digits;
  return percents < least / 2 ? `under ${least} %` : `${percents.toFixed(digits)} %`;
}

/** 0.4231 → 42 %; 100 % only when all is done. */
export function percent(fraction: number): string {
  return `${Math.floor(Math.min(1, Math.max(0, fraction)) * 100)} %`;
}
