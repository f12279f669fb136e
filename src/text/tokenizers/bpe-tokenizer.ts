/**
 * Byte-level byte-pair encoding as GPT-2 does it (Radford et al. 2019): every text can be written, so there is no
 * `<unk>`. A lone surrogate, which UTF-8 cannot hold, is encoded as U+FFFD.
 */
import { checkText } from "../../argument-checks.js";
import { BYTE_ALPHABET, bytesOfToken, RANK_OF_BYTE } from "./byte-alphabet.js";
import { MergeTable } from "./bpe-merges.js";
import { detach } from "./code-points.js";
import { checkIds, refuseId } from "./check-ids.js";
import { displayText } from "./display-text.js";
import { encodeStream, encodeWhole } from "./held-text.js";
import type { IdBuffer } from "./id-buffer.js";
import { forEachPreToken, lastPreTokenCut, PRE_TOKEN_PATTERN } from "./pre-tokens.js";
import { BOS, EOS, linePostProcessor } from "./special-tokens.js";
import type { LineIds } from "./special-tokens.js";
import { tokenizerJson, vocabularyObject } from "./tokenizer-json.js";
import type { DecodeStream, EncodeStream, Tokenizer } from "./tokenizer.js";

export interface BpeVocabulary {
  /** Tokens beyond the 256 bytes, in the byte alphabet and the order of their ids. */
  readonly tokens: readonly string[];
  /** In the order they were learned: two tokens each, whose join is a token. */
  readonly merges: readonly (readonly [string, string])[];
  readonly lines: boolean;
}

// Pre-tokens whose ids are remembered, and how long they may be. A full cache starts afresh.
const CACHE_ENTRIES = 1 << 17;
const CACHE_LENGTH = 64;

export class BpeTokenizer implements Tokenizer {
  readonly kind = "bpe";
  readonly size: number;
  readonly unknownId = undefined;
  readonly bosId: number | undefined;
  readonly eosId: number | undefined;
  readonly #tokens: readonly string[];
  readonly #bytes: readonly Uint8Array[];
  readonly #merges: readonly (readonly [string, string])[];
  readonly #table: MergeTable;
  readonly #lines: LineIds | undefined;
  /** Id of the first byte. */
  readonly #first: number;
  readonly #cache = new Map<string, Int32Array>();
  readonly #utf8 = new TextEncoder();

  constructor(vocabulary: BpeVocabulary) {
    this.#lines = vocabulary.lines ? { bosId: 0, eosId: 1 } : undefined;
    this.bosId = this.#lines?.bosId;
    this.eosId = this.#lines?.eosId;
    const special = vocabulary.lines ? [BOS, EOS] : [];
    this.#first = special.length;
    this.#tokens = [...special, ...BYTE_ALPHABET, ...vocabulary.tokens];
    this.size = this.#tokens.length;
    this.#bytes = this.#tokens.map((token, id) => {
      if (id < this.#first) return this.#utf8.encode(id === this.eosId ? "\n" : "");
      const bytes = bytesOfToken(token);
      if (bytes === undefined) throw new RangeError(`token ${JSON.stringify(token)} is not made of bytes`);
      return bytes;
    });
    const ids = new Map(this.#tokens.map((token, id) => [token, id]));
    const idOf = (token: string): number => {
      const id = ids.get(token);
      if (id === undefined) throw new RangeError(`${JSON.stringify(token)} of a merge is not a token`);
      return id;
    };
    this.#merges = vocabulary.merges;
    const left = this.#merges.map(([a]) => idOf(a));
    const right = this.#merges.map(([, b]) => idOf(b));
    const result = this.#merges.map(([a, b]) => idOf(a + b));
    this.#table = new MergeTable({ left, right, result, length: left.length }, this.size);
  }

  encode(text: string): Int32Array {
    checkText("The text to encode", text);
    return encodeWhole(text, lastPreTokenCut, (piece, ids) => this.#encodeInto(piece, ids));
  }

  decode(ids: ArrayLike<number>): string {
    checkIds(ids);
    let length = 0;
    for (let i = 0; i < ids.length; i++) length += this.#bytesOf(ids[i]!).length;
    const bytes = new Uint8Array(length);
    for (let i = 0, at = 0; i < ids.length; i++) {
      const piece = this.#bytes[ids[i]!]!;
      bytes.set(piece, at);
      at += piece.length;
    }
    return utf8Decoder().decode(bytes);
  }

  encodeStream(): EncodeStream {
    return encodeStream(lastPreTokenCut, (piece, ids) => this.#encodeInto(piece, ids));
  }

  decodeStream(): DecodeStream {
    const decoder = utf8Decoder();
    return {
      push: (id) => decoder.decode(this.#bytesOf(id), { stream: true }),
      end: () => decoder.decode(),
    };
  }

  spelling(id: number): string | undefined {
    const bytes = this.#bytesOf(id);
    return id < this.#first ? undefined : String.fromCharCode(...bytes);
  }

  /** Bytes that are not whole characters are shown as `\xE2`. */
  display(id: number): string {
    const bytes = this.#bytesOf(id);
    if (id < this.#first) return this.#tokens[id]!;
    try {
      return displayText(new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes));
    } catch {
      return Array.from(bytes, (byte) => `\\x${byte.toString(16).toUpperCase().padStart(2, "0")}`).join("");
    }
  }

  unknowns(): string[] {
    return [];
  }

  toJSON(): Record<string, unknown> {
    const byteLevel = { type: "ByteLevel", add_prefix_space: false, trim_offsets: true, use_regex: false };
    return tokenizerJson({
      normalizer: null,
      preTokenizer: {
        type: "Sequence",
        pretokenizers: [
          { type: "Split", pattern: { Regex: PRE_TOKEN_PATTERN }, behavior: "Isolated", invert: false },
          byteLevel,
        ],
      },
      postProcessor: linePostProcessor(this.#lines),
      decoder: { ...byteLevel, use_regex: true },
      model: {
        type: "BPE",
        dropout: null,
        unk_token: null,
        continuing_subword_prefix: null,
        end_of_word_suffix: null,
        fuse_unk: false,
        byte_fallback: false,
        vocab: vocabularyObject(this.#tokens),
        merges: this.#merges.map((pair) => pair.join(" ")),
      },
    });
  }

  #encodeInto(text: string, ids: IdBuffer): void {
    forEachPreToken(text, (preToken) => {
      const known = this.#cache.get(preToken);
      if (known !== undefined) return ids.append(known);
      const made = this.#encodePreToken(preToken);
      ids.append(made);
      if (preToken.length > CACHE_LENGTH) return;
      if (this.#cache.size === CACHE_ENTRIES) this.#cache.clear();
      this.#cache.set(detach(preToken), made);
    });
  }

  #encodePreToken(preToken: string): Int32Array {
    const bytes = this.#utf8.encode(preToken);
    const ids = Int32Array.from(bytes, (byte) => this.#first + RANK_OF_BYTE[byte]!);
    return ids.slice(0, this.#table.apply(ids));
  }

  #bytesOf(id: number): Uint8Array {
    const bytes = this.#bytes[id];
    if (bytes === undefined) refuseId(id, this.size);
    return bytes;
  }
}

/** Keeps a byte order mark, which is a character like any other here. */
function utf8Decoder() {
  return new TextDecoder("utf-8", { ignoreBOM: true });
}
