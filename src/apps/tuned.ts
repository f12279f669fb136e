/** Settings that were tuned for a model, and where they are kept. */
import type { GradientStatistics } from "../adapt/gradient-statistics.js";
import { type AdaptOptions, type Combination, COMBINATIONS, type FollowSettings } from "../adapt/settings.js";

/** What was found for one combination. */
export interface TunedSettings {
  readonly settings: FollowSettings;
  /** Tokens that it was tuned on. */
  readonly tokens: number;
  /** Options that were given, and so not looked for; absent where there were none. */
  readonly fixed?: readonly (keyof AdaptOptions)[];
  /** Perplexity on them as the model is, and with these settings. */
  readonly plainPerplexity: number;
  readonly perplexity: number;
}

export type Tuned = Readonly<Partial<Record<Combination, TunedSettings>>>;

/** What is switched on beside an n-gram model: a model that follows what it reads wants another weight of it. */
export const BESIDES = ["alone", ...COMBINATIONS] as const;
export type Beside = (typeof BESIDES)[number];

/** The weight that was fitted for an n-gram model beside this one. */
export interface TunedInterpolation {
  /** Names the n-gram model by what it says: see ngram-key.ts. */
  readonly ngram: string;
  readonly beside: Beside;
  /** λ */
  readonly weight: number;
  /** Tokens that it was fitted on. */
  readonly tokens: number;
  /** Perplexity on them without the n-gram model, and with it. */
  readonly plainPerplexity: number;
  readonly perplexity: number;
}

export interface TunedSource {
  /** What is kept; undefined where there is nothing for these weights. @throws UserError where it is damaged */
  read(): Promise<Tuned | undefined>;
  /** The weights of n-gram models that are kept, those fitted last first. @throws as `read` */
  interpolations?(): Promise<readonly TunedInterpolation[]>;
  /** Statistics of the gradients, for dynamic evaluation of method "rms"; undefined where none were gathered. */
  statistics(): Promise<GradientStatistics | undefined>;
  /** How often each token occurs in the training text; undefined where that is not there any more. */
  tokenCounts?(): Promise<Float64Array | undefined>;
}
