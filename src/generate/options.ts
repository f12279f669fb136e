/** The options of generation; ranges and defaults are in options/generate-options.ts. */
import { option, sentence, UserError } from "../errors.js";
import { checkOptions } from "../options/check.js";
import { GENERATE_OPTIONS } from "../options/generate-options.js";
import { type SamplingOptions, type SamplingSettings, samplingDefaults } from "./sampling-settings.js";

export interface GenerateOptions extends SamplingOptions {
  /** The text to go on from; it is not given out again. */
  readonly prompt?: string | undefined;
  /** Several texts to go on from, in place of one: sample s goes on from number ⌊s / samples⌋. */
  readonly prompts?: readonly string[] | undefined;
  /** Most tokens of a sample. */
  readonly length?: number | undefined;
  /** A sample ends before the first of these strings. */
  readonly stop?: readonly string[] | undefined;
  /** Sample i is drawn as one sample of seed + i would be. Without one it is drawn anew each time. */
  readonly seed?: number | undefined;
  /** Samples of each prompt, all generated side by side. */
  readonly samples?: number | undefined;
  /** `<unk>` and `<bos>` may be drawn, too. */
  readonly allowUnknown?: boolean | undefined;
  /** Ends the iteration, without an error. */
  readonly signal?: AbortSignal | undefined;
}

/** The options, checked and with their defaults. */
export interface GenerateSettings {
  /** At least one. */
  readonly prompts: readonly string[];
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
  const { prompt = "", prompts = [prompt] } = options;
  if (options.prompts && options.prompt !== undefined)
    throw new UserError({
      option: "prompts",
      problem: sentence`${option("prompts")} and ${option("prompt")} are both given`,
      advice: "give one of them",
    });
  const most = GENERATE_OPTIONS.samples.value.max;
  if (prompts.length === 0 || prompts.length * (options.samples ?? samples.default) > most)
    throw new UserError({
      option: "prompts",
      problem: sentence`${option("prompts")} has ${String(prompts.length)} texts, each with ${String(options.samples ?? samples.default)} samples`,
      advice: `give at least one, and at most ${most} samples together`,
    });
  return {
    prompts,
    length: options.length ?? length.default,
    stop: options.stop ?? [],
    seed: options.seed ?? Math.floor(Math.random() * 2 ** 32),
    samples: options.samples ?? samples.default,
    allowUnknown: options.allowUnknown ?? allowUnknown.default,
    sampling: samplingDefaults(options),
    signal: options.signal,
  };
}
