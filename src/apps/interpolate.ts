/** A model joined with an n-gram model, and the weight that fits a text best. */
import { fitWeight, NgramMixture, type TokenMap } from "../adapt/ngram-mixture.js";
import { recordText } from "../adapt/record.js";
import { checkNames, checkSignal, refuseArgument } from "../argument-checks.js";
import { UserError } from "../errors.js";
import type { RowPredictor } from "../model/predictor.js";
import { checkNgram, type NgramModel, SENTENCE_END } from "../ngram/ngram-model.js";
import { checkValue } from "../options/check.js";
import { TRAIN_OPTIONS } from "../options/train-options.js";
import { tokenWord } from "../ngram/cutting.js";
import { type TokenWords, tokenWords } from "../ngram/ngram-tokens.js";
import type { Tokenizer } from "../text/tokenizers/tokenizer.js";
import { followedBatches } from "../train/windows.js";
import { AdaptedModel } from "./adapt-model.js";
import { type ReadingInputs, withEncodedInputs } from "./encode-inputs.js";
import { LoadedModel } from "./loaded-model.js";
import { TextModel } from "./text-model.js";

/** Part of the n-gram model where no weight is given and none was fitted. */
export const USUAL_WEIGHT = 0.5;
/** Tokens on which the weight is fitted, at most. */
const FITTING_TOKENS = 30_000;
const NEWLINE = tokenWord("\n");
/** Part of the model's tokens that have to be words of the n-gram model, at least. */
const LEAST_SHARED = 0.5;

/**
 * p = (1 − λ) p_model + λ p_ngram: it measures, scores and writes.
 * @param model loaded or adapted
 * @param weight λ, from 0 to 1
 * @throws UserError where fewer than half of the model's tokens are words of the n-gram model
 */
export function interpolate(
  model: LoadedModel | AdaptedModel,
  ngram: NgramModel,
  weight: number = USUAL_WEIGHT,
): TextModel<NgramMixture> {
  checkModel(model);
  checkNgram("The n-gram model", ngram);
  if (!(typeof weight === "number" && weight >= 0 && weight <= 1))
    refuseArgument("The weight of the n-gram model", weight, "give a number from 0 to 1");
  const map = tokenMap(model.tokenizer, ngram);
  return new TextModel(new NgramMixture(model.model, ngram, map, weight), model.tokenizer);
}

/** Fits λ by EM on the beginning of a text that neither was trained on. @throws as `interpolate`; the signal's reason */
export async function fitInterpolation(
  loaded: LoadedModel | AdaptedModel,
  ngram: NgramModel,
  inputs: readonly string[],
  options: ReadingInputs & {
    readonly tokens?: number | undefined;
    readonly signal?: AbortSignal | undefined;
  } = {},
): Promise<number> {
  checkModel(loaded);
  checkNgram("The n-gram model", ngram);
  checkValue("inputs", inputs, TRAIN_OPTIONS.inputs);
  checkNames("fitInterpolation", options, ["tokens", "signal", "encoding", "field", "stdin", "onNotice"]);
  const { tokens = FITTING_TOKENS, signal, ...reading } = options;
  if (!Number.isInteger(tokens) || tokens < 1)
    refuseArgument("The option tokens", tokens, "give a whole number from 1 on");
  checkSignal("signal", signal);
  const { model, tokenizer } = loaded;
  const map = tokenMap(tokenizer, ngram);
  return withEncodedInputs(tokenizer, inputs, reading, async (text) => {
    const logsOf = async (predictor: RowPredictor): Promise<Float64Array> => {
      const recording = { most: tokens, temperatures: [1], withHidden: false, signal };
      const { logs, count } = await recordText(predictor, followedBatches(text, "tuning"), recording);
      if (loaded instanceof AdaptedModel) loaded.forget();
      return logs[0]!.subarray(0, count);
    };
    const alone = await logsOf(new NgramMixture(model, ngram, map, 1));
    return fitWeight(await logsOf(model), alone);
  });
}

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
