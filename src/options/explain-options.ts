/** The options of telling which words decided. */
import { inGroup, type OptionTable } from "./description.js";
import { EXPLAIN_METHODS, PIECES } from "./words.js";

const ON_NODE = ["library", "command line"] as const;

/** All that `explain` takes besides the model and the text. */
export const EXPLAIN_OPTIONS = {
  ...inGroup("What is explained", {
    target: {
      value: { kind: "text" },
      defaultNote: "the most probable token or label",
      help: "text that follows, whose probability is explained; of a classifier, a label",
      offered: ON_NODE,
      placeholder: "text",
    },
    against: {
      value: { kind: "text" },
      help: "another text in its place: why the one and not the other; not of a classifier",
      offered: ON_NODE,
      placeholder: "text",
    },
    by: {
      value: { kind: "word", words: PIECES },
      default: "word",
      help: "what is looked at piece by piece: word, with the white space before it, or token",
      offered: ON_NODE,
      placeholder: "piece",
    },
    method: {
      value: { kind: "word", words: EXPLAIN_METHODS },
      default: "erasure",
      help: "erasure: what is missing without a piece; gradient: its gradient times its embedding, faster and a first guess; integrated: the gradient on the way from no embedding to the whole, whose effects add up",
      offered: ON_NODE,
      placeholder: "how",
    },
    context: {
      value: { kind: "number", whole: true, min: 1, max: 4096 },
      default: 512,
      unit: "tokens",
      help: "the last tokens of a text, whose pieces are looked at; earlier ones are read",
      offered: ON_NODE,
    },
  } as const satisfies OptionTable),
  onProgress: {
    value: { kind: "code", noun: "a function" },
    help: "called with the number of pieces that are done, of how many",
    offered: ["library"],
  },
  signal: {
    value: { kind: "code", noun: "the signal of an AbortController", method: "addEventListener" },
    help: "ends the work with its reason",
    offered: ["library"],
  },
} as const satisfies OptionTable;
