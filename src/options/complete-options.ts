/** The options of completing what is being typed. */
import { inGroup, type OptionTable } from "./description.js";
import { UNTIL } from "./words.js";

const EVERYWHERE = ["library", "browser", "command line"] as const;

/** All that a completer's `complete` takes besides the text. */
export const COMPLETE_OPTIONS = {
  ...inGroup("What to suggest", {
    suggestions: {
      value: { kind: "number", whole: true, min: 1, max: 1000 },
      default: 5,
      help: "most suggestions",
      offered: EVERYWHERE,
      letter: "n",
    },
    until: {
      value: { kind: "word", words: UNTIL },
      default: "word",
      help: "finish the word, the line, or go on for so many tokens",
      offered: EVERYWHERE,
      placeholder: "what",
    },
    length: {
      value: { kind: "number", whole: true, min: 1, max: 10_000 },
      defaultBy: { until: { line: 100, tokens: 1 } },
      belongsTo: { until: ["line", "tokens"] },
      unit: "tokens",
      help: "tokens of a suggestion; of a line at most",
      offered: EVERYWHERE,
    },
    signal: {
      value: { kind: "code", noun: "the signal of an AbortController", method: "addEventListener" },
      help: "ends the work with its reason",
      offered: ["library"],
    },
  } as const satisfies OptionTable),
} as const satisfies OptionTable;
