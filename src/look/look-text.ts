/** A text as a model reads it: its tokens, and where it begins anew. */
import { UserError } from "../errors.js";
import { beginningOf } from "../generate/beginning.js";
import { inKnownForm } from "../text/tokenizers/normal-form.js";
import type { Tokenizer } from "../text/tokenizers/tokenizer.js";

export interface LookText {
  /** All tokens in order; of a model of lines with the token that ends each line, and without the one that begins it. */
  readonly ids: Int32Array;
  /** What each token adds to the text; the end of a line of a model of lines is a newline. */
  readonly pieces: readonly string[];
  /** Places in `ids` at which the model begins from the zero state, the first of them 0. */
  readonly starts: readonly number[];
  /** The token that is read before the one at each start; undefined where the vocabulary has none for it. */
  readonly beginning: number | undefined;
}

/** @throws UserError where the text has fewer than two tokens: then nothing of it is predicted from anything */
export function lookText(tokenizer: Tokenizer, text: string): LookText {
  const known = inKnownForm(tokenizer, text);
  const { bosId, eosId } = tokenizer;
  const found =
    bosId === undefined || eosId === undefined ? running(tokenizer, known) : lines(tokenizer, known, eosId);
  if (found.ids.length < 2)
    throw new UserError(
      "The text to look into has fewer than two tokens, so that there is nothing to predict; give a longer one.",
    );
  return { ...found, beginning: beginningOf(tokenizer) };
}

/** The beginning of a text: its first tokens, at most so many. */
export function firstTokens(text: LookText, most: number): LookText {
  const end = Math.min(most, text.ids.length);
  return { ...text, ids: text.ids.subarray(0, end), starts: text.starts.filter((start) => start < end) };
}

type Tokens = Omit<LookText, "beginning">;

function running(tokenizer: Tokenizer, text: string): Tokens {
  const ids = tokenizer.encode(text);
  return { ids, pieces: piecesOf(tokenizer, ids), starts: ids.length > 0 ? [0] : [] };
}

/** Each line by itself; blank ones are left out, as in training. */
function lines(tokenizer: Tokenizer, text: string, eosId: number): Tokens {
  const all: number[] = [];
  const pieces: string[] = [];
  const starts: number[] = [];
  for (const line of text.split(/\r\n|\r|\n/)) {
    if (line.trim() === "") continue;
    starts.push(all.length);
    const ids = tokenizer.encode(line);
    for (const id of ids) all.push(id);
    all.push(eosId);
    for (const piece of piecesOf(tokenizer, ids)) pieces.push(piece);
    pieces.push("\n");
  }
  return { ids: Int32Array.from(all), pieces, starts };
}

/** What each token adds; what is left of a character at the end goes to the last one. */
function piecesOf(tokenizer: Tokenizer, ids: Int32Array): string[] {
  const decoder = tokenizer.decodeStream();
  const pieces = Array.from(ids, (id) => decoder.push(id));
  if (pieces.length > 0) pieces[pieces.length - 1] += decoder.end();
  return pieces;
}
