/**
 * The interface of an n-gram model: ln p(w | h) of a word after a history, of which the model knows a state. Logarithms
 * are natural throughout; only files have them to the base 10.
 */

import { isIterable, refuseArgument } from "../argument-checks.js";

/** What a model keeps of how its text was cut: how words were found, or that they are characters, or a model's tokens. */
export const CUTTING_KINDS = ["whitespace", "unicode", "char", "model"] as const;
export type CuttingKind = (typeof CUTTING_KINDS)[number];

/** Stands for all words that are not in the vocabulary. Its id is 0 in every model. */
export const UNKNOWN_WORD = "<unk>";
/** Stands before the first word of a sentence. It is a history only: its own probability is 0. */
export const SENTENCE_BEGIN = "<s>";
/** Comes after the last word of a sentence, and is predicted as a word is. */
export const SENTENCE_END = "</s>";

/**
 * What a model knows of a history: a whole number from 0 on, so that a beam keeps one without cost, compares it, and has it
 * as a key of a map. Histories of one state have the same continuations with the same probabilities. 0: nothing is known.
 */
export type NgramState = number;

export interface NgramScore {
  /** ln p(w | h), 0 or less. */
  readonly logProbability: number;
  /** After the word. */
  readonly state: NgramState;
  /** Words of the longest known n-gram that ends with this word: from 1 to the order. */
  readonly length: number;
  readonly outOfVocabulary: boolean;
  /** The numbers of the model say more than 1, by more than they are rounded: 1 was taken. */
  readonly aboveOne?: true;
}

export interface NgramModel {
  /** Words of the longest n-grams, from 1 on. */
  readonly order: number;
  /** By id. The first is `<unk>`. */
  readonly words: readonly string[];
  /** Number of n-grams by their length, of which the first is of unigrams. */
  readonly counts: readonly number[];
  /** What its words are: found by white space or as unicode has them, characters, a model's tokens; undefined: not known. */
  readonly cutting?: CuttingKind | undefined;

  /** Undefined where the word is not in the vocabulary. `<unk>` itself has the id 0. */
  wordId(word: string): number | undefined;
  /** After `<s>`. A model without `<s>` has `emptyState` here. */
  beginState(): NgramState;
  /** Nothing is known of what came before. */
  emptyState(): NgramState;
  /**
   * ln p of a word after a history, and the state after it.
   * @param word its id; undefined or 0: one out of the vocabulary, which gets the probability of `<unk>`
   * @throws RangeError where no word has this id
   */
  score(state: NgramState, word: number | undefined): NgramScore;
  /** ln p of every word by its id, after a history. @param into (number of words) */
  logProbabilities(state: NgramState, into: Float64Array): void;
}

/** @throws UserError where it is no n-gram model */
export function checkNgram(name: string, value: unknown): asserts value is NgramModel {
  const { wordId, score } = Object(value ?? {}) as Partial<NgramModel>;
  if (typeof wordId !== "function" || typeof score !== "function")
    refuseArgument(name, value, "give one that trainNgram made or loadNgram returned");
}

/**
 * ln p of the words of a sentence that was begun, and of its end, one after the other.
 * @throws UserError for a string in place of words, what is no string, and `<s>`, which no sentence holds
 */
export function* scoreSentence(model: NgramModel, words: Iterable<string>): Generator<NgramScore> {
  checkNgram("The n-gram model", model);
  if (typeof words === "string" || !isIterable(words))
    refuseArgument("The sentence to score", words, "give its words, in an array");
  let state = model.beginState();
  for (const word of words) {
    if (typeof word !== "string") refuseArgument("A word to score", word, "give a string");
    if (word === SENTENCE_BEGIN)
      refuseArgument("A word to score", word, "leave it out: every sentence is begun already");
    const scored = model.score(state, model.wordId(word));
    ({ state } = scored);
    yield scored;
  }
  yield model.score(state, model.wordId(SENTENCE_END));
}
