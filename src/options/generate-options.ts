/** The options of generation. */
import { inGroup, type OptionTable } from "./description.js";

const EVERYWHERE = ["library", "browser", "command line"] as const;
const WITH_FIELD = ["library", "browser", "command line", "page"] as const;

/** Samples side by side, at most. */
const MOST_SAMPLES = 4096;

/** How a token is drawn. */
export const SAMPLING_OPTIONS = inGroup("How tokens are drawn", {
  temperature: {
    value: { kind: "number", min: 0 },
    default: 0.8,
    help: "0 takes the most probable token",
    offered: WITH_FIELD,
    label: "Temperature",
  },
  topK: {
    value: { kind: "number", whole: true, min: 1 },
    defaultNote: "all",
    help: "only the n most probable",
    offered: WITH_FIELD,
    label: "Top-k",
  },
  topP: {
    value: { kind: "number", min: 0, max: 1, above: true },
    default: 1,
    help: "only the most probable that together have p",
    offered: WITH_FIELD,
    placeholder: "p",
    label: "Top-p",
  },
  minP: {
    value: { kind: "number", min: 0, max: 1 },
    default: 0,
    help: "only those at least p times as probable as the most probable",
    offered: EVERYWHERE,
    placeholder: "p",
  },
  repetitionPenalty: {
    value: { kind: "number", min: 0, above: true },
    default: 1,
    help: "above 1: what was written becomes less probable",
    offered: EVERYWHERE,
  },
} as const satisfies OptionTable);

/** All that `generate` takes. */
export const GENERATE_OPTIONS = {
  ...inGroup("What to write", {
    prompt: {
      value: { kind: "text", empty: true },
      help: "text to go on from",
      offered: EVERYWHERE,
      placeholder: "text",
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
      help: "samples, made side by side",
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
  } as const satisfies OptionTable),
  ...SAMPLING_OPTIONS,
} as const satisfies OptionTable;
