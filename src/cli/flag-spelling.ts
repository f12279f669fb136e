/** How the command line spells the library's options. */
import type { OptionSpelling } from "../errors.js";

/** The flag of an option: `batchSize` → `--batch-size`. */
export function flagOf(option: string): string {
  return `--${option.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}

/** `--batch-size`, `--optimizer sgd`. */
export const flagSpelling: OptionSpelling = ({ option, value }) =>
  value === undefined ? flagOf(option) : `${flagOf(option)} ${value}`;
