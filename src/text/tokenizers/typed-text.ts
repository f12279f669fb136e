/**
 * The tokens of a text that is being typed. It is encoded anew only from the last place before a change at which no token
 * can reach across, whatever follows. What stands after the last such place is no tokens yet where more may still be typed
 * into them: a word that was begun, or the bytes of one.
 */
import { isHighSurrogate } from "./code-points.js";
import { LETTER, MARK, NUMBER, classAt } from "./character-class.js";
import { inKnownForm } from "./normal-form.js";
import { lastPreTokenCut } from "./pre-tokens.js";
import type { Tokenizer } from "./tokenizer.js";
import { forEachWord, lastWordCut } from "./word-splitter.js";

/** One way to cut the end of the text: after these tokens comes one that begins so, or several that together do. */
export interface OpenEnd {
  /** Tokens between the settled ones and what is open. */
  readonly ids: Int32Array;
  /** What the tokens to come have to begin with, spelled as tokens are (`Tokenizer.spelling`); "" where that is free. */
  readonly typed: string;
}

/** A place at which the text may be cut whatever follows, in the text and in its tokens. */
interface Cut {
  readonly text: number;
  readonly ids: number;
}

const BEGINNING: Cut = { text: 0, ids: 0 };
/** UTF-16 units between two cuts that are remembered. */
const PIECE = 512;
/** Bytes that may stay open; what stands before them is cut as the tokenizer cuts it. */
const MOST_OPEN = 32;

export class TypedText {
  readonly #tokenizer: Tokenizer;
  readonly #lastCut: (text: string) => number;
  /** UTF-16 units after a cut by which it was found: a character, which may be two. */
  readonly #seen: number;
  #text = "";
  #cuts: Cut[] = [BEGINNING];
  #ids = new Int32Array(1024);
  #length = 0;
  #ends: readonly OpenEnd[] = [{ ids: new Int32Array(0), typed: "" }];

  constructor(tokenizer: Tokenizer) {
    this.#tokenizer = tokenizer;
    const bytes = tokenizer.kind === "bpe";
    this.#lastCut = bytes ? lastPreTokenCut : lastWordCut;
    this.#seen = bytes ? 2 : 0;
  }

  /** The tokens that are settled. Valid until the next change. */
  get ids(): Int32Array {
    return this.#ids.subarray(0, this.#length);
  }

  /** The ways in which the text ends after them; they are of different texts to come, and together of all. */
  get ends(): readonly OpenEnd[] {
    return this.#ends;
  }

  /** The last place up to which all tokens are settled. */
  get settled(): Cut {
    return this.#cuts.at(-1)!;
  }

  /**
   * Takes another text, mostly one that differs a little from the last.
   * @returns up to where the settled tokens are those of before
   */
  change(text: string): number {
    const same = commonLength(this.#text, text);
    while (this.#cuts.length > 1 && this.settled.text + this.#seen > same) this.#cuts.pop();
    const { ids: kept } = this.settled;
    const before = this.#ids.slice(kept, this.#length);
    this.#length = kept;
    this.#text = text;
    this.#settle();
    this.#open(text.slice(this.settled.text));
    const after = this.ids.subarray(kept);
    let common = 0;
    while (common < before.length && common < after.length && before[common] === after[common]) common++;
    return kept + common;
  }

  /** Encodes up to the last cut. */
  #settle(): void {
    const text = this.#text;
    for (let size = PIECE; ;) {
      const from = this.settled.text;
      const piece = text.slice(from, from + size);
      const cut = this.#lastCut(piece);
      const isWhole = from + piece.length === text.length;
      if (cut > 0) {
        this.#append(this.#encode(piece.slice(0, cut)));
        this.#cuts.push({ text: from + cut, ids: this.#length });
        size = PIECE;
      } else size *= 2;
      if (isWhole) return;
    }
  }

  /** @param rest what stands after the last cut */
  #open(rest: string): void {
    const none = new Int32Array(0);
    switch (this.#tokenizer.kind) {
      case "char":
        // A character is a token whatever follows; only its form may change, within its word.
        this.#append(this.#encode(rest));
        this.#ends = [{ ids: none, typed: "" }];
        return;
      case "bpe":
        this.#ends = [{ ids: none, typed: this.#shortened(rest) }];
        return;
      case "word":
        this.#ends = this.#tokenizer.splitsPunctuation
          ? this.#openWord(rest)
          : [{ ids: none, typed: inKnownForm(this.#tokenizer, rest) }];
    }
  }

  /** The bytes of the rest; of a long one those of its last tokens, the others being settled as they are. */
  #shortened(rest: string): string {
    const bytes = byteString(rest);
    if (bytes.length <= MOST_OPEN) return bytes;
    const ids = this.#tokenizer.encode(rest);
    let count = 0;
    let length = 0;
    while (bytes.length - length > MOST_OPEN) length += this.#tokenizer.spelling(ids[count++]!)!.length;
    this.#append(ids.subarray(0, count));
    return bytes.slice(length);
  }

  /**
   * The end of a text whose words and punctuation are apart. The last word may still become longer; a sign is a token of its
   * own, but for one that may join a word to what follows (don't; 1,024): then it is either.
   */
  #openWord(rest: string): OpenEnd[] {
    const none = new Int32Array(0);
    const words: string[] = [];
    forEachWord(rest, "unicode", (word) => words.push(word));
    const last = words.at(-1);
    if (last === undefined) return [{ ids: none, typed: "" }];
    const before = words.at(-2);
    const form = (text: string): string => inKnownForm(this.#tokenizer, text);
    const encode = (texts: readonly string[]): Int32Array => this.#encode(texts.join(" "));
    if (isRun(last)) {
      this.#append(encode(words.slice(0, -1)));
      return [{ ids: none, typed: form(last) }];
    }
    const joins = before !== undefined && isRun(before) && joinsAfter(before + last);
    if (!joins) {
      this.#append(encode(words));
      return [{ ids: none, typed: "" }];
    }
    this.#append(encode(words.slice(0, -2)));
    return [
      { ids: none, typed: form(before + last) },
      { ids: encode([before]), typed: form(last) },
    ];
  }

  /** Words in the normal form of Unicode that the vocabulary has, each by itself: what follows changes none. */
  #encode(text: string): Int32Array {
    const known =
      this.#tokenizer.kind === "bpe" || !/[^\0-\x7f]/.test(text)
        ? text
        : text.replace(/\P{White_Space}+/gu, (word) => inKnownForm(this.#tokenizer, word));
    return this.#tokenizer.encode(known);
  }

  #append(ids: Int32Array): void {
    if (this.#length + ids.length > this.#ids.length) {
      const larger = new Int32Array(Math.max(2 * this.#ids.length, this.#length + ids.length));
      larger.set(this.ids);
      this.#ids = larger;
    }
    this.#ids.set(ids, this.#length);
    this.#length += ids.length;
  }
}

/** A text as its UTF-8 bytes, each a character up to U+00FF. */
export function byteString(text: string): string {
  let bytes = "";
  for (const byte of new TextEncoder().encode(text)) bytes += String.fromCharCode(byte);
  return bytes;
}

/** The text of such bytes; undefined where they are none. */
export function textOfBytes(bytes: string): string | undefined {
  try {
    const values = Uint8Array.from(bytes, (byte) => byte.charCodeAt(0));
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(values);
  } catch {
    return undefined;
  }
}

/** A text without half a character at its end, of which the other half is still to come. */
export function withoutHalf(text: string): string {
  return isHighSurrogate(text.charCodeAt(text.length - 1)) ? text.slice(0, -1) : text;
}

/** Whether more of the same may be typed into the word. */
const isRun = (word: string): boolean => (classAt(word, 0) & (LETTER | MARK | NUMBER)) !== 0;

/** Whether a word with a sign after it would be one word if a letter, or a digit, came next. */
function joinsAfter(word: string): boolean {
  const next = classAt(word, 0) & NUMBER ? "0" : "a";
  let count = 0;
  forEachWord(word + next, "unicode", () => count++);
  return count === 1;
}

/** How many UTF-16 units two texts have in common at their beginning. */
function commonLength(a: string, b: string): number {
  if (b.startsWith(a)) return a.length;
  if (a.startsWith(b)) return b.length;
  let from = 0;
  let to = Math.min(a.length, b.length);
  while (from < to) {
    const middle = (from + to + 1) >> 1;
    if (a.slice(from, middle) === b.slice(from, middle)) from = middle;
    else to = middle - 1;
  }
  return from;
}
