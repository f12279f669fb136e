/**
 * One token a Unicode code point. Ids: `<unk>`, then for lines `<bos>` and `<eos>`, then the characters by code point.
 * In `tokenizer.json` it is a BPE model without merges, which is what Hugging Face's tokenizers can read as characters.
 * A lone surrogate is never known.
 */
import { checkText } from "../../argument-checks.js";
import { hasLoneSurrogate, isHighSurrogate, isLowSurrogate, lastCharacterCut } from "./code-points.js";
import { checkIds, refuseId } from "./check-ids.js";
import { displayText } from "./display-text.js";
import { encodeStream } from "./held-text.js";
import { BOS, EOS, linePostProcessor, UNKNOWN } from "./special-tokens.js";
import type { LineIds } from "./special-tokens.js";
import { tokenizerJson, vocabularyObject } from "./tokenizer-json.js";
import type { DecodeStream, EncodeStream, Tokenizer } from "./tokenizer.js";

/** Decoded for an unknown character: Unicode's replacement character. */
const REPLACEMENT = "\ufffd";

export interface CharVocabulary {
  /** The characters in the order of their ids, each one code point, no lone surrogates, none twice. */
  readonly characters: readonly string[];
  /** With `<bos>` and `<eos>`. */
  readonly lines: boolean;
}

export class CharTokenizer implements Tokenizer {
  readonly kind = "char";
  readonly size: number;
  readonly unknownId = 0;
  readonly bosId: number | undefined;
  readonly eosId: number | undefined;
  readonly #tokens: readonly string[];
  readonly #lines: LineIds | undefined;
  // Id of every UTF-16 unit that is a character by itself; others, in pairs, are in #astral.
  readonly #units = new Int32Array(0x10000).fill(this.unknownId);
  readonly #astral = new Map<number, number>();

  constructor(vocabulary: CharVocabulary) {
    this.#lines = vocabulary.lines ? { bosId: 1, eosId: 2 } : undefined;
    this.bosId = this.#lines?.bosId;
    this.eosId = this.#lines?.eosId;
    this.#tokens = [UNKNOWN, ...(vocabulary.lines ? [BOS, EOS] : []), ...vocabulary.characters];
    this.size = this.#tokens.length;
    for (let id = this.size - vocabulary.characters.length; id < this.size; id++) {
      const codePoint = this.#tokens[id]!.codePointAt(0)!;
      if (codePoint > 0xffff) this.#astral.set(codePoint, id);
      else this.#units[codePoint] = id;
    }
  }

  encode(text: string): Int32Array {
    checkText("The text to encode", text);
    const ids = new Int32Array(text.length);
    const units = this.#units;
    let n = 0;
    for (let i = 0; i < text.length; i++) {
      const unit = text.charCodeAt(i);
      if (isHighSurrogate(unit) && i + 1 < text.length && isLowSurrogate(text.charCodeAt(i + 1))) {
        ids[n++] = this.#astral.get(text.codePointAt(i)!) ?? this.unknownId;
        i++;
      } else ids[n++] = units[unit]!;
    }
    return n === ids.length ? ids : ids.slice(0, n);
  }

  decode(ids: ArrayLike<number>): string {
    checkIds(ids);
    const pieces = new Array<string>(ids.length);
    for (let i = 0; i < ids.length; i++) pieces[i] = this.#text(ids[i]!);
    return pieces.join("");
  }

  encodeStream(): EncodeStream {
    return encodeStream(lastCharacterCut, (text, ids) => ids.append(this.encode(text)));
  }

  decodeStream(): DecodeStream {
    return { push: (id) => this.#text(id), end: () => "" };
  }

  spelling(id: number): string | undefined {
    const token = this.#token(id);
    return id < this.#firstCharacter ? undefined : token;
  }

  display(id: number): string {
    return id < this.#firstCharacter ? this.#token(id) : displayText(this.#token(id));
  }

  unknowns(text: string): string[] {
    checkText("The text", text);
    const found = new Set<string>();
    for (const character of text) if (this.encode(character)[0] === this.unknownId) found.add(character);
    return [...found];
  }

  toJSON(): Record<string, unknown> {
    return tokenizerJson({
      normalizer: null,
      preTokenizer: null,
      postProcessor: linePostProcessor(this.#lines),
      decoder: { type: "Fuse" },
      model: {
        type: "BPE",
        dropout: null,
        unk_token: UNKNOWN,
        continuing_subword_prefix: null,
        end_of_word_suffix: null,
        fuse_unk: false,
        byte_fallback: false,
        vocab: vocabularyObject(this.#tokens),
        merges: [],
      },
    });
  }

  get #firstCharacter(): number {
    return this.#lines === undefined ? 1 : 3;
  }

  #token(id: number): string {
    const token = this.#tokens[id];
    if (token === undefined) refuseId(id, this.size);
    return token;
  }

  /** The text of an id: empty for a line's begin, a newline for its end. */
  #text(id: number): string {
    if (id >= this.#firstCharacter) return this.#token(id);
    if (id === this.unknownId) return REPLACEMENT;
    return this.#token(id) === EOS ? "\n" : "";
  }
}

/** Is this a token that a character vocabulary may hold: one code point and no lone surrogate? */
export function isCharacter(token: string): boolean {
  return token !== "" && String.fromCodePoint(token.codePointAt(0)!) === token && !hasLoneSurrogate(token);
}
