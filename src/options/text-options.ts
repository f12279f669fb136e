/** Options of texts: how files are read, and tokenizers made. */
import type { OptionTable } from "./description.js";
import { ENCODINGS, TOKENIZERS, WORD_MODES } from "./words.js";

export const ENCODING = {
  value: { kind: "word", words: ENCODINGS },
  default: "utf-8",
  help: "of the bytes: utf-8 or latin1",
  offered: ["library", "command line"],
} as const satisfies OptionTable[string];

export const STDIN = {
  value: { kind: "code", noun: "a readable stream", method: Symbol.asyncIterator },
  help: 'the stream that "-" stands for',
  offered: ["library"],
} as const satisfies OptionTable[string];

/** How files become text. */
export const READING_OPTIONS = {
  encoding: ENCODING,
  field: {
    value: { kind: "text" },
    default: "text",
    help: "column of a table (.jsonl, .csv, .tsv, .parquet) that holds the text",
    offered: ["library", "command line"],
    placeholder: "name",
  },
} as const satisfies OptionTable;

/** How files become texts with labels. */
export const LABELLED_OPTIONS = {
  ...READING_OPTIONS,
  label: {
    value: { kind: "text" },
    default: "label",
    help: "column of a table that holds the label",
    offered: ["library", "command line"],
    placeholder: "name",
  },
  stdin: STDIN,
} as const satisfies OptionTable;

/** Which tokenizer, and how it is made. */
export const TOKENIZER_OPTIONS = {
  tokenizer: {
    value: {
      kind: "word",
      words: TOKENIZERS,
      labels: { char: "Characters", word: "Words", bpe: "Byte pairs" },
    },
    default: "char",
    help: "char, word or bpe",
    offered: ["library", "browser", "command line", "page"],
    placeholder: "kind",
    label: "Learn it by",
  },
  vocabSize: {
    value: { kind: "number", whole: true, min: 2, max: 10_000_000 },
    defaultBy: { tokenizer: { bpe: 4096 } },
    defaultNote: "else all there are",
    unit: "tokens",
    help: "most tokens; rarer ones become <unk> (bpe: split)",
    offered: ["library", "browser", "command line", "page"],
    label: "Vocabulary",
  },
  minCount: {
    value: { kind: "number", whole: true, min: 1 },
    default: 1,
    defaultBy: { tokenizer: { word: 2, bpe: 2 } },
    help: "rarer characters or words become <unk>; bpe: rarer pairs are not merged",
    offered: ["library", "browser", "command line"],
  },
  wordMode: {
    value: { kind: "word", words: WORD_MODES },
    default: "whitespace",
    belongsTo: { tokenizer: ["word"] },
    help: "whitespace, or unicode: words and punctuation apart",
    offered: ["library", "browser", "command line"],
    placeholder: "mode",
  },
} as const satisfies OptionTable;

/** All that `trainTokenizer` takes besides the kind. */
export const TRAIN_TOKENIZER_OPTIONS = {
  vocabSize: TOKENIZER_OPTIONS.vocabSize,
  minCount: TOKENIZER_OPTIONS.minCount,
  wordMode: TOKENIZER_OPTIONS.wordMode,
  lines: {
    value: { kind: "flag" },
    default: false,
    help: "for independent lines: <bos> and <eos> are tokens, the newline is none",
    offered: ["library"],
  },
  onNotice: {
    value: { kind: "code", noun: "a function" },
    help: "called with notices about the vocabulary",
    offered: ["library"],
  },
  onProgress: {
    value: { kind: "code", noun: "a function" },
    help: "called with the progress; an error that it throws ends the work",
    offered: ["library"],
  },
} as const satisfies OptionTable;
