/** A model joined with an n-gram model, and the weight that fits a text best. */
import { fitWeight, NgramMixture, type TokenMap } from "../adapt/ngram-mixture.js";
import { recordText } from "../adapt/record.js";
import { combinationOf } from "../adapt/settings.js";
import { refuseArgument } from "../argument-checks.js";
import { UserError } from "../errors.js";
import { notFinite } from "../model/not-finite.js";
import type { RowPredictor } from "../model/predictor.js";
import { checkNgram, type NgramModel, SENTENCE_END } from "../ngram/ngram-model.js";
import { checkOptions, checkValue } from "../options/check.js";
import { FIT_INTERPOLATION_OPTIONS } from "../options/command-options.js";
import { INTERPOLATE_OPTIONS } from "../options/ngram-options.js";
import { TRAIN_OPTIONS } from "../options/train-options.js";
import { tokenWord } from "../ngram/cutting.js";
import { type TokenWords, tokenWords } from "../ngram/ngram-tokens.js";
import type { Tokenizer } from "../text/tokenizers/tokenizer.js";
import { followedBatches } from "../train/windows.js";
import { AdaptedModel } from "./adapt-model.js";
import { type ReadingInputs, withEncodedInputs } from "./encode-inputs.js";
import { checkFoundation } from "./foundation.js";
import { EvaluationFiles } from "./evaluation-file.js";
import { LoadedModel } from "./loaded-model.js";
import { ngramKey } from "./ngram-key.js";
import { TextModel } from "./text-model.js";
import type { Beside, TunedInterpolation } from "./tuned.js";

const NEWLINE = tokenWord("\n");
/** Part of the model's tokens that have to be words of the n-gram model, at least. */
const LEAST_SHARED = 0.5;
/** A weight from which on the model beside the n-gram model has no say. */
const NGRAM_ALONE = 0.99;

/**
 * p = (1 − λ) p_model + λ p_ngram: it measures, scores and writes.
 * @param model loaded or adapted
 * @param weight λ, from 0 to 1
 * @throws UserError where fewer than half of the model's tokens are words of the n-gram model
 */
export function interpolate(
  model: LoadedModel | AdaptedModel,
  ngram: NgramModel,
  weight: number = INTERPOLATE_OPTIONS.interpolateWeight.default,
): TextModel<NgramMixture> {
  checkModel(model);
  checkNgram("The n-gram model", ngram);
  if (!(typeof weight === "number" && weight >= 0 && weight <= 1))
    refuseArgument("The weight of the n-gram model", weight, "give a number from 0 to 1");
  const map = tokenMap(model.tokenizer, ngram);
  return new TextModel(new NgramMixture(model.model, ngram, map, weight), model.tokenizer);
}

/** What `fitInterpolation` takes beside models and inputs; ranges and defaults are in options/command-options.ts. */
export interface FitInterpolationOptions extends ReadingInputs {
  /** Tokens of the text to fit on. */
  readonly tuneTokens?: number | undefined;
  /** Replaces also a weight that was fitted on more tokens. */
  readonly overwrite?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Fits λ by EM on the beginning of a text that neither was trained on, and keeps it in the folder that the model was loaded
 * from, for this n-gram model: `keptInterpolation` finds it there. Nothing is kept of a model of no folder, of an n-gram model
 * that is no file's, and of a model with another temperature alone.
 * @returns λ
 * @throws UserError as `interpolate`, for options that make no sense, a text that cannot be read, a folder that another process
 *   writes into, or that keeps a weight that was fitted on more; the signal's reason
 */
export async function fitInterpolation(
  loaded: LoadedModel | AdaptedModel,
  ngram: NgramModel,
  inputs: readonly string[],
  options: FitInterpolationOptions = {},
): Promise<number> {
  checkModel(loaded);
  checkNgram("The n-gram model", ngram);
  checkOptions("fitInterpolation", options, FIT_INTERPOLATION_OPTIONS);
  checkValue("inputs", inputs, TRAIN_OPTIONS.inputs);
  const {
    tuneTokens = FIT_INTERPOLATION_OPTIONS.tuneTokens.default,
    overwrite = false,
    signal,
    ...reading
  } = options;
  const { tokenizer, tuned } = loaded;
  const model: RowPredictor = loaded.model;
  const map = tokenMap(tokenizer, ngram);
  const beside = besideOf(loaded);
  const files = tuned instanceof EvaluationFiles && !hasOwnTemperature(loaded) ? tuned : undefined;
  await files?.checkKeeping();
  const before = files && !overwrite ? await keptInterpolation(loaded, ngram) : undefined;
  return withEncodedInputs(tokenizer, inputs, reading, async (text) => {
    const tokens = Math.min(tuneTokens, followedBatches(text, "tuning").targetsPerEpoch);
    if (before) checkFoundation("a weight of this n-gram model", before, { tokens });
    const logsOf = async (predictor: RowPredictor): Promise<Float64Array> => {
      const recording = { most: tuneTokens, temperatures: [1], withHidden: false, signal };
      const { logs, count } = await recordText(predictor, followedBatches(text, "tuning"), recording);
      if (loaded instanceof AdaptedModel) loaded.forget();
      return logs[0]!.subarray(0, count);
    };
    const words = await logsOf(new NgramMixture(model, ngram, map, 1));
    const alone = await logsOf(model);
    const weight = fitWeight(alone, words);
    if (weight >= NGRAM_ALONE)
      reading.onNotice?.(
        "The n-gram model alone fits the tuning text best. It does so where it was trained on that text: tune on a text that neither model was trained on.",
      );
    const key = ngramKey(ngram);
    const plainPerplexity = perplexityOf(alone);
    if (!Number.isFinite(plainPerplexity)) throw notFinite(model);
    if (files && key !== undefined)
      await files.keepInterpolation({
        ngram: key,
        beside,
        weight,
        tokens: alone.length,
        plainPerplexity,
        perplexity: perplexityOf(
          alone.map((log, t) => Math.log((1 - weight) * Math.exp(log) + weight * Math.exp(words[t]!))),
        ),
      });
    return weight;
  });
}

/**
 * The weight that was fitted for this n-gram model, in whatever form of file, beside this model with what is switched on;
 * undefined where none was. A temperature alone has that of the model as it is.
 * @throws UserError where the file that keeps it is damaged
 */
export async function keptInterpolation(
  loaded: LoadedModel | AdaptedModel,
  ngram: NgramModel,
): Promise<TunedInterpolation | undefined> {
  checkModel(loaded);
  checkNgram("The n-gram model", ngram);
  const kept = (await loaded.tuned?.interpolations?.()) ?? [];
  const beside = besideOf(loaded);
  const fitting = kept.filter((each) => each.beside === beside);
  if (fitting.length === 0) return undefined;
  const key = ngramKey(ngram);
  return fitting.find((each) => each.ngram === key);
}

/** What is switched on. */
function besideOf(loaded: LoadedModel | AdaptedModel): Beside {
  if (!(loaded instanceof AdaptedModel)) return "alone";
  const { cache, dynamic } = loaded.settings;
  return combinationOf({ cache: cache !== undefined, dynamic: dynamic !== undefined }) ?? "alone";
}

/** Whether nothing but a temperature is switched on, which is kept nowhere. */
const hasOwnTemperature = (loaded: LoadedModel | AdaptedModel): boolean =>
  loaded instanceof AdaptedModel && besideOf(loaded) === "alone";

const perplexityOf = (logs: Float64Array): number =>
  Math.exp(-logs.reduce((sum, log) => sum + log, 0) / logs.length);

function checkModel(model: unknown): void {
  if (!(model instanceof LoadedModel) && !(model instanceof AdaptedModel))
    refuseArgument("The model to interpolate", model, "give one that load or adapt returned");
}

/**
 * The tokens as words of the n-gram model. One over the characters of lines has no newline: that is the end of a sentence, as
 * it is of a line of the tokens.
 */
function sentenceWords(tokenizer: Tokenizer, ngram: NgramModel): TokenWords {
  const whole = tokenWords(tokenizer);
  const newline = whole.words.indexOf(NEWLINE);
  if (whole.endId !== undefined || newline < 0 || ngram.wordId(NEWLINE) !== undefined) return whole;
  return { words: whole.words.with(newline, SENTENCE_END), endId: newline };
}

function tokenMap(tokenizer: Tokenizer, ngram: NgramModel): TokenMap {
  const { words, endId } = sentenceWords(tokenizer, ngram);
  const shared = words.filter((word) => ngram.wordId(word) !== undefined).length;
  if (shared < LEAST_SHARED * words.length)
    throw new UserError(
      `The model has ${words.length} tokens, of which ${shared} are words of the n-gram model: their vocabularies are different; train an n-gram model over this model's tokens.`,
    );
  const ends = new Set([endId, tokenizer.bosId].filter((id) => id !== undefined));
  return { words, ends, unknownId: tokenizer.unknownId };
}
