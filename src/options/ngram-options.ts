/** The options of n-gram models. */
import { inGroup, type OptionTable } from "./description.js";
import { READING_OPTIONS } from "./text-options.js";
import { NGRAM_TOKENIZERS, WORD_MODES } from "./words.js";

const EVERYWHERE = ["library", "command line"] as const;
const TYPED = ["command line"] as const;

const wordMode = {
  value: { kind: "word", words: WORD_MODES },
  default: "whitespace",
  belongsTo: { tokenizer: ["word"] },
  help: "how words are found: whitespace, or unicode: words and punctuation apart",
  offered: EVERYWHERE,
} as const;

/** What a file of n-grams that does not say so is made of. */
const measuredTokenizer = {
  value: { kind: "word", words: NGRAM_TOKENIZERS },
  default: "word",
  defaultNote: "a .ngram file says it itself",
  help: "what the n-grams are made of: word or char",
  offered: TYPED,
  placeholder: "kind",
} as const;

/** As it is found in the text of a file that says itself how. */
const measuredWordMode = { ...wordMode, defaultNote: measuredTokenizer.defaultNote } as const;

const model = {
  value: { kind: "text" },
  help: "cut the text into the tokens of this model, not into words",
  offered: TYPED,
  placeholder: "folder",
} as const;

/** What commands take to join a model with an n-gram model. */
export const INTERPOLATE_OPTIONS = /* @__PURE__ */ inGroup("Beside an n-gram model", {
  interpolate: {
    value: { kind: "text" },
    help: "mix the model's probabilities with those of this n-gram model (.arpa, .arpa.gz, .ngram)",
    offered: TYPED,
    placeholder: "file",
  },
  interpolateWeight: {
    value: { kind: "number", min: 0, max: 1 },
    default: 0.5,
    defaultNote: "or as it was fitted for this n-gram model",
    help: "the n-gram model's part of the probability",
    needs: "interpolate",
    offered: TYPED,
  },
} as const satisfies OptionTable);

/** All that `trainNgram` takes. */
export const NGRAM_OPTIONS = {
  order: {
    value: { kind: "number", whole: true, min: 1, max: 16 },
    default: 5,
    unit: "words",
    help: "length of the longest n-grams",
    offered: EVERYWHERE,
  },
  prune: {
    value: {
      kind: "numbers",
      each: { kind: "number", whole: true, min: 0 },
      most: 16,
      example: "0,0,1",
    },
    defaultNote: "none",
    help: "by length: leave out n-grams that occur so often or less; the last is for all longer ones",
    offered: EVERYWHERE,
  },
  tokenizer: {
    value: {
      kind: "word",
      words: NGRAM_TOKENIZERS,
      thing: { noun: "the tokenizer of a model", method: "encode" },
    },
    default: "word",
    help: "what n-grams are made of: word, or char: the characters of each line",
    offered: EVERYWHERE,
    placeholder: "kind",
  },
  wordMode,
  ...READING_OPTIONS,
  memory: {
    value: { kind: "number", whole: true, min: 1 },
    defaultNote: "half of the machine's",
    unit: "MiB",
    help: "memory to count in; what is more is sorted on the disk, in the system's folder of temporary files",
    offered: EVERYWHERE,
    placeholder: "MiB",
  },
  stdin: {
    value: { kind: "code", noun: "a readable stream", method: Symbol.asyncIterator },
    help: 'the stream that "-" stands for',
    offered: ["library"],
  },
  onNotice: {
    value: { kind: "code", noun: "a function" },
    help: "called with notices about the text",
    offered: ["library"],
  },
  signal: {
    value: { kind: "code", noun: "the signal of an AbortController", method: "addEventListener" },
    help: "ends the work with its reason",
    offered: ["library"],
  },
} as const satisfies OptionTable;

/** `recurra ngram train` */
export const NGRAM_TRAIN_COMMAND = {
  out: {
    value: { kind: "text" },
    required: true,
    help: "file to write: .arpa or .arpa.gz, which others read, or .ngram, which loads at once",
    offered: TYPED,
    placeholder: "file",
  },
  overwrite: {
    value: { kind: "flag" },
    default: false,
    help: "replace the file that is there",
    offered: TYPED,
  },
  ...NGRAM_OPTIONS,
  model,
  json: { value: { kind: "flag" }, default: false, help: "one object of JSON", offered: TYPED },
} as const satisfies OptionTable;

/** `recurra ngram eval` */
export const NGRAM_EVAL_COMMAND = {
  tokenizer: measuredTokenizer,
  wordMode: measuredWordMode,
  model,
  ...READING_OPTIONS,
  json: { value: { kind: "flag" }, default: false, help: "one object of JSON", offered: TYPED },
} as const satisfies OptionTable;

/** `recurra ngram query` */
export const NGRAM_QUERY_COMMAND = {
  tokenizer: measuredTokenizer,
  wordMode: measuredWordMode,
  model,
  encoding: READING_OPTIONS.encoding,
  json: { value: { kind: "flag" }, default: false, help: "a line of JSON for each sentence", offered: TYPED },
} as const satisfies OptionTable;
