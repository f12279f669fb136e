/** The options of a study, which looks for the best model that a budget buys. */
import { inGroup, type OptionDescription, type OptionTable } from "./description.js";
import { ENGINE_OPTIONS } from "./engine-options.js";
import { TRAIN_OPTIONS } from "./train-options.js";

/** How a study chooses what it tries next. */
export const SAMPLERS = ["tpe", "random"] as const;

/** The options that a study can look for: of tokenizer, model, regularisation and steps. The study itself has the others. */
export const SEARCHED = [
  "tokenizer",
  "vocabSize",
  "minCount",
  "wordMode",
  "cell",
  "nonlinearity",
  "mogrifierRounds",
  "mogrifierRank",
  "inputGate",
  "layers",
  "hidden",
  "embedding",
  "softmax",
  "samples",
  "mixtures",
  "tie",
  "residual",
  "dropout",
  "dropoutEmbedding",
  "dropoutBetween",
  "dropoutOutput",
  "lockedDropout",
  "dropoutWords",
  "weightDrop",
  "dropoutState",
  "ar",
  "tar",
  "pastDecode",
  "batchSize",
  "seqLen",
  "varySeqLen",
  "rotateStreams",
  "optimizer",
  "updateRows",
  "lr",
  "momentum",
  "weightDecay",
  "clip",
  "forgetBias",
  "unigramBias",
] as const satisfies readonly (keyof typeof TRAIN_OPTIONS)[];

type Searched = (typeof SEARCHED)[number];

/** Those that it looks for where no space is given, if they have an effect. */
const USUALLY = new Set<string>([
  "tokenizer",
  "vocabSize",
  "cell",
  "mogrifierRounds",
  "layers",
  "hidden",
  "embedding",
  "softmax",
  "dropout",
  "weightDrop",
  "batchSize",
  "seqLen",
  "optimizer",
  "lr",
]);
const ON_NODE = ["library", "command line"] as const;
const BIG = 1e12;

/** As they are fixed: those that are looked for have no default. */
function fixed(): Pick<typeof TRAIN_OPTIONS, Searched> {
  const entries = SEARCHED.map((name): [string, OptionDescription] => {
    const { default: usual, defaultBy, defaultNote, ...description }: OptionDescription = TRAIN_OPTIONS[name];
    const rest = USUALLY.has(name)
      ? { defaultNote: "looked for" }
      : {
          ...(usual !== undefined && { default: usual }),
          ...(defaultBy && { defaultBy }),
          ...(defaultNote !== undefined && { defaultNote }),
        };
    return [name, { ...description, ...rest, offered: ON_NODE }];
  });
  return Object.fromEntries(entries) as unknown as Pick<typeof TRAIN_OPTIONS, Searched>;
}

const { inputs, valid, lines, encoding, field, epochs, seed, precision } = TRAIN_OPTIONS;

const BUDGET = inGroup("Budget", {
  minutes: {
    value: { kind: "number", min: 0, max: 1e6, above: true },
    default: 60,
    defaultNote: "unless trials are given",
    unit: "minutes",
    help: "time of the whole study, the best model's own training included",
    offered: ON_NODE,
  },
  trials: {
    value: { kind: "number", whole: true, min: 1, max: 1e6 },
    unit: "trials",
    help: "models that are tried, in place of minutes or besides",
    offered: ON_NODE,
  },
  epochs: {
    ...epochs,
    defaultNote: "by the time, or the size of the text",
    help: "passes over the text of the trials that come furthest",
    offered: ON_NODE,
  },
} as const satisfies OptionTable);

const SEARCH = inGroup("Search", {
  space: {
    value: { kind: "text", thing: { noun: "a space itself" } },
    defaultNote: "by the kind of text",
    help: "JSON file of what is looked for: values of options, as lists or ranges; what is given as a flag is fixed",
    offered: ON_NODE,
    placeholder: "file",
  },
  sampler: {
    value: { kind: "word", words: SAMPLERS },
    default: "tpe",
    help: "tpe, which learns from what was tried, or random",
    offered: ON_NODE,
    placeholder: "name",
  },
  eta: {
    value: { kind: "number", whole: true, min: 2, max: 16 },
    default: 3,
    help: "of successive halving: one of so many goes on, to train so many times as long",
    offered: ON_NODE,
    placeholder: "n",
  },
  parallel: {
    value: { kind: "number", whole: true, min: 1, max: 256 },
    defaultNote: "measured",
    unit: "trials",
    help: "trials side by side",
    offered: ON_NODE,
  },
} as const satisfies OptionTable);

const CONSTRAINTS = inGroup("Constraints", {
  maxParameters: {
    value: { kind: "number", min: 1, max: BIG },
    unit: "weights",
    help: "weights that a model may have",
    offered: ON_NODE,
    placeholder: "n",
  },
  maxFileSize: {
    value: { kind: "number", min: 0, max: BIG, above: true },
    unit: "megabytes",
    help: "megabytes that a model's files may have, without the record of its training",
    offered: ON_NODE,
    placeholder: "MB",
  },
  maxLatency: {
    value: { kind: "number", min: 0, max: BIG, above: true },
    unit: "milliseconds",
    help: "milliseconds that a model may take for a token as it writes, on this machine",
    offered: ON_NODE,
    placeholder: "ms",
  },
} as const satisfies OptionTable);

/** All that `runStudy` takes. */
export const STUDY_OPTIONS = {
  ...inGroup("Text", { inputs, valid, lines, encoding, field } as const satisfies OptionTable),
  ...BUDGET,
  ...SEARCH,
  ...CONSTRAINTS,
  ...fixed(),
  ...inGroup("Where and how", {
    seed,
    precision: { ...precision, defaultNote: "the faster one where time is given" },
    out: {
      value: { kind: "text" },
      required: true,
      help: "folder of the study; the best model lies in it, in best.model",
      offered: ON_NODE,
      placeholder: "folder",
    },
    resume: {
      value: { kind: "flag" },
      default: false,
      help: "go on with the study in that folder, also with more time or trials",
      offered: ON_NODE,
    },
    overwrite: {
      value: { kind: "flag" },
      default: false,
      help: "replace the study in that folder",
      offered: ON_NODE,
    },
    ...ENGINE_OPTIONS,
    threads: { ...ENGINE_OPTIONS.threads, defaultNote: "measured", help: "threads of each trial" },
    onEvent: {
      value: { kind: "code", noun: "a function" },
      help: "called with every event",
      offered: ["library"],
    },
    signal: {
      value: { kind: "code", noun: "the signal of an AbortController", method: "addEventListener" },
      help: "ends the study in order; it can be gone on with",
      offered: ["library"],
    },
  } as const satisfies OptionTable),
} as const satisfies OptionTable;
