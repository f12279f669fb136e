/**
 * Where a word ends, for models of characters and of byte pairs. A word is a run of letters, marks, digits, apostrophes and
 * zero-width joiners: it ends before the first other character, which may stand inside a token.
 */
import { LETTER, MARK, NUMBER, classOf } from "../../text/tokenizers/character-class.js";

/** A spelling that goes on, so far. */
export const OPEN = -1;
/** It ends with the first bytes of a character. */
export const CUT = -2;
/** Of no word: what was typed cannot be gone on with like that. */
export const NONE = -3;

const APOSTROPHES: ReadonlySet<number> = new Set([0x27, 0x2019, 0x200c, 0x200d]);

/** Whether a character may stand in a word. */
export function isWordCharacter(codePoint: number): boolean {
  return (classOf(codePoint) & (LETTER | MARK | NUMBER)) !== 0 || APOSTROPHES.has(codePoint);
}

/** The part of a word with which a text ends; "" where it ends with anything else. */
export function wordAtEnd(text: string): string {
  let from = text.length;
  while (from > 0) {
    const pair = from > 1 && (text.charCodeAt(from - 1) & 0xfc00) === 0xdc00 ? 2 : 1;
    if (!isWordCharacter(text.codePointAt(from - pair)!)) break;
    from -= pair;
  }
  return text.slice(from);
}

/** Whether a space may come before the next word: after a sign, not after white space or in a word. */
export function takesSpace(text: string): boolean {
  if (text === "" || /\s$/.test(text)) return false;
  return wordAtEnd(text) === "";
}

/** A character of a spelling: its code point, −1 for what is none, undefined where it is not whole yet; and its length. */
type Character = readonly [codePoint: number | undefined, length: number];

const codePoint = (text: string, at: number): Character => {
  const value = text.codePointAt(at)!;
  return [value, value > 0xffff ? 2 : 1];
};

const utf8 = (bytes: string, at: number): Character => {
  const first = bytes.charCodeAt(at);
  if (first < 0x80) return [first, 1];
  const length = first >= 0xf0 && first < 0xf5 ? 4 : first >= 0xe0 ? 3 : first >= 0xc2 ? 2 : 0;
  if (length === 0 || first >= 0xf5) return [-1, 1];
  let value = first & (0x7f >> length);
  for (let i = 1; i < length; i++) {
    if (at + i === bytes.length) return [undefined, i];
    const byte = bytes.charCodeAt(at + i);
    if ((byte & 0xc0) !== 0x80) return [-1, 1];
    value = (value << 6) | (byte & 0x3f);
  }
  return [value, length];
};

export class WordEnd {
  /** By token that comes in a word: where in it the word ends, OPEN or CUT. */
  readonly ends: Int16Array;
  readonly #characterAt: (spelling: string, at: number) => Character;

  /**
   * @param spellings by id; "" of a token that is not spelled, with which a word ends
   * @param bytes spelled by bytes, not by characters
   */
  constructor(spellings: readonly string[], bytes: boolean) {
    this.#characterAt = bytes ? utf8 : codePoint;
    this.ends = Int16Array.from(spellings, (spelling) => (spelling === "" ? 0 : this.#scan(spelling, 0)));
  }

  /**
   * Where the word in some spelling ends that follows what was typed.
   * @param space one space may stand before it
   * @returns its end; or OPEN, CUT or NONE
   */
  find(spelling: string, space: boolean): number {
    const from = space && spelling.startsWith(" ") ? 1 : 0;
    if (from === spelling.length) return OPEN;
    const end = this.#scan(spelling, from);
    return end === from ? NONE : end;
  }

  #scan(spelling: string, from: number): number {
    for (let at = from; at < spelling.length;) {
      const [value, length] = this.#characterAt(spelling, at);
      if (value === undefined) return CUT;
      if (value < 0 || !isWordCharacter(value)) return at;
      at += length;
    }
    return OPEN;
  }
}
