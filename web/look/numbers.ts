/** Numbers as a person reads them. */

export const grouped = (value: number): string => Math.round(value).toLocaleString("en");
export const fixed = (value: number, digits = 2): string => value.toFixed(digits).replace("-", "−");

/** 0.1234 → "12.3 %"; small ones keep a digit that is not 0. */
export function percent(part: number): string {
  const percents = 100 * part;
  if (percents === 0) return "0 %";
  if (percents < 0.001) return "under 0.001 %";
  return `${percents >= 10 ? percents.toFixed(1) : percents.toPrecision(2)} %`;
}

/** A tick of a logarithmic scale: 0.001, 0.3, 20, 1,000. */
export const short = (value: number): string =>
  value >= 1000 ? grouped(value) : String(Number(value.toPrecision(2)));
