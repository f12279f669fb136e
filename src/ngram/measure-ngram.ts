/** Measures an n-gram model on sentences, by KenLM's figures: `</s>` counts as a token, `<s>` does not. */
import { unknownNotice } from "./unknown-words.js";
import {
  type CuttingKind,
  type NgramModel,
  type NgramScore,
  scoreSentence,
  SENTENCE_END,
} from "./ngram-model.js";

export interface NgramFigures {
  readonly sentences: number;
  /** Words and ends of sentences. */
  readonly tokens: number;
  /** Words that the model does not know. */
  readonly outOfVocabulary: number;
  /** Σ ln p, of all tokens and without those out of the vocabulary. */
  readonly logProbability: number;
  readonly knownLogProbability: number;
  /** e^{−Σ ln p / tokens} */
  readonly perplexity: number;
  readonly knownPerplexity: number;
  /** Tokens by the length of the longest n-gram known there, from 1 on. */
  readonly lengths: readonly number[];
  /** Tokens whose probability is above 1 by the model's own numbers: 1 was taken for each. */
  readonly aboveOne: number;
}

/** A sentence's scores, the last of them that of `</s>`. */
export interface ScoredSentence {
  readonly words: readonly string[];
  readonly scores: readonly NgramScore[];
}

/** What the words of a model are called. */
const NOUNS: Readonly<Record<CuttingKind, string>> = {
  whitespace: "words",
  unicode: "words",
  char: "characters",
  model: "tokens",
};

export class NgramMeasure {
  readonly #model: NgramModel;
  readonly #lengths: number[];
  #sentences = 0;
  #tokens = 0;
  #unknown = 0;
  #log = 0;
  #knownLog = 0;
  #aboveOne = 0;

  constructor(model: NgramModel) {
    this.#model = model;
    this.#lengths = new Array<number>(model.order).fill(0);
  }

  add(words: readonly string[]): ScoredSentence {
    const scores = [...scoreSentence(this.#model, words)];
    this.#sentences++;
    for (const { logProbability, outOfVocabulary, length, aboveOne } of scores) {
      if (aboveOne) this.#aboveOne++;
      this.#tokens++;
      this.#log += logProbability;
      this.#lengths[length - 1]!++;
      if (outOfVocabulary) this.#unknown++;
      else this.#knownLog += logProbability;
    }
    return { words: [...words, SENTENCE_END], scores };
  }

  /** What a person should know of the figures, in whole sentences. */
  notices(): string[] {
    const noun = NOUNS[this.#model.cutting ?? "whitespace"];
    const unknown = unknownNotice(this.#unknown, this.#tokens - this.#sentences, noun);
    return [...(unknown === undefined ? [] : [unknown]), ...this.#aboveOneNotice()];
  }

  #aboveOneNotice(): string[] {
    if (this.#aboveOne === 0) return [];
    const [above, all] = [this.#aboveOne, this.#tokens].map((count) => count.toLocaleString("en-US"));
    return [
      `By the backoff weights of the n-gram model ${above} of ${all} tokens have a probability above 1, and 1 is taken: it is not normalised, and the figures are better than it is.`,
    ];
  }

  figures(): NgramFigures {
    const known = this.#tokens - this.#unknown;
    return {
      sentences: this.#sentences,
      tokens: this.#tokens,
      outOfVocabulary: this.#unknown,
      logProbability: this.#log,
      knownLogProbability: this.#knownLog,
      perplexity: Math.exp(-this.#log / this.#tokens),
      knownPerplexity: Math.exp(-this.#knownLog / known),
      lengths: this.#lengths,
      aboveOne: this.#aboveOne,
    };
  }
}
