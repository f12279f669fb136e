/**
 * Text that comes in chunks, passed on up to the last place where it may be cut without changing its tokens. Held-back
 * text is scanned only once, however long it grows; a text without any such place is cut at the greatest length of a
 * piece, so that memory is bounded. The places of the cuts do not depend on the chunks.
 */
import { checkText } from "../../argument-checks.js";
import { LONGEST_PIECE } from "../limits.js";
import { isHighSurrogate } from "./code-points.js";
import { IdBuffer } from "./id-buffer.js";
import type { EncodeStream } from "./tokenizer.js";

/**
 * The last index (0 < index <= length) at which a text may be cut whatever follows, or 0 where there is none. It may
 * look at two neighbouring characters at most, and must not cut a surrogate pair, also one not yet whole.
 */
export type LastCut = (text: string) => number;

// Two characters of two UTF-16 units each: as far as a cut may look back before a chunk.
const CONTEXT = 4;

export class HeldText {
  readonly #lastCut: LastCut;
  readonly #longest: number;
  #held: string[] = [];
  #length = 0;
  #context = "";

  /** @param longest UTF-16 units held at most, at least 2; a longer text is cut there */
  constructor(lastCut: LastCut, longest = LONGEST_PIECE) {
    this.#lastCut = lastCut;
    this.#longest = longest;
  }

  /** The pieces that are complete after this chunk; each may be encoded on its own. */
  *push(chunk: string): Generator<string> {
    for (let from = 0; from < chunk.length;) {
      const to = Math.min(chunk.length, from + this.#longest - this.#length);
      const settled = this.#take(chunk.slice(from, to));
      if (settled !== "") yield settled;
      from = to;
    }
  }

  /** The rest. */
  end(): string {
    return this.#keep("");
  }

  /** @param chunk no longer than there is room for */
  #take(chunk: string): string {
    const seen = this.#context + chunk;
    const cut = this.#lastCut(seen);
    this.#held.push(chunk);
    this.#length += chunk.length;
    if (cut === 0 && this.#length < this.#longest) {
      this.#context = seen.slice(-CONTEXT);
      return "";
    }
    const afterCut =
      cut === 0 ? (isHighSurrogate(chunk.charCodeAt(chunk.length - 1)) ? 1 : 0) : seen.length - cut;
    return this.#keep(seen.slice(seen.length - afterCut));
  }

  /** Delivers the held text except its end, `rest`. */
  #keep(rest: string): string {
    const whole = this.#held.join("");
    this.#held = [rest];
    this.#length = rest.length;
    this.#context = rest.slice(-CONTEXT);
    return whole.slice(0, whole.length - rest.length);
  }
}

/** Encodes a text that may be cut at its ends on its own. */
export type EncodeInto = (text: string, ids: IdBuffer) => void;

/** The encoder of chunks that `encode` and `lastCut` make together. @param longest see `HeldText` */
export function encodeStream(lastCut: LastCut, encode: EncodeInto, longest?: number): EncodeStream {
  const held = new HeldText(lastCut, longest);
  return {
    push(chunk) {
      checkText("The chunk to encode", chunk);
      const ids = new IdBuffer(chunk.length >> 2);
      for (const text of held.push(chunk)) encode(text, ids);
      return ids.toIds();
    },
    end() {
      const text = held.end();
      const ids = new IdBuffer(text.length >> 2);
      if (text !== "") encode(text, ids);
      return ids.toIds();
    },
  };
}

/** The ids of a whole text, as the encoder of chunks gives them. @param longest see `HeldText` */
export function encodeWhole(
  text: string,
  lastCut: LastCut,
  encode: EncodeInto,
  longest: number = LONGEST_PIECE,
): Int32Array {
  const ids = new IdBuffer(text.length >> 2);
  if (text.length <= longest) encode(text, ids);
  else {
    const held = new HeldText(lastCut, longest);
    for (const piece of held.push(text)) encode(piece, ids);
    encode(held.end(), ids);
  }
  return ids.toIds();
}
