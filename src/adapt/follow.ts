/** Puts together what follows a text: dynamic evaluation of the model, then the temperature of its softmax, then the cache. */
import type { LanguageModel } from "../model/language-model.js";
import type { RowPredictor } from "../model/predictor.js";
import { DynamicEvaluation } from "./dynamic-evaluation.js";
import type { GradientStatistics } from "./gradient-statistics.js";
import { NeuralCache } from "./neural-cache.js";
import type { FollowSettings } from "./settings.js";
import { Temperature } from "./temperature.js";

/** A predictor, and what it learns in, where it learns. */
export interface Follower {
  readonly predictor: RowPredictor;
  readonly dynamic: DynamicEvaluation | undefined;
}

/** @param statistics for a dynamic evaluation of method "rms" @throws as the constructors of its parts */
export function follow(
  model: LanguageModel,
  { temperature, cache, dynamic: learning }: FollowSettings,
  statistics?: GradientStatistics,
): Follower {
  const dynamic = learning && new DynamicEvaluation(model, learning, statistics);
  let predictor: RowPredictor = dynamic ?? model;
  if (temperature !== 1) predictor = new Temperature(predictor, temperature);
  if (cache) predictor = new NeuralCache(predictor, cache);
  return { predictor, dynamic };
}
