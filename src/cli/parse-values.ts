/** Values of flags, parsed from the typed text. */
import { nearest } from "../nearest.js";

const NUMBER = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i;

/** The typed number; undefined where the text is not a number. */
export function numberOf(typed: string): number | undefined {
  return NUMBER.test(typed.trim()) ? Number(typed) : undefined;
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
