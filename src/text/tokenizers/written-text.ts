/**
 * Text as people write it, from the tokens of a tokenizer that takes punctuation apart: "Yes , ( so it is ) ." becomes
 * "Yes, (so it is)." No rule can know what stood in the text that was learned from, as its spaces are not kept; these are the
 * usual ones of languages with spaces. A straight quote opens or closes in turn, from the beginning of each line.
 */
import type { DecodeStream, Tokenizer } from "./tokenizer.js";

/** No space before it. */
const CLOSING = /^(?:[,.;:!?%‰…°\p{Pe}\p{Pf}]|[、。，．；：！？])$/u;
/** No space after it. */
const OPENING = /^(?:[$£€#¿¡\p{Ps}\p{Pi}]|[、。，．；：！？])$/u;
/** No space on either side: a hyphen, a dash between clauses, a slash. */
const JOINING = /^[-‐‑—/]$/u;
/** They open and close alike. */
const QUOTES: ReadonlySet<string> = new Set(['"', "'", "_", "*", "`"]);

/** A decoder of what is written for people; `tokenizer.decodeStream` where no punctuation was taken apart. */
export function writtenStream(tokenizer: Tokenizer): DecodeStream {
  const decoder = tokenizer.decodeStream();
  if (!tokenizer.splitsPunctuation) return decoder;
  const joined = new JoinedPunctuation();
  return {
    push: (id) => joined.push(decoder.push(id)),
    end: () => decoder.end(),
  };
}

class JoinedPunctuation {
  /** Quotes that are open in this line. */
  readonly #open = new Set<string>();
  /** Nothing is put between the last token and the next. */
  #joins = true;

  /** @param piece a token, with the space before it if any */
  push(piece: string): string {
    if (piece === "\n") {
      this.#open.clear();
      this.#joins = true;
      return piece;
    }
    const token = piece.startsWith(" ") ? piece.slice(1) : piece;
    if (token === "") return piece;
    const closes = this.#open.has(token);
    const space = piece !== token && !this.#joins && !closes && !CLOSING.test(token) && !JOINING.test(token);
    if (QUOTES.has(token)) {
      if (closes) this.#open.delete(token);
      else this.#open.add(token);
      this.#joins = !closes;
    } else this.#joins = OPENING.test(token) || JOINING.test(token);
    return space ? ` ${token}` : token;
  }
}
