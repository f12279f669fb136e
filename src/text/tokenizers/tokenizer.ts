/** The interface of tokenizers. This folder knows text and ids, and nothing of engines or numbers. */

import type { TOKENIZERS } from "../../options/words.js";

/** The kinds of tokenizer. */
export type TokenizerKind = (typeof TOKENIZERS)[number];

/** Turns a text into token ids and back. */
export interface Tokenizer {
  readonly kind: TokenizerKind;
  /** Number of tokens; ids run from 0 to size − 1. */
  readonly size: number;
  /** Id of `<unk>`, or undefined where every text can be written (bpe). */
  readonly unknownId: number | undefined;
  /** Ids of the begin and end tokens of an independent line (the option `lines`); undefined without them. */
  readonly bosId: number | undefined;
  readonly eosId: number | undefined;
  /** Words and punctuation are tokens apart, and `decode` has a space between all of them; see written-text.ts. */
  readonly splitsPunctuation?: boolean;
  /** Ids of the whole text; unknown pieces become `unknownId`. @throws UserError only where it is not a string */
  encode(text: string): Int32Array;
  /**
   * The text of some ids. For char and bpe: `decode(encode(text)) === text` for every text whose characters are known.
   * @throws UserError for an id that is no token's
   */
  decode(ids: ArrayLike<number>): string;
  /** An encoder fed chunk by chunk; the ids of all its pieces joined equal `encode` of the joined text. */
  encodeStream(): EncodeStream;
  /** A decoder fed id by id, which holds back an incomplete UTF-8 sequence. */
  decodeStream(): DecodeStream;
  /**
   * How a token is spelled: a character, a word, or the bytes of a byte pair, each as a character up to U+00FF. Undefined for
   * tokens that are not spelled: `<unk>`, `<bos>`, `<eos>`. @throws UserError as `decode`
   */
  spelling(id: number): string | undefined;
  /** The token as a person should see it (`"\n"` as `⏎`, no byte-level alphabet). @throws UserError as `decode` */
  display(id: number): string;
  /** The distinct pieces (characters or words) of the text that this tokenizer maps to `<unk>`, in order of appearance. */
  unknowns(text: string): string[];
  /** Hugging Face `tokenizer.json` layout, ready for JSON.stringify. */
  toJSON(): Record<string, unknown>;
}

/** See `Tokenizer.encodeStream`. */
export interface EncodeStream {
  /** Ids that are settled after this chunk. */
  push(chunk: string): Int32Array;
  /** The text that was held back. */
  end(): Int32Array;
}

/** See `Tokenizer.decodeStream`. */
export interface DecodeStream {
  push(id: number): string;
  end(): string;
}
