/** The options of generation. */
import { inGroup, type OptionDescription, type OptionTable } from "./description.js";
import { SAMPLING_OPTIONS } from "./sampling-options.js";

const EVERYWHERE = ["library", "browser", "command line"] as const;
const WITH_FIELD = ["library", "browser", "command line", "page"] as const;

/** Samples side by side, at most. */
const MOST_SAMPLES = 4096;

/** All that `generate` takes. */
export const GENERATE_OPTIONS = {
  ...inGroup("What to write", {
    prompt: {
      value: { kind: "text", empty: true },
      help: "text to go on from",
      offered: EVERYWHERE,
      placeholder: "text",
    },
    prompts: {
      value: { kind: "texts", example: "The sea", empty: true },
      help: "several texts to go on from, each in samples of its own",
      offered: ["library"],
    },
    length: {
      value: { kind: "number", whole: true, min: 1 },
      default: 200,
      unit: "tokens",
      help: "most tokens of a sample",
      offered: WITH_FIELD,
      label: "Tokens",
    },
    stop: {
      value: { kind: "texts", example: "\n" },
      help: "end before this text",
      offered: EVERYWHERE,
      placeholder: "text",
    },
    samples: {
      value: { kind: "number", whole: true, min: 1, max: MOST_SAMPLES },
      default: 1,
      help: "samples of each prompt, made side by side",
      offered: EVERYWHERE,
      letter: "n",
    },
    seed: {
      value: { kind: "number", whole: true, min: 0, max: Number.MAX_SAFE_INTEGER - MOST_SAMPLES },
      defaultNote: "another each time",
      help: "same seed, same text",
      offered: WITH_FIELD,
      label: "Seed",
    },
    allowUnknown: {
      value: { kind: "flag" },
      default: false,
      help: "<unk> and <bos> may be drawn, too",
      offered: ["library", "browser"],
    },
    signal: {
      value: { kind: "code", noun: "the signal of an AbortController", method: "addEventListener" },
      help: "ends the writing",
      offered: ["library"],
    },
  } as const satisfies OptionTable),
  ...SAMPLING_OPTIONS,
} as const satisfies OptionTable;

/** By what texts of different lengths are put in order. */
const LENGTH_PENALTY = {
  value: { kind: "number", min: 0, max: 10 },
  default: 1,
  help: "texts of n tokens compare by ln p / n^x: 0 prefers short ones",
  offered: ["library", "command line"],
} as const satisfies OptionDescription;

/** Texts that are searched for, and not drawn. */
export const BEAM_OPTIONS = {
  prompt: GENERATE_OPTIONS.prompt,
  length: GENERATE_OPTIONS.length,
  stop: GENERATE_OPTIONS.stop,
  ...inGroup("Beam search", {
    beams: {
      value: { kind: "number", whole: true, min: 1, max: 1024 },
      help: "search for the most probable texts, keeping so many beginnings, in place of drawing",
      offered: ["library", "command line"],
      placeholder: "k",
    },
    lengthPenalty: LENGTH_PENALTY,
  } as const satisfies OptionTable),
  signal: GENERATE_OPTIONS.signal,
} as const satisfies OptionTable;

const { prompts: _ofOnePrompt, ...OF_ONE_PROMPT } = GENERATE_OPTIONS;

/** Texts that are drawn and put in order. */
export const BEST_OF_OPTIONS = {
  ...OF_ONE_PROMPT,
  samples: { ...GENERATE_OPTIONS.samples, default: 10, help: "texts that are drawn, side by side" },
  lengthPenalty: { ...LENGTH_PENALTY, group: "What to write" },
} as const satisfies OptionTable;
