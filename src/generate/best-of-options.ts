/** The options of drawing several texts and taking the best; ranges and defaults are in options/generate-options.ts. */
import { checkOptions } from "../options/check.js";
import { BEST_OF_OPTIONS } from "../options/generate-options.js";
import { type GenerateOptions, type GenerateSettings, generateSettings } from "./options.js";

/** As those of `generate`, where `samples` are drawn of one prompt. */
export interface BestOfOptions extends Omit<GenerateOptions, "prompts"> {
  /** α in ln p / n^α, by which texts compare. */
  readonly lengthPenalty?: number | undefined;
}

/** The options, checked and with their defaults. */
export interface BestOfSettings {
  readonly drawing: GenerateSettings;
  readonly lengthPenalty: number;
}

/** @throws UserError that names the first option that makes no sense */
export function bestOfSettings(options: BestOfOptions): BestOfSettings {
  checkOptions("bestOf", options, BEST_OF_OPTIONS);
  const { lengthPenalty = BEST_OF_OPTIONS.lengthPenalty.default, ...drawing } = options;
  const { samples = BEST_OF_OPTIONS.samples.default } = drawing;
  return { drawing: generateSettings({ ...drawing, samples }), lengthPenalty };
}
