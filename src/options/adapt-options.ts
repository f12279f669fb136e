/** How a model follows what it reads: neural cache, dynamic evaluation, softmax temperature; and how these are tuned. */
import { inGroup, type OptionTable } from "./description.js";
import { DYNAMIC_METHODS } from "./words.js";

const EVERYWHERE = ["library", "command line"] as const;

/** What a model that writes may do. */
export const FOLLOW_OPTIONS = /* @__PURE__ */ inGroup("Following the text", {
  cache: {
    value: { kind: "flag" },
    default: false,
    help: "a neural cache of what it has read",
    offered: EVERYWHERE,
  },
  cacheWindow: {
    value: { kind: "number", whole: true, min: 1, max: 1_000_000 },
    default: 2000,
    defaultNote: "or as tuned",
    unit: "tokens",
    help: "how far back the cache reaches",
    needs: "cache",
    offered: EVERYWHERE,
  },
  cacheTheta: {
    value: { kind: "number", min: 0, max: 1e6 },
    default: 0.3,
    defaultNote: "or as tuned",
    help: "how much more alike places count",
    needs: "cache",
    offered: EVERYWHERE,
  },
  cacheLambda: {
    value: { kind: "number", min: 0, max: 1, below: true },
    default: 0.1,
    defaultNote: "or as tuned",
    help: "the cache's part of the probability",
    needs: "cache",
    offered: EVERYWHERE,
  },
  dynamic: {
    value: { kind: "flag" },
    default: false,
    help: "dynamic evaluation: it learns from what it has read",
    offered: EVERYWHERE,
  },
  dynamicMethod: {
    value: { kind: "word", words: DYNAMIC_METHODS },
    default: "sgd",
    defaultNote: "or as tuned",
    help: "sgd; or rms, by the size of each weight's gradient, which tuning gathers",
    needs: "dynamic",
    offered: EVERYWHERE,
  },
  dynamicRate: {
    value: { kind: "number", min: 0, max: 1e6 },
    defaultBy: { dynamicMethod: { sgd: 0.2, rms: 0.0002 } },
    defaultNote: "or as tuned",
    help: "learning rate of a step",
    needs: "dynamic",
    offered: EVERYWHERE,
  },
  dynamicDecay: {
    value: { kind: "number", min: 0, max: 1e6 },
    defaultBy: { dynamicMethod: { sgd: 0.005, rms: 0.002 } },
    defaultNote: "or as tuned",
    help: "how far each step goes back to the trained weights",
    needs: "dynamic",
    offered: EVERYWHERE,
  },
  dynamicSegment: {
    value: { kind: "number", whole: true, min: 1, max: 10_000 },
    default: 20,
    defaultNote: "or as tuned",
    unit: "tokens",
    help: "tokens that are read between two steps",
    needs: "dynamic",
    offered: EVERYWHERE,
  },
  dynamicEpsilon: {
    value: { kind: "number", min: 0, max: 1e6 },
    default: 1,
    defaultNote: "or as tuned",
    help: "rms: added to each gradient's size, in parts of their mean",
    needs: "dynamic",
    offered: EVERYWHERE,
  },
} as const satisfies OptionTable);

/** Of the whole distribution, wherever a model reads. */
export const SOFTMAX_TEMPERATURE = {
  value: { kind: "number", min: 0.01, max: 100 },
  default: 1,
  help: "of the softmax: above 1 less sure, below 1 more",
  offered: EVERYWHERE,
} as const;

/** All that `adapt` takes. */
export const ADAPT_OPTIONS = {
  ...inGroup("Following the text", {
    temperature: { ...SOFTMAX_TEMPERATURE, defaultNote: "or as tuned" },
  } as const satisfies OptionTable),
  ...FOLLOW_OPTIONS,
} as const satisfies OptionTable;

/** How it is tuned. */
export const TUNING_OPTIONS = /* @__PURE__ */ inGroup("Following the text", {
  tuneTokens: {
    value: { kind: "number", whole: true, min: 100 },
    default: 30_000,
    unit: "tokens",
    help: "how much of the tuning text is read",
    offered: EVERYWHERE,
  },
  overwrite: {
    value: { kind: "flag" },
    default: false,
    help: "replace also what was tuned on more tokens, or with fewer options given",
    offered: EVERYWHERE,
  },
} as const satisfies OptionTable);
