/** The options of training. */
import {
  CELL_TITLES,
  CELLS,
  DEFAULT_CELL,
  DEFAULT_MOGRIFY,
  MOST_ROUNDS,
  cellsThatReadState,
  cellsWith,
  cellsWithForgetGate,
  FORGET_BIASES,
} from "../cells.js";
import { inGroup, type OptionTable } from "./description.js";
import { ENGINE_CHOICE } from "./engine-options.js";
import { READING_OPTIONS, TOKENIZER_OPTIONS } from "./text-options.js";
import {
  AVERAGES,
  INPUT_GATES,
  NONLINEARITIES,
  OPTIMIZERS,
  RECIPE_NAMES,
  SCHEDULES,
  SOFTMAXES,
  TRAIN_PRECISIONS,
  UPDATE_ROWS,
} from "./words.js";

const SIZE = { kind: "number", whole: true, min: 1, max: 1_000_000 } as const;
const PROBABILITY = { kind: "number", min: 0, max: 1, below: true } as const;
const EVERYWHERE = ["library", "browser", "command line"] as const;
const ON_NODE = ["library", "command line"] as const;
const WITH_FIELD = ["library", "browser", "command line", "page"] as const;
/** The optimizers that are not an average themselves. */
const OF_ONE_ITERATE = ["sgd", "adam", "adamw", "adabelief", "muon"] as const;
const BY_THE_TEXT = "by the size of the text";
const BY_THE_PLAN = "by the size of the text, and the time";

const TEXT = /* @__PURE__ */ inGroup("Text", {
  inputs: {
    value: { kind: "texts", example: "book.txt" },
    help: 'files, folders, globs (.txt, .gz, .jsonl), or "-" for standard input; this or a text',
    offered: ["library"],
  },
  text: {
    value: { kind: "text", empty: true },
    help: "the text itself",
    offered: ["library", "browser"],
  },
  valid: {
    value: { kind: "texts", example: "valid.txt" },
    defaultNote: "a tenth of the text",
    help: "held-out text",
    offered: ON_NODE,
    placeholder: "file",
  },
  test: {
    value: { kind: "texts", example: "test.txt" },
    help: "text that the finished model is measured on",
    offered: ON_NODE,
    placeholder: "file",
  },
  lines: {
    value: { kind: "flag" },
    default: false,
    help: "every line is a sequence of its own: names, titles, messages",
    offered: WITH_FIELD,
    label: "Each line stands on its own (names, titles)",
  },
  ...READING_OPTIONS,
} as const satisfies OptionTable);

const RECIPE = /* @__PURE__ */ inGroup("Recipe", {
  recipe: {
    value: {
      kind: "word",
      words: RECIPE_NAMES,
      file: { noun: "a JSON file of one", ending: ".json" },
      thing: { noun: "a recipe itself" },
    },
    defaultNote: "none",
    help: "a set of options with a name, or a JSON file of one; options that are given stand above it",
    offered: EVERYWHERE,
    placeholder: "name",
  },
} as const satisfies OptionTable);

const FINE_TUNING = /* @__PURE__ */ inGroup("Fine-tuning", {
  from: {
    value: { kind: "text", thing: { noun: "a model itself" } },
    defaultNote: "none: random weights",
    help: "folder of the model to begin with: its weights and its tokenizer, to which what it lacks is added",
    offered: EVERYWHERE,
    placeholder: "folder",
  },
  layerDecay: {
    value: { kind: "number", min: 0, max: 1, above: true },
    default: 1,
    needs: "from",
    help: "the rate of each layer is this × that of the layer above",
    offered: EVERYWHERE,
    placeholder: "factor",
  },
  unfreezeEvery: {
    value: { kind: "number", min: 0, max: 1e6 },
    defaultNote: "all layers learn from the beginning",
    unit: "passes",
    needs: "from",
    help: "passes over the text after which one more layer learns, from the output layer down",
    offered: EVERYWHERE,
    placeholder: "passes",
  },
  compareScratch: {
    value: { kind: "flag" },
    default: false,
    needs: "from",
    help: "trains a model from scratch as well, as long again, and tells the gain over it, too",
    offered: EVERYWHERE,
  },
} as const satisfies OptionTable);

const MODEL = /* @__PURE__ */ inGroup("Model", {
  cell: {
    value: {
      kind: "word",
      words: CELLS,
      labels: CELL_TITLES,
    },
    default: DEFAULT_CELL,
    help: `${CELLS.slice(0, -1).join(", ")} or ${CELLS.at(-1)}`,
    offered: WITH_FIELD,
    label: "Cell",
  },
  nonlinearity: {
    value: { kind: "word", words: NONLINEARITIES },
    default: "tanh",
    belongsTo: { cell: cellsWith("nonlinearity") },
    help: `of the ${cellsWith("nonlinearity").join(", ")} cell: tanh or relu`,
    offered: EVERYWHERE,
  },
  mogrifierRounds: {
    value: { kind: "number", whole: true, min: 1, max: MOST_ROUNDS },
    default: DEFAULT_MOGRIFY.rounds,
    belongsTo: { cell: cellsWith("mogrify") },
    help: "rounds in which input and state gate each other before each time step",
    offered: EVERYWHERE,
  },
  mogrifierRank: {
    value: { kind: "number", whole: true, min: 0, max: 1_000_000 },
    default: DEFAULT_MOGRIFY.rank,
    belongsTo: { cell: cellsWith("mogrify") },
    help: "rank of the matrices of these rounds; 0: full",
    offered: EVERYWHERE,
  },
  inputGate: {
    value: { kind: "word", words: INPUT_GATES },
    default: "free",
    belongsTo: { cell: cellsWith("inputGate") },
    help: "free, or capped: at most what the forget gate leaves, 1 − f",
    offered: EVERYWHERE,
  },
  layers: {
    value: { kind: "number", whole: true, min: 1, max: 64 },
    defaultNote: BY_THE_PLAN,
    help: "recurrent layers",
    offered: WITH_FIELD,
    label: "Layers",
  },
  hidden: {
    value: { kind: "numbers", each: SIZE, most: 64, example: "1150,1150,400" },
    defaultNote: BY_THE_PLAN,
    help: "width of the hidden state; or of each layer's, such as 1150,1150,400",
    offered: WITH_FIELD,
    label: "Hidden units",
  },
  embedding: {
    value: SIZE,
    defaultNote: "at most as wide as the last layer; char: 64",
    help: "width of the embedding",
    offered: EVERYWHERE,
  },
  tie: {
    value: { kind: "flag" },
    default: false,
    defaultNote: "words and byte pairs: on",
    belongsTo: { softmax: ["full", "sampled"] },
    help: "embedding and decoder share their weights, through a projection where the last layer is of another width",
    offered: EVERYWHERE,
  },
  residual: {
    value: { kind: "flag" },
    default: false,
    help: "from the second layer on, what the layer below says is added to a layer's output",
    offered: EVERYWHERE,
  },
  softmax: {
    value: { kind: "word", words: SOFTMAXES },
    default: "full",
    defaultNote: "sampled from 8,000 tokens on",
    help: "full, or for large vocabularies adaptive (rare tokens in clusters) or sampled (in training)",
    offered: EVERYWHERE,
    placeholder: "kind",
  },
  cutoffs: {
    value: { kind: "ascending", example: "2000,10000" },
    defaultNote: "by the counts",
    belongsTo: { softmax: ["adaptive"] },
    help: "of an adaptive softmax: the tokens where clusters begin",
    offered: EVERYWHERE,
  },
  mixtures: {
    value: { kind: "number", whole: true, min: 2, max: 64 },
    belongsTo: { softmax: ["full", "sampled"] },
    help: "so many softmaxes mixed in place of one, each as costly",
    offered: EVERYWHERE,
  },
  samples: {
    value: { kind: "number", whole: true, min: 1, max: 10_000_000 },
    default: 1024,
    unit: "tokens",
    belongsTo: { softmax: ["sampled"] },
    help: "of a sampled softmax: tokens drawn for a window",
    offered: EVERYWHERE,
  },
} as const satisfies OptionTable);

const REGULARISATION = /* @__PURE__ */ inGroup("Regularisation", {
  dropout: {
    value: PROBABILITY,
    defaultNote: "by how often the text is read",
    help: "probability, at all three places",
    offered: WITH_FIELD,
    placeholder: "p",
    label: "Dropout",
  },
  dropoutEmbedding: {
    value: PROBABILITY,
    defaultNote: "as dropout; char: 0 without it",
    help: "on the embedded input",
    offered: EVERYWHERE,
    placeholder: "p",
  },
  dropoutBetween: {
    value: PROBABILITY,
    defaultNote: "as dropout",
    help: "between layers",
    offered: EVERYWHERE,
    placeholder: "p",
  },
  dropoutOutput: {
    value: PROBABILITY,
    defaultNote: "as dropout",
    help: "on the last layer's output",
    offered: EVERYWHERE,
    placeholder: "p",
  },
  lockedDropout: {
    value: { kind: "flag" },
    default: true,
    help: "at the three places, one mask for all time steps of a window",
    offered: EVERYWHERE,
  },
  dropoutWords: {
    value: PROBABILITY,
    default: 0,
    help: "of a token's embedding: it is zero wherever the token stands in a window",
    offered: EVERYWHERE,
    placeholder: "p",
  },
  weightDrop: {
    value: PROBABILITY,
    default: 0,
    belongsTo: { cell: cellsThatReadState() },
    help: "of a recurrent weight: it is zero for a window",
    offered: EVERYWHERE,
    placeholder: "p",
  },
  dropoutState: {
    value: PROBABILITY,
    default: 0,
    belongsTo: { cell: cellsThatReadState() },
    help: "of an element of the state: the gates read it as zero for a window",
    offered: EVERYWHERE,
    placeholder: "p",
  },
  ar: {
    value: { kind: "number", min: 0, max: 1e6 },
    default: 0,
    help: "activation regularisation: this × mean h² of the last layer is added to the loss",
    offered: EVERYWHERE,
    placeholder: "alpha",
  },
  tar: {
    value: { kind: "number", min: 0, max: 1e6 },
    default: 0,
    help: "temporal activation regularisation: the same of the change of h from step to step",
    offered: EVERYWHERE,
    placeholder: "beta",
  },
  pastDecode: {
    value: { kind: "number", min: 0, max: 1e3 },
    belongsTo: { softmax: ["full", "sampled"] },
    help: "past-decode regularisation: this × the loss of decoding the last token from the prediction; tied weights",
    offered: EVERYWHERE,
    placeholder: "lambda",
  },
} as const satisfies OptionTable);

const TRAINING = /* @__PURE__ */ inGroup("Training", {
  epochs: {
    value: { kind: "number", whole: true, min: 1, max: 1e9 },
    defaultNote: BY_THE_TEXT,
    help: "passes over the text",
    offered: EVERYWHERE,
  },
  steps: {
    value: { kind: "number", whole: true, min: 1, max: 1e12 },
    help: "updates, in place of epochs",
    offered: EVERYWHERE,
  },
  maxMinutes: {
    value: { kind: "number", min: 0, max: 1e6, above: true },
    unit: "minutes",
    help: "time of the whole, reading and measuring included, in place of epochs",
    offered: WITH_FIELD,
    label: "Minutes",
  },
  batchSize: {
    value: SIZE,
    default: 32,
    defaultNote: "fewer for short texts",
    help: "sequences side by side",
    offered: WITH_FIELD,
    label: "Batch size",
  },
  seqLen: {
    value: SIZE,
    default: 35,
    defaultBy: { tokenizer: { char: 64 } },
    defaultNote: "fewer for short texts",
    help: "time steps of a window",
    offered: WITH_FIELD,
    label: "Sequence length",
  },
  varySeqLen: {
    value: { kind: "flag" },
    default: false,
    help: "draw every window's length around seq-len; running text only",
    offered: EVERYWHERE,
  },
  rotateStreams: {
    value: { kind: "flag" },
    default: false,
    help: "begin each stream at a drawn place in every epoch; running text only",
    offered: EVERYWHERE,
  },
  optimizer: {
    value: { kind: "word", words: OPTIMIZERS },
    default: "adabelief",
    help: "sgd, adam, adamw or adabelief; muon, for recurrent matrices, the rest as adamw; schedule-free",
    offered: EVERYWHERE,
  },
  updateRows: {
    value: { kind: "word", words: UPDATE_ROWS },
    default: "all",
    belongsTo: { optimizer: OF_ONE_ITERATE },
    help: "of embedding and decoder: all, or those that the window touched, the moments of others waiting",
    offered: EVERYWHERE,
    placeholder: "which",
  },
  lr: {
    value: { kind: "number", min: 0, max: 1e6, above: true },
    default: 0.004,
    defaultBy: { optimizer: { sgd: 1 } },
    defaultNote: "less for large models",
    help: "learning rate",
    offered: WITH_FIELD,
    label: "Learning rate",
  },
  momentum: {
    value: PROBABILITY,
    default: 0,
    belongsTo: { optimizer: ["sgd"] },
    help: "of sgd",
    offered: EVERYWHERE,
  },
  weightDecay: {
    value: { kind: "number", min: 0, max: 1e6 },
    default: 0,
    defaultBy: { optimizer: { adamw: 0.01, adabelief: 0.01, muon: 0.01, "schedule-free": 0.01 } },
    help: "how much weights shrink; sgd and adam: through the gradient, the others: by themselves",
    offered: EVERYWHERE,
  },
  schedule: {
    value: { kind: "word", words: SCHEDULES },
    default: "linear",
    defaultBy: { average: { "nt-asgd": "constant" }, optimizer: { "schedule-free": "constant" } },
    help: "constant, cosine, one-cycle, linear (to 0), trapezoid (constant, then to 0), or plateau: a quarter where validation stops improving",
    offered: EVERYWHERE,
  },
  warmup: {
    value: PROBABILITY,
    default: 0,
    defaultBy: { schedule: { linear: 0.05, trapezoid: 0.05 } },
    belongsTo: { schedule: ["constant", "cosine", "plateau", "linear", "trapezoid"] },
    help: "part of the run in which the rate rises; one-cycle has its own",
    offered: EVERYWHERE,
  },
  cooldown: {
    value: { kind: "number", min: 0, max: 1, above: true },
    default: 0.3,
    belongsTo: { schedule: ["trapezoid"] },
    help: "of trapezoid: the last part of the run, in which the rate falls to 0",
    offered: EVERYWHERE,
  },
  average: {
    value: { kind: "word", words: AVERAGES },
    default: "none",
    belongsTo: { optimizer: OF_ONE_ITERATE },
    help: "of weights, kept where it measures better: ema, tail (mean of the last part), nt-asgd (mean from when validation stops improving)",
    offered: EVERYWHERE,
    placeholder: "kind",
  },
  averageSpan: {
    value: { kind: "number", min: 0, max: 1, above: true },
    default: 0.05,
    defaultBy: { average: { tail: 0.25 } },
    belongsTo: { average: ["ema", "tail"] },
    help: "part of the run: the time constant of ema, the last part for tail",
    offered: EVERYWHERE,
  },
  averageEvery: {
    value: { kind: "number", whole: true, min: 1 },
    default: 20,
    unit: "updates",
    belongsTo: { average: ["ema", "tail", "nt-asgd"] },
    help: "updates between the weights that are averaged",
    offered: EVERYWHERE,
  },
  averageInterval: {
    value: { kind: "number", whole: true, min: 1, max: 1000 },
    default: 5,
    unit: "validations",
    belongsTo: { average: ["nt-asgd"] },
    help: "of nt-asgd: averages once a loss is above the lowest of all but the last so many",
    offered: EVERYWHERE,
  },
  clip: {
    value: { kind: "number", min: 0, max: 1e9 },
    default: 1,
    help: "largest norm of the gradient, 0 for none",
    offered: EVERYWHERE,
  },
  validateEvery: {
    value: { kind: "number", whole: true, min: 1 },
    defaultNote: "an epoch, or a tenth of a run limited by steps or time",
    unit: "updates",
    help: "updates between validations",
    offered: EVERYWHERE,
  },
  patience: {
    value: { kind: "number", whole: true, min: 1 },
    defaultNote: "never",
    unit: "validations",
    help: "end after so many validations in a row without a new best",
    offered: EVERYWHERE,
  },
  sampleEvery: {
    value: { kind: "number", whole: true, min: 0 },
    defaultNote: "never",
    unit: "updates",
    help: "updates between lines of what the model writes, 0 for none",
    offered: EVERYWHERE,
  },
  forgetBias: {
    value: { kind: "number", min: -20, max: 20 },
    defaultBy: { cell: FORGET_BIASES },
    belongsTo: { cell: cellsWithForgetGate() },
    help: "first bias of the forget gates: the higher, the longer they remember at first",
    offered: EVERYWHERE,
  },
  unigramBias: {
    value: { kind: "flag" },
    default: true,
    help: "first bias of each token: the logarithm of how often it occurs, in place of zero",
    offered: EVERYWHERE,
  },
  seed: {
    value: { kind: "number", whole: true, min: 0, max: Number.MAX_SAFE_INTEGER },
    default: 1,
    help: "same seed, same bits",
    offered: WITH_FIELD,
    label: "Seed",
  },
  precision: {
    value: { kind: "word", words: TRAIN_PRECISIONS },
    default: "f32",
    help: "of products: f32, or bf16, faster where the processor has AVX512_BF16",
    offered: EVERYWHERE,
  },
} as const satisfies OptionTable);

const WHERE = /* @__PURE__ */ inGroup("Where and how", {
  out: {
    value: { kind: "text" },
    defaultNote: "none: nothing is written",
    help: "the model's folder",
    offered: ON_NODE,
    placeholder: "folder",
  },
  resume: {
    value: { kind: "flag" },
    default: false,
    needs: "out",
    help: "go on where a stopped run in that folder ended",
    offered: ON_NODE,
  },
  overwrite: {
    value: { kind: "flag" },
    default: false,
    needs: "out",
    help: "replace the model in that folder",
    offered: ON_NODE,
  },
  checkpointSeconds: {
    value: { kind: "number", min: 0, max: 1e9 },
    default: 30,
    defaultNote: "in a page 15",
    unit: "seconds",
    help: "between checkpoints, besides those at validations",
    offered: EVERYWHERE,
  },
  ...ENGINE_CHOICE,
  onEvent: {
    value: { kind: "code", noun: "a function" },
    help: "called with every event",
    offered: ["library"],
  },
  signal: {
    value: { kind: "code", noun: "the signal of an AbortController", method: "addEventListener" },
    help: "ends the run after the step that it is in, with a checkpoint",
    offered: ["library"],
  },
} as const satisfies OptionTable);

/** All that `train` takes. */
export const TRAIN_OPTIONS = {
  ...TEXT,
  ...RECIPE,
  ...FINE_TUNING,
  ...inGroup("Tokens", TOKENIZER_OPTIONS),
  ...MODEL,
  ...REGULARISATION,
  ...TRAINING,
  ...WHERE,
} as const satisfies OptionTable;
