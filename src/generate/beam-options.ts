/** The options of beam search; ranges and defaults are in options/generate-options.ts. */
import { checkOptions } from "../options/check.js";
import { BEAM_OPTIONS } from "../options/generate-options.js";

export interface BeamOptions {
  /** The text to go on from; it is not given out again. */
  readonly prompt?: string | undefined;
  /** Most tokens of a text. */
  readonly length?: number | undefined;
  /** A text ends before the first of these strings. */
  readonly stop?: readonly string[] | undefined;
  /** Beginnings that are kept after every token, and texts at most. */
  readonly beams?: number | undefined;
  /** α in ln p / n^α, by which texts compare. */
  readonly lengthPenalty?: number | undefined;
  /** Ends the search with its reason. */
  readonly signal?: AbortSignal | undefined;
}

/** The options, checked and with their defaults. */
export interface BeamSettings {
  readonly prompt: string;
  readonly length: number;
  readonly stop: readonly string[];
  readonly beams: number;
  readonly lengthPenalty: number;
  readonly signal: AbortSignal | undefined;
}

/** @throws UserError that names the first option that makes no sense */
export function beamSettings(options: BeamOptions): BeamSettings {
  checkOptions("beamSearch", options, BEAM_OPTIONS);
  return {
    prompt: options.prompt ?? "",
    length: options.length ?? BEAM_OPTIONS.length.default,
    stop: options.stop ?? [],
    beams: options.beams ?? USUAL_BEAMS,
    lengthPenalty: options.lengthPenalty ?? BEAM_OPTIONS.lengthPenalty.default,
    signal: options.signal,
  };
}

const USUAL_BEAMS = 5;
