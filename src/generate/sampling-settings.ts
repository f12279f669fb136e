/** How tokens are drawn (sampling.ts): options, and their defaults. */
import { checkOptions } from "../options/check.js";
import { SAMPLING_OPTIONS } from "../options/sampling-options.js";

/** How a token is drawn. */
export interface SamplingSettings {
  /** 0 (the most probable token) or more. */
  readonly temperature: number;
  /** Tokens kept, from 1 on; undefined keeps all. */
  readonly topK: number | undefined;
  /** Probability kept, 0 < p ≤ 1; 1 keeps all. */
  readonly topP: number;
  /** Least part of the greatest probability, 0 ≤ p ≤ 1; 0 keeps all. */
  readonly minP: number;
  /** More than 0; 1 changes nothing, more makes what was seen less probable. */
  readonly repetitionPenalty: number;
}

/** The options of sampling; their defaults are in options/sampling-options.ts. */
export interface SamplingOptions {
  /** 0 takes the most probable token. */
  readonly temperature?: number | undefined;
  /** Only this many of the most probable tokens are drawn from. */
  readonly topK?: number | undefined;
  /** 1 keeps all. */
  readonly topP?: number | undefined;
  /** 0 keeps all. */
  readonly minP?: number | undefined;
  /** 1 changes nothing. */
  readonly repetitionPenalty?: number | undefined;
}

/** Settings with their defaults. @throws UserError that names the first that makes no sense */
export function samplingSettings(options: SamplingOptions = {}): SamplingSettings {
  checkOptions("samplingSettings", options, SAMPLING_OPTIONS);
  return samplingDefaults(options);
}

/** Options that are checked already, with their defaults. */
export function samplingDefaults(options: SamplingOptions): SamplingSettings {
  const { temperature, topP, minP, repetitionPenalty } = SAMPLING_OPTIONS;
  return {
    temperature: options.temperature ?? temperature.default,
    topK: options.topK,
    topP: options.topP ?? topP.default,
    minP: options.minP ?? minP.default,
    repetitionPenalty: options.repetitionPenalty ?? repetitionPenalty.default,
  };
}
