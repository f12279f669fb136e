/** A model that follows what it reads. */
import type { DynamicEvaluation } from "../adapt/dynamic-evaluation.js";
import { follow } from "../adapt/follow.js";
import {
  type AdaptOptions,
  checkAdaptOptions,
  combinationOf,
  type FollowSettings,
  followSettings,
} from "../adapt/settings.js";
import { option, sentence, UserError } from "../errors.js";
import type { LanguageModel } from "../model/language-model.js";
import type { RowPredictor } from "../model/predictor.js";
import type { Tokenizer } from "../text/tokenizers/tokenizer.js";
import { freshState } from "./fresh-state.js";
import { statisticsOf } from "./statistics-of.js";
import { TextModel } from "./text-model.js";
import type { TunedSource } from "./tuned.js";

/** What can be adapted: a loaded model. */
export interface Adaptable {
  readonly model: LanguageModel;
  readonly tokenizer: Tokenizer;
  readonly tuned: TunedSource | undefined;
}

/**
 * It measures, scores and writes as the model that it was made of, but follows: lines that are scored one after the other
 * are one text to it, and what it has learned stays until `forget`. Each measurement and each text that it writes begins
 * with an empty cache. One thing at a time: what two calls at once would learn, they would learn together.
 */
export class AdaptedModel extends TextModel<RowPredictor> {
  readonly settings: FollowSettings;
  /** Of the model that it was made of. */
  readonly tuned: TunedSource | undefined;
  readonly #dynamic: DynamicEvaluation | undefined;

  /** Made by `LoadedModel.adapt`. */
  constructor(
    predictor: RowPredictor,
    tokenizer: Tokenizer,
    settings: FollowSettings,
    dynamic: DynamicEvaluation | undefined,
    tuned: TunedSource | undefined,
  ) {
    super(predictor, tokenizer);
    this.settings = settings;
    this.tuned = tuned;
    this.#dynamic = dynamic;
  }

  /** Forgets all that it has read: the weights that it learned in are as they were trained, the cache is empty. */
  forget(): void {
    this.#dynamic?.forget();
    freshState(this.model);
  }
}

/** As `LoadedModel.adapt`. */
export async function adaptModel(loaded: Adaptable, options: AdaptOptions): Promise<AdaptedModel> {
  checkAdaptOptions("adapt", options);
  if (!options.cache && !options.dynamic && options.temperature === undefined) {
    throw new UserError({
      problem: "adapt is to change nothing",
      advice: sentence`give it ${option("cache")}, ${option("dynamic")} or ${option("temperature")}`,
    });
  }
  const { model, tokenizer, tuned } = loaded;
  const combination = combinationOf(options);
  const kept = combination && (await tuned?.read())?.[combination];
  const settings = followSettings(options, kept?.settings);
  const statistics =
    settings.dynamic?.method === "rms" ? await statisticsOf(tuned, "dynamicMethod") : undefined;
  const { predictor, dynamic } = follow(model, settings, statistics);
  return new AdaptedModel(predictor, tokenizer, settings, dynamic, tuned);
}
