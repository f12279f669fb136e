/** The options of training, using and measuring classifiers. */
import { inGroup, type OptionTable } from "./description.js";
import { ENGINE_CHOICE, ENGINE_OPTIONS } from "./engine-options.js";
import { ENCODING, LABELLED_OPTIONS } from "./text-options.js";
import { CLASS_WEIGHTS, CLASSIFIER_POOLS } from "./words.js";

const EVERYWHERE = ["library", "browser", "command line"] as const;
const ON_NODE = ["library", "command line"] as const;
const TYPED = ["command line"] as const;

const signal = {
  value: { kind: "code", noun: "the signal of an AbortController", method: "addEventListener" },
  help: "ends the work with its reason",
  offered: ["library"],
} as const;

/** All that `classify` takes besides the texts. */
export const CLASSIFY_OPTIONS = {
  onProgress: {
    value: { kind: "code", noun: "a function" },
    help: "called with the number of texts that were read",
    offered: ["library"],
  },
  signal,
} as const satisfies OptionTable;

/** All that `evaluate` of a classifier takes besides the labelled texts. */
export const EVALUATE_CLASSIFIER_OPTIONS = {
  worst: {
    value: { kind: "number", whole: true, min: 0, max: 10_000 },
    default: 10,
    unit: "texts",
    help: "texts told wrong to show, the most surely wrong first",
    offered: EVERYWHERE,
  },
  ...CLASSIFY_OPTIONS,
} as const satisfies OptionTable;

/** All that `trainClassifier` takes besides the labelled texts. */
export const TRAIN_CLASSIFIER_OPTIONS = {
  ...inGroup("The model", {
    from: {
      value: { kind: "text", thing: { noun: "a model that was loaded", method: "embed" } },
      defaultNote: "one is learned from the texts",
      help: "the language model to make a classifier of: a folder that train wrote",
      offered: ON_NODE,
      placeholder: "folder",
    },
    out: {
      value: { kind: "text" },
      required: true,
      help: "folder for the classifier",
      offered: ON_NODE,
      placeholder: "folder",
    },
    overwrite: {
      value: { kind: "flag" },
      default: false,
      help: "replace the model that is there",
      offered: ON_NODE,
    },
  } as const satisfies OptionTable),
  ...inGroup("The classifier", {
    pool: {
      value: { kind: "word", words: CLASSIFIER_POOLS },
      default: "concat",
      help: "how the states of a text's tokens become one vector: last, mean, max, or concat, the three side by side",
      offered: ON_NODE,
      placeholder: "how",
    },
    classWeights: {
      value: { kind: "word", words: CLASS_WEIGHTS },
      default: "none",
      help: "none: every text counts alike; balanced: every label counts alike, however many texts it has",
      offered: ON_NODE,
    },
    seed: {
      value: { kind: "number", whole: true, min: 0, max: Number.MAX_SAFE_INTEGER },
      default: 1,
      help: "of what is drawn: the texts that are held out",
      offered: ON_NODE,
    },
  } as const satisfies OptionTable),
  ...inGroup("Fine-tuning", {
    textEpochs: {
      value: { kind: "number", whole: true, min: 0, max: 10_000 },
      defaultNote: "0; 2 with fine-tuning; 10 without a model to begin with",
      unit: "passes",
      help: "passes over the texts without their labels, in which the language model learns them first",
      offered: ON_NODE,
    },
    fineTune: {
      value: { kind: "flag" },
      default: false,
      help: "head and recurrent layers learn together, layer by layer from the top (ULMFiT), not the head alone",
      offered: ON_NODE,
    },
    epochs: {
      value: { kind: "number", whole: true, min: 1, max: 10_000 },
      default: 8,
      needs: "fineTune",
      unit: "passes",
      help: "passes over the labelled texts at most; three that are not better end it",
      offered: ON_NODE,
    },
    lr: {
      value: { kind: "number", min: 0, above: true },
      default: 0.003,
      needs: "fineTune",
      help: "highest learning rate, of the head; each layer has 1 / 2.6 of that of the one above",
      offered: ON_NODE,
    },
    batchSize: {
      value: { kind: "number", whole: true, min: 1, max: 4096 },
      default: 16,
      needs: "fineTune",
      unit: "texts",
      help: "texts of an update",
      offered: ON_NODE,
    },
    dropout: {
      value: { kind: "number", min: 0, max: 1, below: true },
      default: 0.2,
      needs: "fineTune",
      help: "probability that an element is dropped: of the vector, of the embedding, and between layers",
      offered: ON_NODE,
    },
  } as const satisfies OptionTable),
  ...inGroup("How", ENGINE_CHOICE),
  onNotice: {
    value: { kind: "code", noun: "a function" },
    help: "called with notices, such as what a vocabulary lacks",
    offered: ["library"],
  },
  onProgress: {
    value: { kind: "code", noun: "a function" },
    help: "called with what is done, and how far it is",
    offered: ["library"],
  },
  signal,
} as const satisfies OptionTable;

const json = <Help extends string>(help: Help) =>
  ({ value: { kind: "flag" }, default: false, help, offered: TYPED }) as const;

/** `recurra classify` */
export const CLASSIFY_COMMAND = {
  top: {
    value: { kind: "number", whole: true, min: 1, max: 10_000 },
    default: 1,
    unit: "labels",
    help: "labels to tell of each text, the most probable first",
    offered: TYPED,
  },
  whole: {
    value: { kind: "flag" },
    default: false,
    help: "standard input is one text, not one a line",
    offered: TYPED,
  },
  encoding: { ...ENCODING, help: "of standard input: utf-8 or latin1", offered: TYPED },
  ...ENGINE_OPTIONS,
  json: json("a line of JSON for each text: text, label, probability, and the probabilities of all labels"),
} as const satisfies OptionTable;

/** `recurra classify train` */
export const CLASSIFY_TRAIN_COMMAND = {
  ...TRAIN_CLASSIFIER_OPTIONS,
  ...inGroup("The texts", LABELLED_OPTIONS),
  ...inGroup("How", { json: json("one object of JSON") }),
} as const satisfies OptionTable;

/** `recurra classify eval` */
export const CLASSIFY_EVAL_COMMAND = {
  worst: EVALUATE_CLASSIFIER_OPTIONS.worst,
  ...inGroup("The texts", LABELLED_OPTIONS),
  ...inGroup("How", { ...ENGINE_OPTIONS, json: json("one object of JSON") } as const satisfies OptionTable),
} as const satisfies OptionTable;
