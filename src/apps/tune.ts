/** Tunes how a model follows what it reads, on a text, and keeps what was found in the model's folder. */
import { gatherStatistics, type GradientStatistics } from "../adapt/gradient-statistics.js";
import { type AdaptOptions, combinationOf } from "../adapt/settings.js";
import { follow } from "../adapt/follow.js";
import { findSettings, type TuneProgress } from "../adapt/tune.js";
import { refuseArgument } from "../argument-checks.js";
import { option, sentence, UserError } from "../errors.js";
import { notFinite } from "../model/not-finite.js";
import { checkTrainable } from "../model/config.js";
import { TUNE_OPTIONS } from "../options/command-options.js";
import { checkBelonging, checkOptions, checkValue } from "../options/check.js";
import { TRAIN_OPTIONS } from "../options/train-options.js";
import type { Batches } from "../text/windows/batches.js";
import type { EncodedText } from "../text/windows/encode.js";
import { followedBatches, statisticsBatches } from "../train/windows.js";
import { type ReadingInputs, withEncodedInputs } from "./encode-inputs.js";
import { checkFoundation } from "./foundation.js";
import { EvaluationFiles } from "./evaluation-file.js";
import { LoadedModel } from "./loaded-model.js";
import { openTrainingIds } from "./training-ids.js";
import type { TunedSettings } from "./tuned.js";

/** Tokens on which the statistics of the gradients are gathered, at most. */
const STATISTICS_TOKENS = 100_000;

/** What is switched on is tuned; what is given beside it is fixed. */
export interface TuneOptions extends AdaptOptions, ReadingInputs {
  /** Tokens of the text to tune on. */
  readonly tuneTokens?: number | undefined;
  /** Replaces also what was tuned on more tokens, or with fewer options given. */
  readonly overwrite?: boolean | undefined;
  readonly onProgress?: ((progress: TuneProgress) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Tunes on the beginning of a text that was not trained on, and keeps what it found in the folder that the model was loaded
 * from: `adapt` takes it from there, whenever the same is switched on. A model of no folder, and a temperature alone, are tuned without keeping.
 *
 * Statistics of the gradients, for dynamic evaluation of method "rms", are gathered on the training text where its ids
 * still lie in the folder, else on this text.
 * @throws UserError for options that make no sense, a text that cannot be read or is too short, int8 weights with dynamic
 *   evaluation, a folder that another process writes into, or that keeps what is better founded; settings with which the
 *   model gives no finite figure; the signal's reason where that ended it
 */
export async function tune(
  loaded: LoadedModel,
  inputs: readonly string[],
  options: TuneOptions,
): Promise<TunedSettings> {
  if (!(loaded instanceof LoadedModel))
    refuseArgument("The model to tune", loaded, "give one that load returned");
  checkOptions("tune", options, TUNE_OPTIONS);
  checkBelonging(options, TUNE_OPTIONS);
  checkValue("inputs", inputs, TRAIN_OPTIONS.inputs);
  const {
    tuneTokens = TUNE_OPTIONS.tuneTokens.default,
    overwrite = false,
    onProgress,
    signal,
    ...rest
  } = options;
  const { encoding, field, stdin, onNotice, ...given } = rest;
  const reading = {
    ...(encoding && { encoding }),
    ...(field !== undefined && { field }),
    ...(stdin && { stdin }),
    onNotice,
  };
  const { model, tokenizer, tuned } = loaded;
  const files = tuned instanceof EvaluationFiles ? tuned : undefined;
  const adapting = withMethod(given, files);
  const combination = combinationOf(adapting);
  const fixed = fixedIn(given);
  if (adapting.dynamic) checkTrainable(loaded.config);
  await files?.checkKeeping();
  const before = combination && (await files?.read())?.[combination];
  return withEncodedInputs(tokenizer, inputs, reading, async (text) => {
    const batches = followedBatches(text, "tuning");
    const most = Math.min(tuneTokens, batches.targetsPerEpoch);
    if (before && !overwrite) checkFoundation(`settings of ${combination!}`, before, { tokens: most, fixed });
    const rms = adapting.dynamic === true && adapting.dynamicMethod === "rms";
    const statistics = rms ? await gather(loaded, files!, text, { onProgress, signal }) : undefined;
    const found = await findSettings({
      model,
      batches,
      tokens: tuneTokens,
      options: adapting,
      statistics,
      onProgress,
      signal,
    });
    const { settings, tokens, plainLoss, loss } = found;
    const perplexities = { plainPerplexity: Math.exp(plainLoss), perplexity: Math.exp(loss) };
    if (!Object.values(perplexities).every(Number.isFinite))
      throw notFinite(follow(model, settings, statistics).predictor);
    const kept: TunedSettings = { settings, tokens, ...(fixed.length > 0 && { fixed }), ...perplexities };
    if (combination) await files?.keep({ [combination]: kept }, statistics);
    return kept;
  });
}

/**
 * The method is "rms" where its statistics can be kept.
 * @throws UserError where it is asked for and they cannot
 */
function withMethod(options: AdaptOptions, files: EvaluationFiles | undefined): AdaptOptions {
  if (!options.dynamic) return options;
  if (files) return { dynamicMethod: "rms", ...options };
  if (options.dynamicMethod !== "rms") return { ...options, dynamicMethod: "sgd" };
  throw new UserError({
    option: "dynamicMethod",
    problem: sentence`The statistics that ${option("dynamicMethod", "rms")} needs are kept in a model's folder, and this model was loaded from none`,
    advice: sentence`load it from its folder, or choose ${option("dynamicMethod", "sgd")}`,
  });
}

/** What was given, and so is not looked for, besides what is switched on. The method is "rms" by itself. */
function fixedIn(given: AdaptOptions): readonly (keyof AdaptOptions)[] {
  return Object.entries(given)
    .filter(([name, value]) => {
      const usual = name === "cache" || name === "dynamic" || (name === "dynamicMethod" && value === "rms");
      return value !== undefined && !usual;
    })
    .map(([name]) => name as keyof AdaptOptions);
}

/** Statistics of the gradients on the training text, where it is still there, else on the tuning text. */
async function gather(
  { model, config }: LoadedModel,
  files: EvaluationFiles,
  text: EncodedText,
  { onProgress, signal }: Pick<TuneOptions, "onProgress" | "signal">,
): Promise<GradientStatistics> {
  const trained = openTrainingIds(files.folder, config.vocabulary);
  const trying = trained ? "gradients on the training text" : "gradients on the tuning text";
  try {
    const batches: Batches = statisticsBatches(trained ?? text);
    return await gatherStatistics(model, batches, STATISTICS_TOKENS, {
      onProgress: (tokens, total) => onProgress?.({ trying, tokens, total }),
      signal,
    });
  } finally {
    trained?.tokens.close();
  }
}
