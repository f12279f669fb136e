/** The settings of what follows a text, from options and from what was tuned. */
import { option, sentence, UserError } from "../errors.js";
import { ADAPT_OPTIONS } from "../options/adapt-options.js";
import { checkBelonging, checkOptions } from "../options/check.js";
import { defaultOf } from "../options/defaults.js";
import type { DYNAMIC_METHODS } from "../options/words.js";

/** Of steps: see dynamic-evaluation.ts. */
export type DynamicMethod = (typeof DYNAMIC_METHODS)[number];

/** See neural-cache.ts. */
export interface CacheSettings {
  /** W: places that it remembers. */
  readonly window: number;
  /** θ: how much more a place counts that is more alike; 0: all count the same. */
  readonly theta: number;
  /** λ: its part of the probability, from 0 on and below 1. */
  readonly lambda: number;
}

/** See dynamic-evaluation.ts. */
export interface DynamicSettings {
  /** "rms" needs statistics of the gradients. */
  readonly method: DynamicMethod;
  /** lr */
  readonly rate: number;
  /** λ */
  readonly decay: number;
  /** n: tokens of a segment. */
  readonly segment: number;
  /** ε, of "rms": in parts of r̄. */
  readonly epsilon: number;
}

/** How a model follows what it reads. */
export interface FollowSettings {
  /** τ of the softmax. */
  readonly temperature: number;
  readonly cache?: CacheSettings | undefined;
  readonly dynamic?: DynamicSettings | undefined;
}

/** The options of `adapt`; ranges and defaults are in options/adapt-options.ts. */
export interface AdaptOptions {
  /** Of the softmax: above 1 the model is less sure of itself, below 1 more. */
  readonly temperature?: number | undefined;
  /** A neural cache (Grave et al., 2017) of what was read. */
  readonly cache?: boolean | undefined;
  readonly cacheWindow?: number | undefined;
  readonly cacheTheta?: number | undefined;
  readonly cacheLambda?: number | undefined;
  /** Dynamic evaluation (Krause et al., 2018): the model learns from what was read. */
  readonly dynamic?: boolean | undefined;
  readonly dynamicMethod?: DynamicMethod | undefined;
  readonly dynamicRate?: number | undefined;
  readonly dynamicDecay?: number | undefined;
  readonly dynamicSegment?: number | undefined;
  readonly dynamicEpsilon?: number | undefined;
}

/** What is switched on together: each has settings of its own, since a cache beside dynamic evaluation wants others. */
export const COMBINATIONS = ["cache", "dynamic", "cache+dynamic"] as const;
export type Combination = (typeof COMBINATIONS)[number];

/** Undefined where neither is switched on: a temperature alone is not kept. */
export function combinationOf({ cache, dynamic }: AdaptOptions): Combination | undefined {
  if (cache && dynamic) return "cache+dynamic";
  return cache ? "cache" : dynamic ? "dynamic" : undefined;
}

/** @param called the function that takes the options @throws UserError for the first that makes no sense */
export function checkAdaptOptions(called: string, options: unknown): asserts options is AdaptOptions {
  checkOptions(called, options, ADAPT_OPTIONS);
  checkBelonging(options as AdaptOptions, ADAPT_OPTIONS);
}

/**
 * What was given, else what was tuned, else the defaults. What was tuned beside one method of dynamic evaluation says nothing
 * about the other, also of temperature and cache: then the defaults apply to all that is not given.
 * @param options checked
 * @param tuned of the same combination
 * @throws UserError for an option of another method
 */
export function followSettings(options: AdaptOptions, tuned: FollowSettings | undefined): FollowSettings {
  const usual = <T>(name: keyof AdaptOptions, given: object = {}): T =>
    defaultOf(ADAPT_OPTIONS, name, given as Readonly<Record<string, unknown>>) as T;
  const dynamicMethod =
    options.dynamicMethod ?? tuned?.dynamic?.method ?? usual<DynamicMethod>("dynamicMethod");
  const ofAnother = tuned?.dynamic !== undefined && tuned.dynamic.method !== dynamicMethod;
  const { temperature, cache, dynamic }: Partial<FollowSettings> = ofAnother ? {} : (tuned ?? {});
  if (options.dynamicEpsilon && dynamicMethod !== "rms")
    throw new UserError({
      option: "dynamicEpsilon",
      problem: sentence`${option("dynamicEpsilon")} belongs to ${option("dynamicMethod", "rms")}, and the method is ${dynamicMethod}`,
      advice: "leave it out or choose rms",
    });
  const by = { dynamicMethod };
  return {
    temperature: options.temperature ?? temperature ?? usual<number>("temperature"),
    ...(options.cache && {
      cache: {
        window: options.cacheWindow ?? cache?.window ?? usual<number>("cacheWindow"),
        theta: options.cacheTheta ?? cache?.theta ?? usual<number>("cacheTheta"),
        lambda: options.cacheLambda ?? cache?.lambda ?? usual<number>("cacheLambda"),
      },
    }),
    ...(options.dynamic && {
      dynamic: {
        method: dynamicMethod,
        rate: options.dynamicRate ?? dynamic?.rate ?? usual<number>("dynamicRate", by),
        decay: options.dynamicDecay ?? dynamic?.decay ?? usual<number>("dynamicDecay", by),
        segment: options.dynamicSegment ?? dynamic?.segment ?? usual<number>("dynamicSegment"),
        epsilon: options.dynamicEpsilon ?? dynamic?.epsilon ?? usual<number>("dynamicEpsilon"),
      },
    }),
  };
}
