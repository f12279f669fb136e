/**
 * Text that comes in chunks, given on up to the last place where it may be cut without changing its tokens. What is held
 * back is looked at once, however long it grows: a text without any such place costs linear time, and its own length
 * in memory.
 */
import type { EncodeStream } from "./tokenizer.js";
import { IdBuffer } from "./id-buffer.js";

/**
 * The last index (0 < index <= length) at which a text may be cut whatever follows, or 0 where there is none. It may
 * look at two neighbouring characters at most, and must not cut a surrogate pair, also one not yet whole.
 */
export type LastCut = (text: string) => number;

// Two characters of two UTF-16 units each: what a cut may look at before a chunk.
const CONTEXT = 4;

export class HeldText {
  readonly #lastCut: LastCut;
  #held: string[] = [];
  #context = "";

  constructor(lastCut: LastCut) {
    this.#lastCut = lastCut;
  }

  /** What can be given on after this chunk; often "". */
  push(chunk: string): string {
    const seen = this.#context + chunk;
    const cut = this.#lastCut(seen);
    this.#held.push(chunk);
    if (cut === 0) {
      this.#context = seen.slice(-CONTEXT);
      return "";
    }
    const whole = this.#held.join("");
    const at = whole.length - (seen.length - cut);
    const rest = whole.slice(at);
    this.#held = [rest];
    this.#context = rest.slice(-CONTEXT);
    return whole.slice(0, at);
  }

  /** The rest. */
  end(): string {
    const whole = this.#held.join("");
    this.#held = [];
    this.#context = "";
    return whole;
  }
}

/** Encodes a text that may be cut at its ends on its own. */
export type EncodeInto = (text: string, ids: IdBuffer) => void;

/** The encoder of chunks that `encode` and `lastCut` make together. */
export function encodeStream(lastCut: LastCut, encode: EncodeInto): EncodeStream {
  const held = new HeldText(lastCut);
  const settled = (text: string): Int32Array => {
    const ids = new IdBuffer(text.length >> 2);
    if (text !== "") encode(text, ids);
    return ids.toIds();
  };
  return { push: (chunk) => settled(held.push(chunk)), end: () => settled(held.end()) };
}
