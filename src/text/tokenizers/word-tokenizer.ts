/**
 * One token a word. Running text: ids `<unk>`, `<eos>`, words; every newline is one `<eos>`. Lines: `<unk>`, `<bos>`,
 * `<eos>`, words; a newline is white space. A special token that stands in the text as a word is that token.
 * In `tokenizer.json` it is a WordPiece model whose prefix for the inside of words is a space, which no word holds: so a
 * word is found whole or is `<unk>`. (Hugging Face's WordLevel says the same, but `@huggingface/tokenizers` does not
 * map unknown words with it.)
 */
import { checkText } from "../../argument-checks.js";
import { checkIds, refuseId } from "./check-ids.js";
import { displayText } from "./display-text.js";
import { encodeStream, encodeWhole } from "./held-text.js";
import type { IdBuffer } from "./id-buffer.js";
import { BOS, EOS, linePostProcessor, UNKNOWN } from "./special-tokens.js";
import type { LineIds } from "./special-tokens.js";
import { tokenizerJson, vocabularyObject } from "./tokenizer-json.js";
import type { DecodeStream, EncodeStream, Tokenizer } from "./tokenizer.js";
import { forEachWord, lastWordCut, WORD_PATTERNS } from "./word-splitter.js";
import type { WordMode } from "./word-splitter.js";

export { isWord, WORD_PATTERNS } from "./word-splitter.js";

export interface WordVocabulary {
  readonly mode: WordMode;
  /** The words in the order of their ids, without special tokens; none holds white space, none stands twice. */
  readonly words: readonly string[];
  readonly lines: boolean;
}

const PREFIX = " ";

export class WordTokenizer implements Tokenizer {
  readonly kind = "word";
  readonly mode: WordMode;
  readonly size: number;
  readonly unknownId = 0;
  readonly bosId: number | undefined;
  readonly eosId: number | undefined;
  readonly #tokens: readonly string[];
  readonly #ids: ReadonlyMap<string, number>;
  readonly #lines: LineIds | undefined;
  /** Id of `<eos>`, whether it ends a line of running text or an independent one. */
  readonly #endId: number;

  constructor(vocabulary: WordVocabulary) {
    this.mode = vocabulary.mode;
    this.#lines = vocabulary.lines ? { bosId: 1, eosId: 2 } : undefined;
    this.bosId = this.#lines?.bosId;
    this.eosId = this.#lines?.eosId;
    this.#endId = this.eosId ?? 1;
    this.#tokens = [UNKNOWN, ...(vocabulary.lines ? [BOS] : []), EOS, ...vocabulary.words];
    this.size = this.#tokens.length;
    this.#ids = new Map(this.#tokens.map((token, id) => [token, id]));
  }

  get splitsPunctuation(): boolean {
    return this.mode === "unicode";
  }

  encode(text: string): Int32Array {
    checkText("The text to encode", text);
    return encodeWhole(text, lastWordCut, (piece, ids) => this.#encodeInto(piece, ids));
  }

  decode(ids: ArrayLike<number>): string {
    checkIds(ids);
    const stream = this.decodeStream();
    const pieces = new Array<string>(ids.length);
    for (let i = 0; i < ids.length; i++) pieces[i] = stream.push(ids[i]!);
    return pieces.join("");
  }

  encodeStream(): EncodeStream {
    return encodeStream(lastWordCut, (piece, ids) => this.#encodeInto(piece, ids));
  }

  decodeStream(): DecodeStream {
    let space = "";
    const push = (id: number): string => {
      const token = this.#token(id);
      if (id === this.bosId) return "";
      if (id === this.#endId) {
        space = "";
        return "\n";
      }
      const piece = space + token;
      space = " ";
      return piece;
    };
    return { push, end: () => "" };
  }

  spelling(id: number): string | undefined {
    const token = this.#token(id);
    return id === this.unknownId || id === this.bosId || id === this.#endId ? undefined : token;
  }

  display(id: number): string {
    if (id === this.#endId && this.#lines === undefined) return displayText("\n");
    return displayText(this.#token(id));
  }

  unknowns(text: string): string[] {
    checkText("The text", text);
    const found = new Set<string>();
    this.#forEachWord(text, (word) => {
      if (!this.#ids.has(word)) found.add(word);
    });
    return [...found];
  }

  toJSON(): Record<string, unknown> {
    let longest = 1;
    for (const token of this.#tokens) longest = Math.max(longest, token.length);
    const newlineToEnd = { type: "Replace", pattern: { String: "\n" }, content: ` ${EOS} ` };
    return tokenizerJson({
      normalizer: this.#lines === undefined ? newlineToEnd : null,
      preTokenizer: {
        type: "Split",
        pattern: { Regex: WORD_PATTERNS[this.mode] },
        behavior: "Removed",
        invert: true,
      },
      postProcessor: linePostProcessor(this.#lines),
      decoder: { type: "WordPiece", prefix: PREFIX, cleanup: false },
      model: {
        type: "WordPiece",
        unk_token: UNKNOWN,
        continuing_subword_prefix: PREFIX,
        max_input_chars_per_word: longest,
        vocab: vocabularyObject(this.#tokens),
      },
    });
  }

  #encodeInto(text: string, ids: IdBuffer): void {
    this.#forEachWord(
      text,
      (word) => ids.push(this.#ids.get(word) ?? this.unknownId),
      () => ids.push(this.#endId),
    );
  }

  #forEachWord(text: string, onWord: (word: string) => void, onNewline?: () => void): void {
    const newlines = this.#lines === undefined ? onNewline : undefined;
    forEachWord(text, this.mode, onWord, newlines);
  }

  #token(id: number): string {
    const token = this.#tokens[id];
    if (token === undefined) refuseId(id, this.size);
    return token;
  }
}
