/** Which hypothesis is best, by its scores and their weights; and how many words are wrong, before and after. */
import { UserError } from "../errors.js";
import { type Utterance, wordsOf } from "./lists.js";
import { type Normalisation, normalised } from "./normalise.js";
import { bootstrapInterval, type Interval, matchedPairsP } from "./statistics.js";
import { bestOf, type Candidates, tuneWeights } from "./weights.js";
import { leastWordErrors } from "./word-errors.js";

/** Weights by the names of their scores. */
export type Weights = Readonly<Record<string, number>>;

/** Scores that are added to the recogniser's own. */
export const MODEL = "model";
export const NGRAM = "ngram";
export const WORDS = "words";
/** Where the recogniser gave no scores: 0 for the first hypothesis, −1 for the second and so on. */
export const RANK = "rank";

/** An utterance as it is scored: texts in the form wanted, and a row of scores for each hypothesis. */
export interface Scored {
  readonly id: string;
  readonly references: readonly string[] | undefined;
  readonly texts: readonly string[];
  /** By the names in their order. */
  readonly candidates: Candidates;
  /** Words of the reference that has the fewest errors beside the first hypothesis; 0 without one. */
  readonly words: number;
}

/** All of a set of lists, with the names of the scores in the order of their rows. */
export interface ScoredLists {
  readonly names: readonly string[];
  readonly utterances: readonly Scored[];
}

/**
 * @param added scores by name, for each utterance and hypothesis: ln p of the model, of an n-gram model
 * @param source of the lists, for messages
 * @throws UserError where a score of theirs has the name of one that is added
 */
export function scoredLists(
  utterances: readonly Utterance[],
  added: Readonly<Record<string, readonly ArrayLike<number>[]>>,
  normalisation: Normalisation,
  source: string,
): ScoredLists {
  const given = Object.keys(utterances[0]?.hypotheses[0]?.scores ?? {});
  const clash = given.find((name) => [MODEL, NGRAM, WORDS, RANK].includes(name));
  if (clash !== undefined)
    throw new UserError(
      `A score of ${source} is called ${clash}, as one that is added; give it another name there.`,
    );
  const own = given.length > 0 ? given : [RANK];
  const names = [...own, ...Object.keys(added), WORDS];
  const K = names.length;
  return {
    names,
    utterances: utterances.map(({ id, references, hypotheses }, u) => {
      const texts = hypotheses.map(({ text }) => normalised(text, normalisation));
      const whole = references?.map((reference) => wordsOf(normalised(reference, normalisation)));
      const counted = whole && texts.map((text) => leastWordErrors(whole, wordsOf(text)));
      const features = new Float64Array(hypotheses.length * K);
      for (const [i, { scores }] of hypotheses.entries()) {
        const row = [
          ...own.map((name) => (name === RANK ? -i : scores[name]!)),
          ...Object.values(added).map((all) => all[u]![i]!),
          wordsOf(texts[i]!).length,
        ];
        features.set(row, i * K);
      }
      const errors = counted?.map((one) => one.errors) ?? texts.map(() => 0);
      return { id, references, texts, candidates: { features, errors }, words: counted?.[0]!.words ?? 0 };
    }),
  };
}

/**
 * Beginnings of the search: what the added scores count beside the recogniser's own, where both differ within a list by
 * as much. Scores come in any unit.
 */
const BEGINNINGS = [0, 0.05, 0.1, 0.2, 0.5, 1, 2, 5];
/** How far around a weight errors are averaged, in the same unit. */
const NEIGHBOURHOOD = 0.1;

/** The weights of the fewest word errors; the first of the recogniser's own scores has the weight 1. */
export function tunedWeights({ names, utterances }: ScoredLists): Weights {
  const isAdded = (name: string): boolean => name === MODEL || name === NGRAM;
  const all = utterances.map(({ candidates }) => candidates);
  const spreads = names.map((_, k) => spread(all, k, names.length));
  // A score that never differs within a list has no unit and needs none.
  const units = spreads.map((own) => (own > 0 && spreads[0]! > 0 ? spreads[0]! / own : 1));
  const beginnings = BEGINNINGS.map((weight) =>
    names.map((name, k) =>
      name === WORDS ? 0 : isAdded(name) ? weight * units[k]! : k === 0 ? 1 : units[k]!,
    ),
  );
  const deltas = names.map((_, k) => (k === 0 ? NaN : NEIGHBOURHOOD * units[k]!));
  const { weights } = tuneWeights(all, beginnings, deltas);
  return Object.fromEntries(names.map((name, k) => [name, weights[k]!]));
}

/** How far a score lies from its mean within a list: the root of the mean square over all hypotheses. */
function spread(all: readonly Candidates[], k: number, K: number): number {
  let [squares, count] = [0, 0];
  for (const { features, errors } of all) {
    const own = Array.from({ length: errors.length }, (_, i) => features[i * K + k]!);
    const mean = own.reduce((sum, value) => sum + value, 0) / own.length;
    for (const value of own) squares += (value - mean) ** 2;
    count += own.length;
  }
  return Math.sqrt(squares / count);
}

/** Word errors of a set, as fractions of its words, and utterances with any, as a fraction of all. */
export interface ErrorRates {
  readonly wer: number;
  readonly sentenceErrorRate: number;
}

export interface ChangedUtterance {
  readonly id: string;
  readonly reference: string;
  readonly first: string;
  readonly chosen: string;
  readonly errorsFirst: number;
  readonly errorsChosen: number;
}

/** What the weights make of lists with references. */
export interface RescoringReport {
  readonly utterances: number;
  readonly words: number;
  readonly first: ErrorRates;
  readonly rescored: ErrorRates;
  readonly oracle: ErrorRates;
  /** Of rescored − first, at 95 %. */
  readonly interval: Interval;
  /** Two-sided, of the matched-pairs test. */
  readonly p: number;
  /** The utterances of which another hypothesis is taken than the first. */
  readonly changed: readonly ChangedUtterance[];
}

/**
 * The place of the hypothesis that is taken of each.
 * @param source of the weights, for messages: "weights.json" @throws UserError where they are not of these scores
 */
export function chosen({ names, utterances }: ScoredLists, weights: Weights, source: string): number[] {
  for (const name of names)
    if (weights[name] === undefined)
      throw new UserError(
        `There is no weight for ${name} in ${source}, and these lists need ${names.join(", ")}; tune weights on lists with the same scores, or add it.`,
      );
  const other = Object.keys(weights).find((name) => !names.includes(name));
  if (other !== undefined)
    throw new UserError(
      `There is a weight for ${other} in ${source}, a score that these lists do not have (they have ${names.join(", ")}); tune weights on lists with the same scores, or leave it out.`,
    );
  const row = names.map((name) => weights[name]!);
  return utterances.map(({ candidates }) => bestOf(candidates, row));
}

/** @param source of the lists, for messages @throws UserError where their references have no words */
export function report(
  { utterances }: ScoredLists,
  places: readonly number[],
  source: string,
): RescoringReport {
  const words = utterances.reduce((sum, utterance) => sum + utterance.words, 0);
  if (words === 0)
    throw new UserError(
      `The references of ${source} have no words, beside which errors are counted; give references with some, or none.`,
    );
  const pairs = utterances.map((utterance, u) => ({
    words: utterance.words,
    before: utterance.candidates.errors[0]!,
    after: utterance.candidates.errors[places[u]!]!,
  }));
  const rates = (errors: readonly number[]): ErrorRates => ({
    wer: errors.reduce((sum, count) => sum + count, 0) / words,
    sentenceErrorRate: errors.filter((count) => count > 0).length / errors.length,
  });
  const changed = utterances.flatMap(({ id, references, texts }, u): ChangedUtterance[] => {
    const place = places[u]!;
    const { before, after } = pairs[u]!;
    if (place === 0) return [];
    return [
      {
        id,
        reference: references![0]!,
        first: texts[0]!,
        chosen: texts[place]!,
        errorsFirst: before,
        errorsChosen: after,
      },
    ];
  });
  return {
    utterances: utterances.length,
    words,
    first: rates(pairs.map(({ before }) => before)),
    rescored: rates(pairs.map(({ after }) => after)),
    oracle: rates(utterances.map(({ candidates }) => Math.min(...Array.from(candidates.errors)))),
    interval: bootstrapInterval(pairs),
    p: matchedPairsP(pairs),
    changed,
  };
}
