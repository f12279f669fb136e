/** The options of a look into a model. */
import { inGroup, type OptionTable } from "./description.js";
import { LOOK_CHAPTERS } from "./words.js";

/** All that `look` takes besides the model and the text. */
export const LOOK_OPTIONS = {
  ...inGroup("What is looked at", {
    only: {
      value: { kind: "words", words: LOOK_CHAPTERS },
      defaultNote: "all",
      help: `chapters, with commas between: ${LOOK_CHAPTERS.join(", ")}`,
      offered: ["library", "command line"],
    },
  } as const satisfies OptionTable),
  onProgress: {
    value: { kind: "code", noun: "a function" },
    help: "called with the chapter, and how much of it is done",
    offered: ["library"],
  },
  signal: {
    value: { kind: "code", noun: "the signal of an AbortController", method: "addEventListener" },
    help: "ends the work with its reason",
    offered: ["library"],
  },
} as const satisfies OptionTable;
