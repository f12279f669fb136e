/**
 * The words that options accept, each list once. Other folders take the lists and their types from here, so that help,
 * forms and checks need to load nothing else.
 */

/** The nonlinearities of an Elman cell. */
export const NONLINEARITIES = ["tanh", "relu"] as const;
/** The input gates of an LSTM. */
export const INPUT_GATES = ["free", "capped"] as const;
/** How the probabilities of all tokens are normalised, and learned. */
export const SOFTMAXES = ["full", "adaptive", "sampled"] as const;
/** The kinds of tokenizer. */
export const TOKENIZERS = ["char", "word", "bpe"] as const;
/** What n-grams are made of, besides a model's tokens. */
export const NGRAM_TOKENIZERS = ["word", "char"] as const;
/** How words are found. */
export const WORD_MODES = ["whitespace", "unicode"] as const;
/** The encodings that a text may have. */
export const ENCODINGS = ["utf-8", "latin1"] as const;
/** The optimizers there are. */
export const OPTIMIZERS = ["sgd", "adam", "adamw", "adabelief", "muon", "schedule-free"] as const;
/** Which rows of embedding and decoder an update is of. */
export const UPDATE_ROWS = ["all", "touched"] as const;
/** The schedules of the learning rate. */
export const SCHEDULES = ["constant", "cosine", "one-cycle", "plateau", "linear", "trapezoid"] as const;
/** The averages of weights there are. */
export const AVERAGES = ["none", "ema", "tail", "nt-asgd"] as const;
/** The precisions of training: float32; or float32 with the operands of its products rounded to bfloat16. */
export const TRAIN_PRECISIONS = ["f32", "bf16"] as const;
/** The precisions an engine can be created with: its own format, or float32 with products of bfloat16 in training. */
export const ENGINE_PRECISIONS = ["f32", "f64", "bf16"] as const;
/** The engines there are on Node. */
export const ENGINES = ["native", "wasm", "reference"] as const;
/** The recipes there are; see recipes.ts. */
export const RECIPE_NAMES = [
  "quick",
  "quick-words",
  "pytorch-word-lm",
  "pytorch-word-lm-650",
  "awd-lstm",
  "awd-lstm-one-cycle",
  "mogrifier-lstm",
] as const;
/** The steps of dynamic evaluation: by the gradient, or by the gradient over the root of its mean square. */
export const DYNAMIC_METHODS = ["rms", "sgd"] as const;
/** The forms of lists of a recogniser's hypotheses; auto: by what a file or folder holds. */
export const LIST_FORMS = ["auto", "json", "kaldi", "srilm", "espnet"] as const;
/** What becomes of letters before texts are compared. */
export const LETTER_CASES = ["keep", "lower", "upper"] as const;
/** What the matrices of an acoustic model hold. */
export const MATRIX_VALUES = ["log-probabilities", "probabilities", "logits"] as const;
/** Where a suggestion ends. */
export const UNTIL = ["word", "line", "tokens"] as const;
/** How is told what each piece of a text did. */
export const EXPLAIN_METHODS = ["erasure", "gradient", "integrated"] as const;
/** The chapters of a look into a model. */
export const LOOK_CHAPTERS = ["surprise", "why", "units", "gates", "memory", "lens", "words"] as const;
/** The pieces of a text. */
export const PIECES = ["word", "token"] as const;
/** How the states of a text's tokens become one vector. */
export const POOLS = ["last", "mean", "max", "concat", "sif"] as const;
/** Those of a classifier, which needs no probabilities of tokens. */
export const CLASSIFIER_POOLS = ["last", "mean", "max", "concat"] as const;
/** How much a label's texts count in training a classifier. */
export const CLASS_WEIGHTS = ["none", "balanced"] as const;
