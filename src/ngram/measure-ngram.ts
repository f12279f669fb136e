/** Measures an n-gram model on sentences, by KenLM's figures: `</s>` counts as a token, `<s>` does not. */
import { type NgramModel, type NgramScore, scoreSentence, SENTENCE_END } from "./ngram-model.js";

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
}

/** A sentence's scores, the last of them that of `</s>`. */
export interface ScoredSentence {
  readonly words: readonly string[];
  readonly scores: readonly NgramScore[];
}

export class NgramMeasure {
  readonly #model: NgramModel;
  readonly #lengths: number[];
  #sentences = 0;
  #tokens = 0;
  #unknown = 0;
  #log = 0;
  #knownLog = 0;

  constructor(model: NgramModel) {
    this.#model = model;
    this.#lengths = new Array<number>(model.order).fill(0);
  }

  add(words: readonly string[]): ScoredSentence {
    const scores = [...scoreSentence(this.#model, words)];
    this.#sentences++;
    for (const { logProbability, outOfVocabulary, length } of scores) {
      this.#tokens++;
      this.#log += logProbability;
      this.#lengths[length - 1]!++;
      if (outOfVocabulary) this.#unknown++;
      else this.#knownLog += logProbability;
    }
    return { words: [...words, SENTENCE_END], scores };
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
    };
  }
}
