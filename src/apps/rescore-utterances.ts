/** Rescoring: of a recogniser's hypotheses the one is taken that recogniser and language model together find best. */
import {
  checkListener,
  checkNames,
  checkObject,
  checkSignal,
  checkText,
  refuseArgument,
} from "../argument-checks.js";
import { UserError } from "../errors.js";
import { NgramMeasure } from "../ngram/measure-ngram.js";
import type { NgramModel } from "../ngram/ngram-model.js";
import { checkOverWords } from "../ngram/word-vocabulary.js";
import { shown } from "../shown.js";
import { type Hypothesis, type Utterance, wordsOf } from "../speech/lists.js";
import { type Normalisation, normalised } from "../speech/normalise.js";
import {
  chosen,
  MODEL,
  NGRAM,
  report,
  type RescoringReport,
  type ScoredLists,
  scoredLists,
  tunedWeights,
  type Weights,
} from "../speech/rescoring.js";
import { scoreTexts, type ScoringModel } from "../speech/score-lists.js";
import { checkReferences, wholeLists } from "../speech/whole-lists.js";

export interface RescoreUtterancesOptions extends Normalisation {
  /** Utterances with references, on which the weights are tuned for the word error rate. */
  readonly tune?: readonly Utterance[] | undefined;
  /** Weights that were tuned before; one of both has to be given. */
  readonly weights?: Weights | undefined;
  /** Scores the words of each hypothesis as a sentence, besides the model. */
  readonly ngram?: NgramModel | undefined;
  /** Called with the number of utterances that are begun, of those to tune on and the others together. */
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
  /** Called where the n-gram model knows few of the words. */
  readonly onNotice?: ((message: string) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface ChosenHypothesis {
  readonly id: string;
  readonly text: string;
  /** Its place in the list; the first is 1. */
  readonly place: number;
}

export interface Rescoring {
  readonly weights: Weights;
  /** Of the utterances that the weights were tuned on; absent where they were given. */
  readonly tuned?: RescoringReport;
  /** Absent for utterances without references. */
  readonly report?: RescoringReport;
  /** What is taken of each utterance, in their order. */
  readonly chosen: readonly ChosenHypothesis[];
  /** Hypotheses that were scored, and in which time. */
  readonly hypotheses: number;
  readonly seconds: number;
}

/** Where what is rescored comes from. */
export interface RescoringSources {
  readonly lists: string;
  readonly tune: string;
  readonly weights: string;
}

const ARGUMENTS: RescoringSources = {
  lists: "utterances",
  tune: "tune",
  weights: "the argument weights",
};

/**
 * Scores all hypotheses by the model, adds the recogniser's own scores (the rank, where it gave none) and the number of
 * words, each with its weight, and takes the hypothesis of the greatest sum.
 * @param model a loaded model, or an ensemble; not one that follows what it reads; undefined where only the n-gram model
 *   scores
 * @throws UserError for utterances that do not fit together, weights of other scores, neither `tune` nor `weights`,
 *   neither a model nor `ngram`; the signal's reason where that ended it
 */
export async function rescoreUtterances(
  model: ScoringModel | undefined,
  utterances: readonly Utterance[],
  options: RescoreUtterancesOptions,
): Promise<Rescoring> {
  return rescoreFrom(model, utterances, options, ARGUMENTS);
}

/** As `rescoreUtterances`. @param sources for messages */
export async function rescoreFrom(
  model: ScoringModel | undefined,
  utterances: readonly Utterance[],
  options: RescoreUtterancesOptions,
  sources: RescoringSources,
): Promise<Rescoring> {
  checkNames("rescoreUtterances", options, [
    "tune",
    "weights",
    "case",
    "dropPunctuation",
    "ngram",
    "onProgress",
    "onNotice",
    "signal",
  ]);
  const { tune, weights: known, ngram, onProgress, onNotice, signal } = options;
  checkListener("onProgress", onProgress);
  checkListener("onNotice", onNotice);
  checkSignal("signal", signal);
  if (tune === undefined && known === undefined)
    throw new UserError(
      "rescoreUtterances needs weights, or utterances to tune them on: give weights or tune.",
    );
  if (model === undefined && ngram === undefined)
    throw new UserError("rescoreUtterances has nothing to score with: give a model, or ngram, or both.");
  if (ngram) checkOverWords(ngram);
  const test = checked(utterances, "utterances");
  const dev = tune && checked(tune, "tune");
  const hasReferences = checkReferences(test, sources.lists);
  if (dev && !checkReferences(dev, sources.tune))
    throw new UserError(
      `The utterances of ${sources.tune} have no references, beside which the errors are counted that weights are tuned for; give each one.`,
    );

  const begun = performance.now();
  const all = [...(dev ?? []), ...test];
  const texts = all.map(({ hypotheses }) => hypotheses.map(({ text }) => normalised(text, options)));
  const scores = model && (await scoreTexts(model, texts, { onProgress, signal }));
  const measure = ngram && new NgramMeasure(ngram);
  const ngrams = measure && texts.map((list) => list.map((text) => sentenceScore(measure, text)));
  for (const notice of measure?.notices() ?? []) onNotice?.(notice);
  const seconds = (performance.now() - begun) / 1000;
  const tuned = dev?.length ?? 0;
  const added = (from: number, to?: number) => ({
    ...(scores && { [MODEL]: scores.logProbabilities.slice(from, to) }),
    ...(ngrams && { [NGRAM]: ngrams.slice(from, to) }),
  });
  const devLists = dev && scoredLists(dev, added(0, tuned), options, sources.tune);
  const lists = scoredLists(test, added(tuned), options, sources.lists);
  const weights = devLists ? tunedWeights(devLists) : known!;
  const source = devLists ? `what was tuned on ${sources.tune}` : sources.weights;
  const places = chosen(lists, weights, source);
  return {
    weights,
    ...(devLists && { tuned: report(devLists, chosen(devLists, weights, source), sources.tune) }),
    ...(hasReferences && { report: report(lists, places, sources.lists) }),
    chosen: chosenOf(lists, places),
    hypotheses: texts.reduce((sum, each) => sum + each.length, 0),
    seconds,
  };
}

/** ln p of a text's words and of its end. */
function sentenceScore(measure: NgramMeasure, text: string): number {
  return measure.add(wordsOf(text)).scores.reduce((sum, { logProbability }) => sum + logProbability, 0);
}

function checked(utterances: readonly Utterance[], name: string): Utterance[] {
  if (!Array.isArray(utterances))
    refuseArgument(`The argument ${name}`, utterances, "give utterances in an array");
  return wholeLists(
    utterances.map((utterance: unknown, i) => {
      const where = `${name}, number ${i + 1}`;
      checkUtterance(where, utterance);
      return { ...utterance, where };
    }),
    name,
  );
}

function checkUtterance(where: string, value: unknown): asserts value is Utterance {
  checkObject(where, value);
  const { id, references, hypotheses } = value as Partial<Record<keyof Utterance, unknown>>;
  checkText(`The id of ${where}`, id);
  if (references !== undefined && !isListOf(references, (one) => typeof one === "string"))
    refuseArgument(`The value of references of ${where}`, references, "give one or more texts in an array");
  if (!Array.isArray(hypotheses))
    refuseArgument(`The value of hypotheses of ${where}`, hypotheses, "give them in an array");
  for (const [i, hypothesis] of hypotheses.entries()) {
    const own = `${where}, hypothesis ${i + 1}`;
    checkObject(own, hypothesis);
    const { text, scores } = hypothesis as Partial<Record<keyof Hypothesis, unknown>>;
    checkText(`The text of ${own}`, text);
    checkObject(`The value of scores of ${own}`, scores);
    for (const [name, score] of Object.entries(scores))
      if (!Number.isFinite(score))
        refuseArgument(`The score ${shown(name)} of ${own}`, score, "give a finite number");
  }
}

const isListOf = (value: unknown, is: (item: unknown) => boolean): boolean =>
  Array.isArray(value) && value.length > 0 && value.every(is);

const chosenOf = ({ utterances }: ScoredLists, places: readonly number[]): ChosenHypothesis[] =>
  utterances.map(({ id, texts }, u) => ({ id, text: texts[places[u]!]!, place: places[u]! + 1 }));
