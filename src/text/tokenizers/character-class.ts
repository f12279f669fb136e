/**
 * Unicode classes of characters, by table, and runs of them. A hand-written scan is used instead of regular expressions
 * because those run out of stack on a run of millions of letters.
 */
import { isHighSurrogate, isLowSurrogate } from "./code-points.js";

// One bit each, so that a run of several classes is a mask. Every character has exactly one.
export const SPACE = 1; // \p{White_Space}; all of them are one UTF-16 unit
export const LETTER = 2; // \p{L}
export const MARK = 4; // \p{M}
export const NUMBER = 8; // \p{N}
export const OTHER = 16; // the rest, lone surrogates too

const LAST = 0x10ffff;
// Filled on first use: 0 is "not looked up yet".
let table = new Uint8Array(0x10000);

/** The class of a code point. */
export function classOf(codePoint: number): number {
  if (codePoint >= table.length) {
    const whole = new Uint8Array(LAST + 1);
    whole.set(table);
    table = whole;
  }
  const known = table[codePoint]!;
  return known === 0 ? (table[codePoint] = lookUp(codePoint)) : known;
}

function lookUp(codePoint: number): number {
  const character = String.fromCodePoint(codePoint);
  if (/^\p{White_Space}$/u.test(character)) return SPACE;
  if (/^\p{L}$/u.test(character)) return LETTER;
  if (/^\p{M}$/u.test(character)) return MARK;
  if (/^\p{N}$/u.test(character)) return NUMBER;
  return OTHER;
}

/** The class of the character at an index, which is inside the text. */
export function classAt(text: string, index: number): number {
  return classOf(text.codePointAt(index)!);
}

/** Where the run of characters of the masked classes that starts at `from` ends. */
export function endOfRun(text: string, from: number, mask: number): number {
  let i = from;
  for (; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    const pair =
      isHighSurrogate(unit) && i + 1 < text.length && isLowSurrogate(text.charCodeAt(i + 1)) ? 1 : 0;
    if ((classOf(pair ? text.codePointAt(i)! : unit) & mask) === 0) break;
    i += pair;
  }
  return i;
}

/** Is this UTF-16 unit white space? */
export function isSpace(unit: number): boolean {
  return unit < 0x85 ? unit === 0x20 || (unit >= 9 && unit <= 13) : classOf(unit) === SPACE;
}
