/**
 * Finishes what is being typed: the most probable ends of the word, of the line, or the next tokens, each with the
 * probability of its text. It remembers what it has read, so that a text which differs little from the last costs little.
 *
 * Probabilities are those of `generate` at temperature 1: `<unk>` and `<bos>` are never written. What stands before the
 * word is read as the tokenizer cuts it; the word itself, and what finishes it, in every way in which tokens can spell it.
 */
import { checkText } from "../../argument-checks.js";
import { Turns } from "../../breathe.js";
import type { Predictor } from "../../model/predictor.js";
import { LETTER, MARK, NUMBER, classOf } from "../../text/tokenizers/character-class.js";
import { TokenIndex } from "../../text/tokenizers/token-index.js";
import type { Tokenizer } from "../../text/tokenizers/tokenizer.js";
import { TypedText, textOfBytes, withoutHalf } from "../../text/tokenizers/typed-text.js";
import { beginningOf, unwrittenTokens } from "../beginning.js";
import { decoderAfter } from "../decoder-after.js";
import { type Branch, begun } from "./begun.js";
import { type FoundText, FoundTexts } from "./found-texts.js";
import { type CompleteOptions, type CompleteSettings, completeSettings } from "./options.js";
import { type ReadText, ReadTexts } from "./read-texts.js";
import { searchLines } from "./search-lines.js";
import { searchVocabulary } from "./search-vocabulary.js";
import { type FoundWords, searchWords } from "./search-words.js";
import { WordEnd, takesSpace, wordAtEnd } from "./word-end.js";

/** A way to go on with a text. */
export interface Suggestion {
  /** What comes after what was typed; never empty. */
  readonly text: string;
  /** Of all that may come after what was typed; 0 for long texts where it is less than about 1e-308. */
  readonly probability: number;
  /** The whole word that it finishes; undefined for a line and for tokens. */
  readonly word?: string;
  /**
   * Of a word where the search ended before it had looked at all: more probable ones may be missing before it, and others
   * after the last.
   */
  readonly unsure?: true;
}

/** Tokens that are read before others have their turn. */
const TURN = 1024;
/** Beginnings of lines that are kept; twice as many as suggestions where these are more. */
const BEAMS = 16;
/** Tokens of the text that decide about spaces after its end. */
const WRITTEN = 256;

export class Completer {
  readonly #tokenizer: Tokenizer;
  readonly #texts: ReadTexts;
  readonly #index: TokenIndex;
  readonly #spellings: readonly string[];
  readonly #wordEnd: WordEnd;
  /** By id: it holds a letter or a digit. */
  readonly #isWord: Uint8Array;
  readonly #endId: number | undefined;
  /** The token before the text, unless that goes on after what was cut off. */
  #beginning: number | undefined;
  #typed: TypedText;
  /** Ids of the text before, up to which it is unchanged. */
  #common = 0;
  #ids = new Int32Array(0);
  #last: Promise<unknown> = Promise.resolve();

  /** Made by `TextModel.completer`. @throws UserError for a model that follows one text */
  constructor(model: Predictor, tokenizer: Tokenizer) {
    this.#tokenizer = tokenizer;
    this.#texts = new ReadTexts(model, unwrittenTokens(tokenizer));
    this.#index = new TokenIndex(tokenizer);
    this.#spellings = this.#index.spellings;
    this.#wordEnd = new WordEnd(this.#spellings, tokenizer.kind === "bpe");
    this.#isWord = Uint8Array.from(this.#spellings, (spelling) => (hasLetter(spelling) ? 1 : 0));
    this.#beginning = beginningOf(tokenizer);
    this.#endId = tokenizer.eosId ?? (tokenizer.kind === "word" ? this.#beginning : undefined);
    this.#typed = new TypedText(tokenizer);
  }

  /**
   * The most probable ways to go on with a text, most probable first; none where nothing that the model knows begins as it
   * ends. A model of lines goes on with the last of its lines. Calls are answered one after the other.
   * @param text all that stands before the caret
   * @throws UserError where the text or an option makes no sense; the signal's reason where that ended it
   */
  async complete(text: string, options: CompleteOptions = {}): Promise<Suggestion[]> {
    checkText("The text to complete", text);
    const settings = completeSettings(options);
    return this.#inTurn(() => this.#complete(this.#own(text), settings));
  }

  /**
   * Reads a text that grows for long, and forgets where it came from: the texts of later calls begin where the answer
   * says.
   * @returns how many UTF-16 units were read for good
   * @throws UserError where it is not a string
   */
  async readOn(text: string): Promise<number> {
    checkText("The text to read", text);
    return this.#inTurn(async () => {
      const own = this.#own(text);
      const before = text.length - own.length;
      // Lines begin anew: nothing stands before one.
      if (this.#tokenizer.bosId !== undefined) return before;
      const { settled } = await this.#change(own, undefined);
      const ids = settled.ids + (this.#beginning === undefined ? 0 : 1);
      if (settled.text === 0) return before;
      await this.#read(this.#ids.subarray(0, ids), Math.min(this.#common, ids), undefined);
      this.#texts.at();
      this.#texts.cut();
      this.#beginning = undefined;
      this.#typed = new TypedText(this.#tokenizer);
      this.#ids = new Int32Array(0);
      this.#common = 0;
      return before + settled.text;
    });
  }

  /** The part of the text that the model reads. */
  #own(text: string): string {
    const lines = this.#tokenizer.bosId !== undefined;
    return withoutHalf(lines ? text.slice(text.lastIndexOf("\n") + 1) : text);
  }

  /** One call after the other: they share the states. */
  #inTurn<Result>(work: () => Promise<Result>): Promise<Result> {
    const result = this.#last.then(work);
    this.#last = result.catch(() => {});
    return result;
  }

  async #complete(text: string, settings: CompleteSettings): Promise<Suggestion[]> {
    const { suggestions: count, until, signal } = settings;
    signal?.throwIfAborted();
    this.#texts.begin();
    await this.#change(text, signal);
    if (this.#ids.length === 0 && !this.#texts.begun) return [];
    await this.#read(this.#ids, this.#common, signal);
    const settled = this.#texts.at();
    if (until !== "word") return this.#lines(text, settled, settings);
    const space = takesSpace(text);
    const word = wordAtEnd(text);
    const { found, open } = this.#index.spellsWords
      ? { found: this.#vocabulary(settled, count), open: 0 }
      : this.#words(settled, count, space);
    // Fewer than were asked for, and not all that there are.
    const fewer = open > 0 && found.length < count;
    return found.map(({ text: added, p: probability }, i) => {
      const own = this.#index.spellsWords && space ? this.#spaced(text, added) : added;
      const whole = { text: own, probability, word: word + own.trimStart() };
      const isLast = fewer && i === found.length - 1;
      return probability < open || isLast ? { ...whole, unsure: true } : whole;
    });
  }

  /** A word after a sign, with the space that belongs between the two. */
  #spaced(text: string, word: string): string {
    if (this.#typed.ends[0]!.typed !== "") return word;
    const decoder = decoderAfter(this.#tokenizer, text, this.#ids.subarray(-WRITTEN));
    return decoder.push(this.#index.find(word)!);
  }

  #vocabulary(settled: ReadText, count: number): FoundText[] {
    const search = { index: this.#index, isWord: this.#isWord, count };
    return searchVocabulary(this.#texts, settled, this.#typed.ends, search);
  }

  /** @returns p of all that may come after what was typed */
  #words(settled: ReadText, count: number, space: boolean): FoundWords {
    const start = begun(this.#texts, settled, this.#typed.ends, this.#index);
    const { found, open } = searchWords(start, {
      texts: this.#texts,
      index: this.#index,
      end: this.#wordEnd,
      spellings: this.#spellings,
      space,
      count,
    });
    const texts = found.flatMap(({ text, p }) => {
      const added = this.#index.spellsParts ? textOfBytes(text) : text;
      return added === undefined ? [] : [{ text: added, p: p / start.total }];
    });
    return { found: texts, open: open / start.total };
  }

  #lines(text: string, settled: ReadText, { suggestions, until, length }: CompleteSettings): Suggestion[] {
    const start = begun(this.#texts, settled, this.#typed.ends, this.#index);
    const ended = searchLines(start, {
      texts: this.#texts,
      index: this.#index,
      spellings: this.#spellings,
      endId: this.#endId,
      lines: until === "line",
      ownLines: this.#tokenizer.bosId !== undefined,
      length,
      beams: Math.max(BEAMS, 2 * suggestions),
      count: suggestions,
    });
    const found = new FoundTexts(suggestions);
    // Parts of the most probable one: p of long texts is less than the least number there is.
    const greatest = Math.max(...ended.map(({ logP }) => logP));
    for (const branch of ended) {
      const added = this.#addedBy(branch, text, until === "line");
      if (added !== undefined && added !== "") found.add(added, Math.exp(branch.logP - greatest));
    }
    const scale = Math.exp(greatest - Math.log(start.total));
    return found.best().map((one) => ({ text: one.text, probability: one.p * scale }));
  }

  /** What a branch adds to the text; undefined where it is no text. */
  #addedBy(branch: Branch, text: string, line: boolean): string | undefined {
    if (this.#index.spellsParts) return textOfBytes(branch.text);
    if (!this.#index.spellsWords) return branch.text;
    const before = text.slice(0, text.length - this.#typed.ends[0]!.typed.length);
    const decoder = decoderAfter(this.#tokenizer, before, this.#ids.subarray(-WRITTEN));
    const path: Branch[] = [];
    for (let one: Branch | undefined = branch; one; one = one.from) if (one.next) path.push(one);
    let added = "";
    for (const one of path.toReversed()) {
      const piece = decoder.push(one.next!.id);
      // Of the first word a part is there already.
      added += one.from === undefined ? one.text : piece;
    }
    return line ? added.replace(/\n$/, "") : added;
  }

  /** The tokens of a text, and up to where they are those of before. */
  async #change(text: string, signal: AbortSignal | undefined): Promise<TypedText> {
    signal?.throwIfAborted();
    const offset = this.#beginning === undefined ? 0 : 1;
    const same = this.#typed.change(text) + offset;
    const ids = new Int32Array(offset + this.#typed.ids.length);
    if (this.#beginning !== undefined) ids[0] = this.#beginning;
    ids.set(this.#typed.ids, offset);
    this.#common = Math.min(this.#common, same);
    this.#ids = ids;
    return this.#typed;
  }

  /** Reads these tokens, in turns with other work. */
  async #read(ids: Int32Array, common: number, signal: AbortSignal | undefined): Promise<void> {
    const turns = new Turns();
    let read = common;
    do {
      read = this.#texts.read(ids, read, TURN);
      this.#common = Math.min(read, ids.length);
      if (turns.due) {
        await turns.give();
        signal?.throwIfAborted();
      }
    } while (read < ids.length);
    this.#common = ids.length;
  }
}

function hasLetter(spelling: string): boolean {
  for (const character of spelling)
    if ((classOf(character.codePointAt(0)!) & (LETTER | MARK | NUMBER)) !== 0) return true;
  return false;
}
