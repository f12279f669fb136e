/** The pieces of a text that are looked at one by one: its tokens, or its words. */
import type { Tokenizer } from "../text/tokenizers/tokenizer.js";
import { writtenStream } from "../text/tokenizers/written-text.js";

export interface Piece {
  /** As it stands in the text; a token that is unknown as the tokenizer writes it. */
  readonly text: string;
  /** Its tokens among those of the text: from `start` on, up to and without `end`. */
  readonly start: number;
  readonly end: number;
}

/**
 * Tokens; or words, each with the white space before it. A token of which no text comes by itself, as a part of a
 * character, belongs to the piece of the token that completes it.
 */
export function piecesOf(tokenizer: Tokenizer, ids: Int32Array, by: "word" | "token"): Piece[] {
  const decoder = writtenStream(tokenizer);
  const texts = Array.from(ids, (id) => decoder.push(id));
  const rest = decoder.end();
  if (rest !== "") texts[texts.length - 1] += rest;
  // A vocabulary of words has a token for each.
  const joins = by === "word" && tokenizer.kind !== "word";
  const pieces: Piece[] = [];
  let [text, start] = ["", 0];
  for (const [n, own] of texts.entries()) {
    const begins = joins ? /^\s/.test(own) && text.trim() !== "" : n > start && text !== "";
    if (begins) {
      pieces.push({ text, start, end: n });
      [text, start] = ["", n];
    }
    text += own;
  }
  if (ids.length > start) pieces.push({ text, start, end: ids.length });
  return pieces;
}
