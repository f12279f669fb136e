/** The options of generation; ranges and defaults are in options/generate-options.ts. */
import { checkOptions } from "../options/check.js";
import { GENERATE_OPTIONS } from "../options/generate-options.js";
import { type SamplingOptions, type SamplingSettings, samplingDefaults } from "./sampling-settings.js";

export interface GenerateOptions extends SamplingOptions {
  /** The text to go on from; it is not given out again. */
  readonly prompt?: string | undefined;
  /** Most tokens of a sample. */
  readonly length?: number | undefined;
  /** A sample ends before the first of these strings. */
  readonly stop?: readonly string[] | undefined;
  /** Sample i is drawn as one sample of seed + i would be. Without one it is drawn anew each time. */
  readonly seed?: number | undefined;
  /** Samples generated side by side. */
  readonly samples?: number | undefined;
  /** `<unk>` and `<bos>` may be drawn, too. */
  readonly allowUnknown?: boolean | undefined;
  /** Ends the iteration, without an error. */
  readonly signal?: AbortSignal | undefined;
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
  readonly signal: AbortSignal | undefined;
}

/** @throws UserError that names the first option that makes no sense */
export function generateSettings(options: GenerateOptions = {}): GenerateSettings {
  checkOptions("generate", options, GENERATE_OPTIONS);
  const { length, samples, allowUnknown } = GENERATE_OPTIONS;
  return {
    prompt: options.prompt ?? "",
    length: options.length ?? length.default,
    stop: options.stop ?? [],
    seed: options.seed ?? Math.floor(Math.random() * 2 ** 32),
    samples: options.samples ?? samples.default,
    allowUnknown: options.allowUnknown ?? allowUnknown.default,
    sampling: samplingDefaults(options),
    signal: options.signal,
  };
}
