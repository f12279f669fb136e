/** What generation may be told, with defaults and checks. */
import { UserError } from "../errors.js";
import { checkOptionNames } from "../option-names.js";
import { type SamplingOptions, type SamplingSettings, samplingSettings } from "./sampling.js";
import { checkStops } from "./stop-strings.js";

export interface GenerateOptions extends SamplingOptions {
  /** The text to go on from; it is not given out again. Default: none. */
  readonly prompt?: string | undefined;
  /** Most tokens of a sample. Default 200. */
  readonly length?: number | undefined;
  /** A sample ends before the first of these strings. Default: none. */
  readonly stop?: readonly string[] | undefined;
  /** Sample i is drawn as one sample of seed + i would be. Default: drawn anew each time. */
  readonly seed?: number | undefined;
  /** Samples generated side by side. Default 1. */
  readonly samples?: number | undefined;
  /** `<unk>` and `<bos>` may be drawn, too. Default false. */
  readonly allowUnknown?: boolean | undefined;
}

/** The options, checked and with their defaults. */
export interface GenerateSettings {
  readonly prompt: string;
  readonly length: number;
  readonly stop: readonly string[];
  readonly seed: number;
  readonly samples: number;
  readonly allowUnknown: boolean;
  readonly sampling: SamplingSettings;
}

const NAMES: Readonly<Record<keyof GenerateOptions, true>> = {
  prompt: true,
  length: true,
  stop: true,
  seed: true,
  samples: true,
  allowUnknown: true,
  temperature: true,
  topK: true,
  topP: true,
  minP: true,
  repetitionPenalty: true,
};

const MAX_SAMPLES = 4096;

/** @throws UserError that names the first option that makes no sense */
export function generateSettings(options: GenerateOptions = {}): GenerateSettings {
  checkOptionNames("generate", options, Object.keys(NAMES));
  const { prompt = "", length = 200, stop = [], samples = 1, allowUnknown = false } = options;
  const seed = options.seed ?? Math.floor(Math.random() * 2 ** 32);
  if (typeof prompt !== "string") throw new UserError("The prompt is a string.");
  if (!(Number.isSafeInteger(length) && length >= 1)) {
    throw new UserError(`The length is ${length}; give a whole number of tokens from 1 on.`);
  }
  if (!(Number.isSafeInteger(samples) && samples >= 1 && samples <= MAX_SAMPLES)) {
    throw new UserError(`The number of samples is ${samples}; give a whole number from 1 to ${MAX_SAMPLES}.`);
  }
  if (!(Number.isSafeInteger(seed) && seed >= 0 && Number.isSafeInteger(seed + samples))) {
    throw new UserError(`The seed is ${seed}; give a whole number from 0 on, such as 1.`);
  }
  checkStops(stop);
  return { prompt, length, stop, seed, samples, allowUnknown, sampling: samplingSettings(options) };
}
