/** Rescoring: of a recogniser's hypotheses the one is taken that recogniser and language model together find best. */
import { checkListener, checkNames, checkSignal, refuseArgument } from "../argument-checks.js";
import { UserError } from "../errors.js";
import { type NgramModel, scoreSentence } from "../ngram/ngram-model.js";
import { checkOverWords } from "../ngram/word-vocabulary.js";
import { type Utterance, wordsOf } from "../speech/lists.js";
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
  checkNames("rescoreUtterances", options, [
    "tune",
    "weights",
    "case",
    "dropPunctuation",
    "ngram",
    "onProgress",
    "signal",
  ]);
  const { tune, weights: known, ngram, onProgress, signal } = options;
  checkListener("onProgress", onProgress);
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
  const hasReferences = checkReferences(test, "The lists");
  if (dev && !checkReferences(dev, "The lists to tune on"))
    throw new UserError(
      "The lists to tune on have no references; weights are tuned for the word errors beside them.",
    );

  const begun = performance.now();
  const all = [...(dev ?? []), ...test];
  const texts = all.map(({ hypotheses }) => hypotheses.map(({ text }) => normalised(text, options)));
  const scores = model && (await scoreTexts(model, texts, { onProgress, signal }));
  const ngrams = ngram && texts.map((list) => list.map((text) => sentenceScore(ngram, text)));
  const seconds = (performance.now() - begun) / 1000;
  const tuned = dev?.length ?? 0;
  const added = (from: number, to?: number) => ({
    ...(scores && { [MODEL]: scores.logProbabilities.slice(from, to) }),
    ...(ngrams && { [NGRAM]: ngrams.slice(from, to) }),
  });
  const devLists = dev && scoredLists(dev, added(0, tuned), options);
  const lists = scoredLists(test, added(tuned), options);
  const weights = devLists ? tunedWeights(devLists) : known!;
  const places = chosen(lists, weights);
  return {
    weights,
    ...(devLists && { tuned: report(devLists, chosen(devLists, weights)) }),
    ...(hasReferences && { report: report(lists, places) }),
    chosen: chosenOf(lists, places),
    hypotheses: texts.reduce((sum, each) => sum + each.length, 0),
    seconds,
  };
}

/** ln p of a text's words and of its end. */
function sentenceScore(ngram: NgramModel, text: string): number {
  let sum = 0;
  for (const { logProbability } of scoreSentence(ngram, wordsOf(text))) sum += logProbability;
  return sum;
}

function checked(utterances: readonly Utterance[], name: string): Utterance[] {
  if (!Array.isArray(utterances))
    refuseArgument(`The argument ${name}`, utterances, "give utterances in an array");
  return wholeLists(
    utterances.map((utterance, i) => ({ ...utterance, where: `${name}, number ${i + 1}` })),
    name,
  );
}

const chosenOf = ({ utterances }: ScoredLists, places: readonly number[]): ChosenHypothesis[] =>
  utterances.map(({ id, texts }, u) => ({ id, text: texts[places[u]!]!, place: places[u]! + 1 }));
