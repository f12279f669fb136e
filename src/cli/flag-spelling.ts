/** How the command line spells the library's options. */
import type { OptionSpelling } from "../errors.js";

/** The flag of an option: `batchSize` → `--batch-size`. */
export function flagOf(option: string): string {
  return `--${option.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}

/** The flag that turns an option off: `tie` → `--no-tie`. */
export const negationOf = (option: string): string => flagOf(option).replace("--", "--no-");

/** `--batch-size`, `--optimizer sgd`. */
export const flagSpelling: OptionSpelling = ({ option, value }) =>
  value === undefined ? flagOf(option) : `${flagOf(option)} ${value}`;

/** Options as flags: "--tokenizer word --layers 2 --tie". */
export function optionFlags(options: object): string {
  return Object.entries(options)
    .map(([name, value]) => {
      if (value === true) return flagOf(name);
      return value === false ? negationOf(name) : `${flagOf(name)} ${String(value)}`;
    })
    .join(" ");
}
