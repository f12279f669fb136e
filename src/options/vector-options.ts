/** The options of making vectors of texts, and of looking for the nearest. */
import { inGroup, type OptionTable } from "./description.js";
import { READING_OPTIONS } from "./text-options.js";
import { POOLS } from "./words.js";

const EVERYWHERE = ["library", "browser", "command line"] as const;
const ON_NODE = ["library", "command line"] as const;

/** What vectors have in common, and is taken out of them. */
const COMMON_PART = {
  centre: {
    value: { kind: "flag" },
    default: false,
    help: "subtract the mean of all vectors",
    offered: EVERYWHERE,
  },
  components: {
    value: { kind: "number", whole: true, min: 0, max: 100 },
    default: 0,
    help: "take out the first principal components of all vectors",
    offered: EVERYWHERE,
  },
} as const satisfies OptionTable;

/** How a text becomes a vector. */
const POOLING = {
  pool: {
    value: { kind: "word", words: POOLS },
    default: "mean",
    help: "of the states of a text's tokens: last, mean, max, concat (the three side by side), or sif, the mean with less weight on frequent tokens",
    offered: EVERYWHERE,
    placeholder: "how",
  },
  sifA: {
    value: { kind: "number", min: 0, above: true },
    default: 0.001,
    belongsTo: { pool: ["sif"] },
    help: "a of the weights a / (a + p) of tokens with the probability p",
    offered: EVERYWHERE,
  },
  ...COMMON_PART,
} as const satisfies OptionTable;

const HEARD = {
  onNotice: {
    value: { kind: "code", noun: "a function" },
    help: "called with notices, such as where the probabilities of tokens come from",
    offered: ["library"],
  },
  onProgress: {
    value: { kind: "code", noun: "a function" },
    help: "called with the number of texts that were read",
    offered: ["library"],
  },
  signal: {
    value: { kind: "code", noun: "the signal of an AbortController", method: "addEventListener" },
    help: "ends the work with its reason",
    offered: ["library"],
  },
} as const satisfies OptionTable;

/** All that `embed` takes besides the texts. */
export const EMBED_OPTIONS = {
  ...inGroup("What a vector is", {
    ...POOLING,
    unit: {
      value: { kind: "flag" },
      default: true,
      help: "vectors of length 1",
      offered: EVERYWHERE,
    },
  } as const satisfies OptionTable),
  ...HEARD,
} as const satisfies OptionTable;

const NEIGHBOURS = {
  neighbours: {
    value: { kind: "number", whole: true, min: 1, max: 10_000 },
    default: 10,
    help: "how many to find at most",
    offered: ON_NODE,
    letter: "k",
  },
} as const satisfies OptionTable;

/** All that `similarTokens` takes besides model and word. */
export const SIMILAR_TOKEN_OPTIONS = { ...NEIGHBOURS, ...COMMON_PART } as const satisfies OptionTable;

/** All that the search of an index takes besides the queries. */
export const SEARCH_OPTIONS = { ...NEIGHBOURS, signal: HEARD.signal } as const satisfies OptionTable;

/** All that `openIndex` takes besides the model and the corpus. */
export const INDEX_OPTIONS = {
  ...inGroup("The index", {
    index: {
      value: { kind: "text" },
      help: "folder in which the vectors of the lines are kept: lines that come later are added",
      offered: ON_NODE,
      placeholder: "folder",
    },
    rebuild: {
      value: { kind: "flag" },
      default: false,
      needs: "index",
      help: "make the index anew, whatever it is of",
      offered: ON_NODE,
    },
    ...READING_OPTIONS,
  } as const satisfies OptionTable),
  ...inGroup("What a vector is", {
    ...POOLING,
    pool: { ...POOLING.pool, defaultNote: "or as the index has it" },
    sifA: { ...POOLING.sifA, defaultNote: "or as the index has it" },
    components: { ...POOLING.components, defaultNote: "or as the index has it" },
  } as const satisfies OptionTable),
  ...HEARD,
  onProgress: {
    ...HEARD.onProgress,
    help: "called with the bytes of the corpus that were read, of how many",
  },
} as const satisfies OptionTable;
