/**
 * The texts that a search goes through, each with what it adds to the score of its paths:
 *
 *   bonus = α ln p_model + γ ln p_ngram + β · words + hot words
 *
 * A text is open (within a word) or closed (its last word is whole). New texts are made first and scored together, so that
 * the model reads them as one batch.
 */
import type { ModelReader, ModelReading, NgramReader, NgramReading } from "./fused-models.js";
import type { HotWords } from "./hot-words.js";

export interface CtcText {
  /** Words with one space between them. */
  readonly text: string;
  readonly open: boolean;
  /** Where the open word begins. */
  readonly wordStart: number;
  /** Whole words. */
  readonly words: number;
  /** Bonus of the whole hot words. */
  readonly hot: number;
  model: ModelReading | undefined;
  ngram: NgramReading | undefined;
  /** What is added to ln p of its paths; NaN until it is scored. */
  bonus: number;
  /** The same with what an unfinished hot word has earned: beams are compared by it. */
  rank: number;
  /** The same text with its word ended. */
  closed: CtcText | undefined;
}

export interface Fusion {
  readonly model?: ModelReader | undefined;
  readonly ngram?: NgramReader | undefined;
  readonly modelWeight: number;
  readonly ngramWeight: number;
  readonly wordBonus: number;
  readonly hotWords: HotWords;
}

/** A text made from another, to be scored. */
interface Made {
  readonly from: CtcText;
  readonly made: CtcText;
  /** What is read: the letters with the space before them, where the model reads label by label. */
  readonly added: string;
}

export class CtcTexts {
  readonly #fusion: Fusion;
  /** By its letters; a closed text has a space at its end. */
  #known = new Map<string, CtcText>();
  #closings: Made[] = [];
  #openings: Made[] = [];

  constructor(fusion: Fusion) {
    this.#fusion = fusion;
  }

  /** The empty text. */
  begin(): CtcText {
    const text: CtcText = {
      text: "",
      open: false,
      wordStart: 0,
      words: 0,
      hot: 0,
      model: this.#fusion.model?.begin(),
      ngram: this.#fusion.ngram?.begin(),
      bonus: 0,
      rank: 0,
      closed: undefined,
    };
    this.#known.set(" ", text);
    return text;
  }

  /** The text with its word ended; itself where none is open. To be scored by `score`. */
  close(from: CtcText): CtcText {
    if (!from.open) return from;
    if (from.closed) return from.closed;
    const key = `${from.text} `;
    let closed = this.#known.get(key);
    if (!closed) {
      const hot = from.hot + this.#fusion.hotWords.ending(from.text);
      closed = this.#unscored(from.text, {
        open: false,
        wordStart: from.text.length,
        words: from.words + 1,
        hot,
      });
      this.#known.set(key, closed);
      const word = from.text.slice(from.wordStart);
      this.#closings.push({ from, made: closed, added: from.wordStart > 0 ? ` ${word}` : word });
    }
    from.closed = closed;
    return closed;
  }

  /** The text with letters after it: of its open word, or of a new one. To be scored by `score`. */
  add(from: CtcText, piece: string): CtcText {
    const space = from.open || from.text === "" ? "" : " ";
    const key = from.text + space + piece;
    let text = this.#known.get(key);
    if (!text) {
      const wordStart = from.open ? from.wordStart : key.length - piece.length;
      text = this.#unscored(key, { open: true, wordStart, words: from.words, hot: from.hot });
      this.#known.set(key, text);
      this.#openings.push({ from, made: text, added: space + piece });
    }
    return text;
  }

  /** Scores the texts that were made since: the ended words first, as new words begin after them. */
  score(): void {
    const { model, ngram } = this.#fusion;
    for (const { from, made } of this.#closings)
      made.ngram = ngram?.read(from.ngram!, from.text.slice(from.wordStart));
    this.#read(this.#closings, model?.byLabel === false);
    for (const { from, made } of this.#openings) made.ngram = from.ngram;
    this.#read(this.#openings, model?.byLabel === true);
    this.#closings = [];
    this.#openings = [];
  }

  /** ln p of whole texts, all closed, by each model. */
  ends(
    texts: readonly CtcText[],
  ): { readonly model?: number; readonly ngram?: number; readonly bonus: number }[] {
    const { model, ngram, modelWeight, ngramWeight } = this.#fusion;
    const byModel = model?.end(texts.map((text) => text.model!));
    return texts.map((text, i) => {
      const own = byModel?.[i];
      const counted = ngram?.end(text.ngram!);
      return {
        ...(own !== undefined && { model: own }),
        ...(counted !== undefined && { ngram: counted }),
        bonus: weighted(modelWeight, own) + weighted(ngramWeight, counted) + this.#ownBonus(text),
      };
    });
  }

  /** Forgets all texts but these. */
  keep(texts: Iterable<CtcText>): void {
    this.#known = new Map();
    const readings: ModelReading[] = [];
    for (const text of texts) {
      for (const kept of text.closed ? [text, text.closed] : [text]) {
        this.#known.set(kept.open ? kept.text : `${kept.text} `, kept);
        if (kept.model) readings.push(kept.model);
      }
    }
    this.#fusion.model?.keep(readings);
  }

  #unscored(text: string, place: Pick<CtcText, "open" | "wordStart" | "words" | "hot">): CtcText {
    return { text, ...place, model: undefined, ngram: undefined, bonus: NaN, rank: NaN, closed: undefined };
  }

  /** @param reads whether the model reads at this point; else it stands where it stood */
  #read(all: readonly Made[], reads: boolean): void {
    if (all.length === 0) return;
    const { model } = this.#fusion;
    const readings = reads
      ? model!.read(all.map(({ from, added }) => ({ after: from.model!, text: added })))
      : all.map(({ from }) => from.model);
    for (const [i, { made }] of all.entries()) {
      made.model = readings[i];
      this.#finish(made);
    }
  }

  #finish(text: CtcText): void {
    const { modelWeight, ngramWeight, hotWords } = this.#fusion;
    text.bonus =
      weighted(modelWeight, text.model?.logProbability) +
      weighted(ngramWeight, text.ngram?.logProbability) +
      this.#ownBonus(text);
    text.rank = text.bonus + hotWords.begun(text.text, text.open);
  }

  #ownBonus({ words, hot }: CtcText): number {
    return this.#fusion.wordBonus * words + hot;
  }
}

/** Also where an impossible text (−∞) has the weight 0. */
const weighted = (weight: number, logProbability: number | undefined): number =>
  weight === 0 || logProbability === undefined ? 0 : weight * logProbability;
