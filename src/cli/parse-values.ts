/** Values of flags: from what was typed to numbers and known words, or one clear sentence. */
import { UserError } from "../errors.js";
import { nearest } from "../nearest.js";

const NUMBER = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i;

/** What a number has to be, besides a number. */
export interface NumberRule {
  readonly whole?: boolean;
  readonly min?: number;
  readonly max?: number;
}

/** A parser of numbers for one flag, for commander. It throws a UserError that names the flag. */
export function numberValue(
  flag: string,
  { whole = false, min, max }: NumberRule = {},
): (text: string) => number {
  return (text) => {
    const value = NUMBER.test(text.trim()) ? Number(text) : Number.NaN;
    const ok =
      Number.isFinite(value) &&
      (!whole || Number.isSafeInteger(value)) &&
      (min === undefined || value >= min) &&
      (max === undefined || value <= max);
    if (ok) return value;
    const kind = whole ? "a whole number" : "a number";
    const from = min === undefined ? "" : max === undefined ? ` from ${min} on` : ` from ${min}`;
    const to = max === undefined ? "" : ` to ${max}`;
    throw new UserError(`${flag} is ${JSON.stringify(text)}; give ${kind}${from}${to}.`);
  };
}

/** A parser of whole numbers with commas between them. */
export function numberList(flag: string): (text: string) => number[] {
  return (text) => {
    const numbers = text.split(",").map((part) => (NUMBER.test(part.trim()) ? Number(part) : Number.NaN));
    if (numbers.every(Number.isSafeInteger)) return numbers;
    throw new UserError(`${flag} is ${JSON.stringify(text)}; give whole numbers with commas between them.`);
  };
}

/** A parser of one of the known words. */
export function choiceValue(flag: string, known: readonly string[]): (text: string) => string {
  return (text) => {
    if (known.includes(text)) return text;
    throw new UserError(
      `${flag} is ${JSON.stringify(text)}${didYouMean(text, known)}; choose one of ${known.join(", ")}.`,
    );
  };
}

/** " (did you mean x?)", or nothing where no known word is near. */
export function didYouMean(word: string, known: readonly string[]): string {
  const guess = nearest(word, known);
  return guess === undefined ? "" : ` (did you mean ${guess}?)`;
}

/** For flags that may be given several times. */
export function collected(value: string, before: readonly string[] | undefined): string[] {
  return [...(before ?? []), value];
}

/** `\n`, `\t` and `\\` as typed in a shell; any other backslash stays. */
export function unescaped(text: string): string {
  return text.replace(/\\([nt\\])/g, (_, letter: string) =>
    letter === "n" ? "\n" : letter === "t" ? "\t" : "\\",
  );
}
