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
    target: {
      value: { kind: "text" },
      defaultNote: "the most probable token",
      help: "text that follows, whose probability is explained in the chapter why",
      offered: ["library", "command line"],
      placeholder: "text",
    },
    against: {
      value: { kind: "text" },
      help: "another text in its place: why the one and not the other",
      offered: ["library", "command line"],
      placeholder: "text",
    },
    phrase: {
      value: { kind: "text" },
      help: "a part of the text: which units are on over it, and where else they are",
      offered: ["library", "command line"],
      placeholder: "text",
    },
  } as const satisfies OptionTable),
  tracks: {
    value: {
      kind: "code",
      noun: "a Map of names and of a 0 or a 1 for each character of the text",
      method: "entries",
    },
    help: "what units are looked for to follow, besides quotes, brackets, place in the line and such",
    offered: ["library"],
  },
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
