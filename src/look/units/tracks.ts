/** Tracks: what is so at each token of a text (yes or no), or how much of it there is (a number). A unit may follow one. */
import { UserError } from "../../errors.js";
import { shown } from "../../shown.js";

/** A property of tokens; a token has it as its last character has. */
export interface Track {
  readonly name: string;
  /** Whether the values are 0 and 1, or numbers. */
  readonly kind: "yes or no" | "number";
  /** By token. */
  readonly values: Float32Array;
}

/** A track that a person gives. */
export interface GivenTrack {
  readonly name: string;
  /** "0" or "1" for each character of the text (a code point), white space between them left out. */
  readonly digits: string;
}

const LETTER = /[\p{L}\p{M}'’]/u;
const CAPITAL = /\p{Lu}/u;
const DIGIT = /\p{N}/u;
const VOWEL = /[aeiouyàáâãäåèéêëìíîïòóôõöùúûüýæœø]/iu;
const MARK = /[\p{P}\p{S}]/u;
const OPENING: Readonly<Record<string, string>> = { "(": ")", "[": "]", "{": "}" };
const CLOSING = new Set(Object.values(OPENING));
/** Characters up to a line's end that count as near it. */
const NEAR = 8;
/** Numbers are cut off there: what is further in looks the same. */
const MOST = 100;

/** What is known of a text after each of its characters. */
class Reading {
  #quoted: string | undefined;
  readonly #brackets: string[] = [];
  #inLine = 0;
  #indent = 0;
  #indenting = true;
  #word = 0;
  #lineComment = false;
  #blockComment = false;
  #before = "";

  next(character: string): void {
    const blank = character === "\n" && this.#before === "\n";
    // A quotation ends with its paragraph, where its end was forgotten.
    if (blank) this.#quoted = undefined;
    this.#quote(character);
    if (OPENING[character] !== undefined) this.#brackets.push(OPENING[character]);
    else if (CLOSING.has(character)) {
      const at = this.#brackets.lastIndexOf(character);
      if (at >= 0) this.#brackets.length = at;
    }
    if (blank) this.#brackets.length = 0;
    if (character === "\n") {
      this.#inLine = 0;
      this.#indent = 0;
      this.#indenting = true;
      this.#lineComment = false;
    } else {
      this.#inLine++;
      if (this.#indenting && (character === " " || character === "\t")) this.#indent++;
      else this.#indenting = false;
    }
    this.#word = LETTER.test(character) ? this.#word + 1 : 0;
    const pair = this.#before + character;
    if (pair === "/*") this.#blockComment = true;
    else if (pair === "*/") this.#blockComment = false;
    else if (pair === "//" || (character === "#" && /^\s*$/.test(this.#before))) this.#lineComment = true;
    this.#before = character;
  }

  #quote(character: string): void {
    if (character === "“") this.#quoted = "”";
    else if (character === this.#quoted) this.#quoted = undefined;
    else if (character === '"') this.#quoted = this.#quoted === undefined ? '"' : undefined;
  }

  /** In the order of NAMES. */
  values(character: string): number[] {
    return [
      this.#quoted === undefined ? 0 : 1,
      this.#brackets.length > 0 ? 1 : 0,
      this.#lineComment || this.#blockComment ? 1 : 0,
      this.#word === 1 ? 1 : 0,
      CAPITAL.test(character) ? 1 : 0,
      DIGIT.test(character) ? 1 : 0,
      VOWEL.test(character) ? 1 : 0,
      MARK.test(character) ? 1 : 0,
      Math.min(MOST, this.#inLine),
      Math.min(MOST, this.#word),
      Math.min(MOST, this.#indent),
      Math.min(MOST, this.#brackets.length),
    ];
  }
}

const NAMES: readonly (readonly [name: string, kind: Track["kind"]])[] = [
  ["inside quotes", "yes or no"],
  ["inside brackets", "yes or no"],
  ["in a comment", "yes or no"],
  ["first letter of a word", "yes or no"],
  ["capital letter", "yes or no"],
  ["digit", "yes or no"],
  ["vowel", "yes or no"],
  ["punctuation", "yes or no"],
  ["characters into the line", "number"],
  ["letters into the word", "number"],
  ["indentation of the line", "number"],
  ["depth of brackets", "number"],
];

/** The properties that are looked for in every text. @param pieces what each token adds to it */
export function textTracks(pieces: readonly string[]): Track[] {
  const tracks = NAMES.map(([name, kind]) => ({ name, kind, values: new Float32Array(pieces.length) }));
  const near = new Float32Array(pieces.length);
  const reading = new Reading();
  let last = new Array<number>(NAMES.length).fill(0);
  for (const [n, piece] of pieces.entries()) {
    for (const character of piece) {
      reading.next(character);
      last = reading.values(character);
    }
    for (const [i, { values }] of tracks.entries()) values[n] = last[i]!;
  }
  let ahead = MOST;
  for (let n = pieces.length - 1; n >= 0; n--) {
    if (pieces[n]!.includes("\n")) ahead = 0;
    near[n] = ahead <= NEAR ? 1 : 0;
    ahead += [...pieces[n]!].length;
  }
  return [...tracks, { name: "near the end of the line", kind: "yes or no", values: near }];
}

/** @throws UserError where it has not a digit for each character of the text */
export function givenTrack({ name, digits }: GivenTrack, pieces: readonly string[]): Track {
  const own = digits.replaceAll(/\s/g, "");
  const odd = /[^01]/u.exec(own)?.[0];
  if (odd !== undefined)
    throw new UserError(
      `The track ${shown(name)} has ${shown(odd)} in it; give a 0 or a 1 for each character of the text.`,
    );
  const values = new Float32Array(pieces.length);
  let at = 0;
  for (const [n, piece] of pieces.entries()) {
    at += [...piece].length;
    values[n] = own[at - 1] === "1" ? 1 : 0;
  }
  if (at !== own.length)
    throw new UserError(
      `The track ${shown(name)} has ${own.length} digits, and the text ${at} characters; give a 0 or a 1 for each character.`,
    );
  return { name, kind: "yes or no", values };
}
