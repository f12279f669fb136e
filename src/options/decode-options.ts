/** The options of decoding the matrices of a CTC acoustic model. */
import { inGroup, type OptionTable } from "./description.js";
import { LETTER_CASES, MATRIX_VALUES } from "./words.js";

const BOTH = ["library", "command line"] as const;

/** All that `CtcDecoder` takes besides labels and models. */
export const CTC_OPTIONS = {
  ...inGroup("Language models", {
    modelWeight: {
      value: { kind: "number", min: 0, max: 1e9 },
      default: 0.5,
      help: "weight of ln p by the recurrent model",
      offered: BOTH,
    },
    ngramWeight: {
      value: { kind: "number", min: 0, max: 1e9 },
      default: 0.5,
      help: "weight of ln p by the n-gram model",
      offered: BOTH,
    },
    wordBonus: {
      value: { kind: "number", min: -1e9, max: 1e9 },
      defaultNote: "1.5 with a language model, else 0",
      help: "added for every word",
      offered: BOTH,
    },
    unknownScore: {
      value: { kind: "number", min: -1e9, max: 0 },
      default: -10,
      unit: "nats",
      help: "added to ln p for every word or token that a language model does not know",
      offered: BOTH,
    },
    hotWords: {
      value: { kind: "texts", example: "white whale" },
      help: "a word or phrase that is expected",
      offered: BOTH,
    },
    hotWeight: {
      value: { kind: "number", min: -1e9, max: 1e9 },
      default: 10,
      help: "added for each of them that a text has",
      offered: BOTH,
    },
  } as const satisfies OptionTable),
  ...inGroup("Labels and matrices", {
    blank: {
      value: { kind: "text", empty: true },
      defaultNote: "<blank>, <pad>, [PAD] and the like",
      help: "the label that is the blank",
      offered: BOTH,
    },
    delimiter: {
      value: { kind: "text" },
      defaultNote: "a space, | or ▁",
      help: "the label between words",
      offered: BOTH,
    },
    case: {
      value: { kind: "word", words: LETTER_CASES },
      default: "keep",
      help: "of the labels' letters, in what is scored and written: keep, lower or upper",
      offered: BOTH,
    },
    values: {
      value: { kind: "word", words: MATRIX_VALUES },
      default: "log-probabilities",
      help: "what the matrices hold: log-probabilities, probabilities or logits",
      offered: BOTH,
    },
  } as const satisfies OptionTable),
  ...inGroup("Search", {
    beamWidth: {
      value: { kind: "number", whole: true, min: 1, max: 65_536 },
      default: 100,
      help: "beams kept after each frame",
      offered: BOTH,
    },
    beamMargin: {
      value: { kind: "number", min: 0, max: 1e9 },
      default: 10,
      unit: "nats",
      help: "beams this much below the best are dropped",
      offered: BOTH,
    },
    labelFloor: {
      value: { kind: "number", min: -1e9, max: 0 },
      default: -5,
      unit: "nats",
      help: "labels of a lower ln p are passed over in a frame",
      offered: BOTH,
    },
    nBest: {
      value: { kind: "number", whole: true, min: 1 },
      default: 1,
      help: "texts of each matrix, best first",
      offered: BOTH,
      letter: "n",
    },
  } as const satisfies OptionTable),
} as const satisfies OptionTable;
