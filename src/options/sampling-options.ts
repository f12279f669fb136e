/** How tokens are drawn. */
import { inGroup, type OptionTable } from "./description.js";

const EVERYWHERE = ["library", "browser", "command line"] as const;
const WITH_FIELD = ["library", "browser", "command line", "page"] as const;

/** All that `samplingSettings` takes. */
export const SAMPLING_OPTIONS = /* @__PURE__ */ inGroup("How tokens are drawn", {
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
    help: "above 1: tokens written before become less probable",
    offered: EVERYWHERE,
  },
} as const satisfies OptionTable);

/** The options of `next`. */
export const NEXT_OPTIONS = {
  count: {
    value: { kind: "number", whole: true, min: 1 },
    default: 10,
    help: "tokens to return",
    offered: ["browser"],
  },
  temperature: { ...SAMPLING_OPTIONS.temperature, default: 1, offered: ["browser"] },
} as const satisfies OptionTable;
