/** Numbers and options as a person reads them. */
import { flagName } from "../../src/tune/flag-name.js";
import type { Setting } from "../../src/tune/space.js";

export const grouped = (value: number): string => Math.round(value).toLocaleString("en");
export const short = (value: number): string => String(Number(value.toPrecision(3)));

/** 45 s, 1 min 20 s, 2 h 05 min. */
export function duration(seconds: number): string {
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${String(whole % 60).padStart(2, "0")} s`;
  const minutes = Math.round(whole / 60);
  return `${Math.floor(minutes / 60)} h ${String(minutes % 60).padStart(2, "0")} min`;
}

/** "cell gru, hidden 256, …" */
export const settingText = (setting: Setting): string =>
  Object.entries(setting)
    .map(([name, value]) => `${flagName(name)} ${String(value)}`)
    .join(", ");
