/** Settings that were tuned for a model, and where they are kept. */
import type { GradientStatistics } from "../adapt/gradient-statistics.js";
import type { Combination, FollowSettings } from "../adapt/settings.js";

/** What was found for one combination. */
export interface TunedSettings {
  readonly settings: FollowSettings;
  /** Tokens that it was tuned on. */
  readonly tokens: number;
  /** Perplexity on them as the model is, and with these settings. */
  readonly plainPerplexity: number;
  readonly perplexity: number;
}

export type Tuned = Readonly<Partial<Record<Combination, TunedSettings>>>;

export interface TunedSource {
  /** What is kept; undefined where there is nothing for these weights. @throws UserError where it is damaged */
  read(): Promise<Tuned | undefined>;
  /** Statistics of the gradients, for dynamic evaluation of method "rms"; undefined where none were gathered. */
  statistics(): Promise<GradientStatistics | undefined>;
  /** How often each token occurs in the training text; undefined where that is not there any more. */
  tokenCounts?(): Promise<Float64Array | undefined>;
}
