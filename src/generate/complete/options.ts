/** The options of completing; ranges and defaults are in options/complete-options.ts. */
import { checkBelonging, checkOptions } from "../../options/check.js";
import { COMPLETE_OPTIONS } from "../../options/complete-options.js";
import { defaultOf } from "../../options/defaults.js";
import type { UNTIL } from "../../options/words.js";

/** Where a suggestion ends. */
export type Until = (typeof UNTIL)[number];

export interface CompleteOptions {
  /** Most suggestions. */
  readonly suggestions?: number | undefined;
  /** Where they end: with the word, with the line, or after `length` tokens. */
  readonly until?: Until | undefined;
  /** Tokens of a suggestion: of a line at most, which then is offered as far as that. */
  readonly length?: number | undefined;
  /** Ends the work with its reason. */
  readonly signal?: AbortSignal | undefined;
}

/** The options, checked and with their defaults. */
export interface CompleteSettings {
  readonly suggestions: number;
  readonly until: Until;
  /** Of lines and tokens. */
  readonly length: number;
  readonly signal: AbortSignal | undefined;
}

/** @throws UserError that names the first option that makes no sense */
export function completeSettings(options: CompleteOptions = {}): CompleteSettings {
  checkOptions("complete", options, COMPLETE_OPTIONS);
  checkBelonging(options, COMPLETE_OPTIONS);
  const until = options.until ?? COMPLETE_OPTIONS.until.default;
  return {
    suggestions: options.suggestions ?? COMPLETE_OPTIONS.suggestions.default,
    until,
    length: options.length ?? Number(defaultOf(COMPLETE_OPTIONS, "length", { until }) ?? 1),
    signal: options.signal,
  };
}
