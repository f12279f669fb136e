/**
 * Canaries (Carlini et al., "The secret sharer", 2019): lines of a form with holes that are filled at random. A hole is
 * `{digits:n}`, `{letters:n}` (a to z), or `{words:n}`, n words of a list with spaces between. What fills it is a row of
 * choices, one for each digit, letter or word.
 */
import { UserError } from "../errors.js";
import { shown } from "../shown.js";

const HOLE = /\{(digits|letters|words):([1-9]\d?)\}/g;
const DIGITS = [..."0123456789"];
const LETTERS = [..."abcdefghijklmnopqrstuvwxyz"];

/** A place of a line: what is always the same before it, and what may stand there. */
interface Slot {
  readonly before: string;
  readonly choices: readonly string[];
}

export class CanaryPattern {
  readonly pattern: string;
  /** R: how many lines there are of this form. */
  readonly size: number;
  readonly #slots: readonly Slot[];
  readonly #end: string;

  /**
   * @param words for holes of words; none of them twice
   * @throws UserError for a pattern without holes, with a hole of another kind, with a newline, or with lines beyond counting
   */
  constructor(pattern: string, words: readonly string[] = []) {
    this.pattern = pattern;
    const { slots, end } = cut(pattern, words);
    this.#slots = slots;
    this.#end = end;
    this.size = slots.reduce((product, { choices }) => product * choices.length, 1);
    if (!Number.isFinite(this.size))
      throw new UserError({
        option: "pattern",
        problem: `The pattern ${shown(pattern)} has more different lines than can be counted`,
        advice: "make its holes shorter",
      });
  }

  /** How many choices each place has. */
  get radices(): readonly number[] {
    return this.#slots.map(({ choices }) => choices.length);
  }

  /** @param choices one number for each place */
  line(choices: readonly number[]): string {
    return this.#slots.map((slot, i) => slot.before + slot.choices[choices[i]!]!).join("") + this.#end;
  }

  /** What fills the holes of a line, without what is always the same. */
  secret(choices: readonly number[]): string {
    return this.#slots
      .map(({ before, choices: possible }, i) => (i > 0 && before !== "" ? " " : "") + possible[choices[i]!]!)
      .join("");
  }

  /** Whether these are choices for all places. */
  fits(choices: readonly unknown[]): choices is number[] {
    const { radices } = this;
    return (
      choices.length === radices.length &&
      choices.every(
        (choice, i) =>
          Number.isInteger(choice) && (choice as number) >= 0 && (choice as number) < radices[i]!,
      )
    );
  }

  /** The choices of line number n of all, 0 ≤ n < R; those of numbers that follow each other differ at the end. */
  choicesAt(n: number): number[] {
    const choices = new Array<number>(this.#slots.length);
    let rest = n;
    for (let i = this.#slots.length - 1; i >= 0; i--) {
      const radix = this.#slots[i]!.choices.length;
      choices[i] = rest % radix;
      rest = Math.floor(rest / radix);
    }
    return choices;
  }

  /** The inverse of `choicesAt`, exact where R is a safe integer. */
  numberOf(choices: readonly number[]): number {
    return this.#slots.reduce((n, slot, i) => n * slot.choices.length + choices[i]!, 0);
  }
}

/** @throws UserError as the constructor of a pattern, whatever words there will be */
export function checkPattern(pattern: string): void {
  cut(pattern, []);
}

/** The holes of a pattern, and what follows the last. @throws UserError */
function cut(
  pattern: string,
  words: readonly string[],
): { readonly slots: readonly Slot[]; readonly end: string } {
  const slots: Slot[] = [];
  let at = 0;
  for (const hole of pattern.matchAll(HOLE)) {
    const kind = hole[1] as "digits" | "letters" | "words";
    const choices = { digits: DIGITS, letters: LETTERS, words }[kind];
    const before = pattern.slice(at, hole.index);
    for (let i = 0; i < Number(hole[2]); i++)
      slots.push({ before: i === 0 ? before : kind === "words" ? " " : "", choices });
    at = hole.index + hole[0].length;
  }
  const end = pattern.slice(at);
  const fixed = [...slots.map(({ before }) => before), end].join("");
  if (slots.length === 0 || /[{}]/.test(fixed))
    throw new UserError({
      option: "pattern",
      problem: `The pattern ${shown(pattern)} ${/[{}]/.test(fixed) ? "has braces that are no hole" : "has no hole"}`,
      advice:
        'holes are {digits:n}, {letters:n} and {words:n}, with n from 1 to 99: "My code is {digits:6}."',
    });
  if (/[\r\n]/.test(pattern))
    throw new UserError({
      option: "pattern",
      problem: `The pattern ${shown(pattern)} has a line end`,
      advice: "a canary is one line; give one",
    });
  return { slots, end };
}

/** The characters that may fill holes of digits and letters. */
export function fillingCharacters(pattern: string): readonly string[] {
  return [...new Set(cut(pattern, []).slots.flatMap(({ choices }) => choices))];
}

export const hasWords = (pattern: string): boolean => pattern.includes("{words:");
