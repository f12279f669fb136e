/**
 * Recipes: sets of options of training with a name. Every option that is given stands above its recipe's. Their names
 * stand in words.ts, so that help and checks need not load this table.
 */
import type { OptionTable, ValueOf } from "./description.js";
import { TRAIN_OPTIONS } from "./train-options.js";
import type { RECIPE_NAMES } from "./words.js";

/** Options of one run's files and place, which no recipe sets. */
const OF_ONE_RUN = [
  "inputs",
  "text",
  "valid",
  "test",
  "encoding",
  "field",
  "recipe",
  "from",
  "layerDecay",
  "unfreezeEvery",
  "compareScratch",
  "out",
  "resume",
  "overwrite",
  "checkpointSeconds",
  "threads",
  "engine",
  "onEvent",
  "signal",
] as const satisfies readonly (keyof typeof TRAIN_OPTIONS)[];

type RecipeOptionName = Exclude<keyof typeof TRAIN_OPTIONS, (typeof OF_ONE_RUN)[number]>;

/** The options that a recipe may set. */
export const RECIPE_OPTIONS = /* @__PURE__ */ Object.fromEntries(
  Object.entries(TRAIN_OPTIONS as OptionTable).filter(
    ([name]) => !(OF_ONE_RUN as readonly string[]).includes(name),
  ),
);

export type RecipeOptions = {
  readonly [Name in RecipeOptionName]?: ValueOf<(typeof TRAIN_OPTIONS)[Name]>;
};

/** A set of options. */
export interface Recipe {
  /** Default: "own", or the name of its file. */
  readonly name?: string;
  /** The text and the wish that it is for. */
  readonly purpose?: string;
  /** How long it takes, and where. */
  readonly time?: string;
  /** What it reaches, measured how, or published where. */
  readonly figure?: string;
  readonly options: RecipeOptions;
}

export type RecipeName = (typeof RECIPE_NAMES)[number];

/** How most programs train: no default of ours that a published recipe does not name. */
const PLAIN = { unigramBias: false, lockedDropout: false } as const satisfies RecipeOptions;

/** The settings of PyTorch's word-language-model example, but for the size and the dropout. */
const PYTORCH_WORD_LM = {
  ...PLAIN,
  tokenizer: "word",
  cell: "lstm",
  layers: 2,
  tie: true,
  softmax: "full",
  optimizer: "sgd",
  lr: 20,
  schedule: "plateau",
  clip: 0.25,
  batchSize: 20,
  seqLen: 35,
  epochs: 40,
} as const satisfies RecipeOptions;

/** AWD-LSTM's model and penalties (Merity et al., 2018), as its authors' program has them for WikiText-2. */
const AWD_LSTM = {
  ...PLAIN,
  tokenizer: "word",
  cell: "lstm",
  hidden: [1150, 1150, 400],
  embedding: 400,
  tie: true,
  softmax: "full",
  lockedDropout: true,
  dropoutWords: 0.1,
  ar: 2,
  tar: 1,
  weightDecay: 1.2e-6,
  seqLen: 70,
  varySeqLen: true,
} as const satisfies RecipeOptions;

/** All that decides a short run's course, so that its figure stays; docs/figures.json has it. */
const QUICK = {
  ...PLAIN,
  cell: "lstm",
  layers: 1,
  optimizer: "adamw",
  weightDecay: 0.01,
  schedule: "one-cycle",
  clip: 1,
  seed: 1,
} as const satisfies RecipeOptions;

/** The recipes by name. */
export const RECIPES: Readonly<Record<RecipeName, Recipe>> = {
  quick: {
    purpose: "characters: to see within a minute that it learns, and that all is in order",
    time: "1,000 updates, about ten seconds on two cores",
    figure: "Moby-Dick, held-out tenth: 2.779 bits per character",
    options: {
      ...QUICK,
      tokenizer: "char",
      hidden: 128,
      embedding: 64,
      tie: false,
      softmax: "full",
      dropout: 0,
      lr: 0.004,
      batchSize: 32,
      seqLen: 64,
      steps: 1000,
    },
  },
  "quick-words": {
    purpose: "words: the same, with what keeps larger models from learning by heart",
    time: "500 updates, about ten seconds on two cores",
    figure: "Moby-Dick, held-out tenth: perplexity 206.8 a word, 1.757 bits per character",
    options: {
      ...QUICK,
      tokenizer: "word",
      wordMode: "unicode",
      hidden: 200,
      embedding: 100,
      tie: true,
      softmax: "sampled",
      samples: 1024,
      dropout: 0.2,
      lockedDropout: true,
      weightDrop: 0.2,
      average: "ema",
      lr: 0.006,
      batchSize: 20,
      seqLen: 35,
      rotateStreams: true,
      steps: 500,
    },
  },
  "pytorch-word-lm": {
    purpose:
      "words: PyTorch's word-language-model example as it stands, to compare with (Zaremba et al., 2014)",
    time: "40 epochs, each in about half of the time that PyTorch takes",
    figure: "WikiText-2: validation perplexity 232.1 after one epoch (PyTorch's own: 235.4)",
    options: { ...PYTORCH_WORD_LM, hidden: 200, embedding: 200, dropout: 0.2 },
  },
  "pytorch-word-lm-650": {
    purpose: "words: the same example in its medium size, with more dropout, for hours",
    time: "40 epochs, each with four times the multiplications of pytorch-word-lm",
    figure: "published with the example: test perplexity 75.96 on Penn Treebank",
    options: { ...PYTORCH_WORD_LM, hidden: 650, embedding: 650, dropout: 0.5 },
  },
  "awd-lstm": {
    purpose: "words: AWD-LSTM (Merity et al., 2018) with the settings for WikiText-2; for hundreds of passes",
    time: "750 epochs; below some forty the plain recipes are ahead of it",
    figure: "published: WikiText-2 validation perplexity 68.7, test 65.6",
    options: {
      ...AWD_LSTM,
      dropoutEmbedding: 0.65,
      dropoutBetween: 0.2,
      dropoutOutput: 0.4,
      weightDrop: 0.5,
      optimizer: "sgd",
      lr: 30,
      clip: 0.25,
      batchSize: 80,
      average: "nt-asgd",
      averageEvery: 1,
      epochs: 750,
    },
  },
  "awd-lstm-one-cycle": {
    purpose:
      "words: AWD-LSTM in 90 epochs, after fastai's (Gugger, 2018), whose schedule and momentum differ somewhat",
    time: "90 epochs",
    figure: "published for fastai's own: WikiText-2 validation perplexity 68.7, test 65.5",
    options: {
      ...AWD_LSTM,
      ar: 3,
      tar: 1.5,
      dropoutEmbedding: 0.6,
      dropoutBetween: 0.2,
      dropoutOutput: 0.4,
      weightDrop: 0.5,
      optimizer: "adam",
      lr: 0.005,
      schedule: "one-cycle",
      clip: 0.12,
      batchSize: 100,
      epochs: 90,
    },
  },
  "mogrifier-lstm": {
    purpose:
      "words: the Mogrifier LSTM of the least perplexity published for WikiText-2 (Melis et al., 2020), after the authors' program; 35 million weights",
    time: "200,000 updates: days",
    figure: "published: WikiText-2 test perplexity 55.1, and 38.6 with dynamic evaluation",
    options: {
      ...PLAIN,
      tokenizer: "word",
      cell: "mogrifier",
      mogrifierRounds: 6,
      mogrifierRank: 48,
      inputGate: "capped",
      forgetBias: 1,
      layers: 2,
      hidden: 1360,
      embedding: 272,
      tie: true,
      residual: true,
      softmax: "full",
      mixtures: 2,
      lockedDropout: true,
      dropoutEmbedding: 0.547,
      dropoutBetween: 0.199,
      dropoutState: 0.221,
      dropoutOutput: 0.348,
      optimizer: "adam",
      weightDecay: 1.9e-4,
      lr: 0.00329,
      schedule: "constant",
      clip: 10,
      batchSize: 64,
      seqLen: 70,
      average: "tail",
      averageSpan: 0.2,
      validateEvery: 2000,
      steps: 200_000,
    },
  },
};
