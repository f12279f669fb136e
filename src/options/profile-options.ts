/** The options of learning from what a person writes, and of profiles, which keep it. */
import { FOLLOW_OPTIONS } from "./adapt-options.js";
import { inGroup, type OptionDescription, type OptionTable } from "./description.js";

const EVERYWHERE = ["library", "command line"] as const;

/** A profile by name, which lies in the model's folder, or by path. */
const PROFILE = {
  value: { kind: "text" },
  offered: EVERYWHERE,
  placeholder: "name",
} as const;

/** Of what reads or writes with a model. */
export const PROFILE_OPTION = {
  ...PROFILE,
  help: "what was learned from a person's text (recurra adapt): its name, or the path of its file",
} as const satisfies OptionDescription;

/** What can be said of learning. */
const LEARNING = {
  method: {
    value: FOLLOW_OPTIONS.dynamicMethod.value,
    default: "sgd",
    help: "sgd; or rms, by the size of each weight's gradient, which tuning dynamic evaluation gathers",
    offered: EVERYWHERE,
  },
  rate: {
    value: FOLLOW_OPTIONS.dynamicRate.value,
    defaultBy: { method: { sgd: 0.1, rms: 0.0002 } },
    help: "learning rate of a step",
    offered: EVERYWHERE,
  },
  decay: {
    value: { kind: "number", min: 0, max: 1 },
    defaultBy: { method: { sgd: 0.0002, rms: 0.0002 } },
    help: "how far each step goes back to the trained weights: 0 forgets nothing",
    offered: EVERYWHERE,
  },
  segment: {
    value: FOLLOW_OPTIONS.dynamicSegment.value,
    default: 20,
    unit: "tokens",
    help: "tokens that are read between two steps",
    offered: EVERYWHERE,
  },
  epsilon: {
    value: FOLLOW_OPTIONS.dynamicEpsilon.value,
    default: 1,
    belongsTo: { method: ["rms"] },
    help: "added to each gradient's size, in parts of their mean",
    offered: EVERYWHERE,
  },
  rank: {
    value: { kind: "number", whole: true, min: 1, max: 64 },
    default: 32,
    help: "rank of what is kept of a matrix's change: more keeps more of it, in a larger file",
    offered: EVERYWHERE,
  },
} as const satisfies OptionTable;

/** All that `adapt` takes besides a text. */
export const LEARN_OPTIONS = {
  profile: {
    ...PROFILE,
    help: "profile that goes on learning, or is made: a name, kept in the model's folder, or the path of a file",
  },
  ...inGroup("How it learns", LEARNING),
  checkpointSeconds: {
    value: { kind: "number", min: 0, max: 1e9 },
    default: 30,
    unit: "seconds",
    help: "while more is read, what was learned is kept so often; 0: after every piece of the text",
    offered: EVERYWHERE,
  },
  onProgress: {
    value: { kind: "code", noun: "a function" },
    help: "called with what was read so far, and the bits per character with and without learning",
    offered: ["library"],
  },
  signal: {
    value: { kind: "code", noun: "the signal of an AbortController", method: "addEventListener" },
    help: "ends the reading early; what was learned by then is kept",
    offered: ["library"],
  },
} as const satisfies OptionTable;

/** All that `mergeProfiles` takes besides the model and the profiles. */
export const MERGE_PROFILES_OPTIONS = {
  into: {
    ...PROFILE,
    required: true,
    help: "the profile to make: its name, or the path of a file",
  },
  weights: {
    value: {
      kind: "numbers",
      each: { kind: "number", min: -10, max: 10 },
      most: 1000,
      example: "0.5,1",
    },
    defaultNote: "one over their number: the mean",
    help: "how much of each, in their order; one number is that of all",
    offered: EVERYWHERE,
  },
  overwrite: {
    value: { kind: "flag" },
    default: false,
    help: "replace the profile that is there",
    offered: EVERYWHERE,
  },
} as const satisfies OptionTable;

/** All that `exportProfile` takes besides the model and the profile. */
export const EXPORT_PROFILE_OPTIONS = {
  out: {
    value: { kind: "text" },
    required: true,
    help: "folder for the model",
    offered: EVERYWHERE,
    placeholder: "folder",
  },
  overwrite: {
    value: { kind: "flag" },
    default: false,
    help: "replace the model that is there",
    offered: EVERYWHERE,
  },
} as const satisfies OptionTable;

/** `recurra profile list` */
export const PROFILE_LIST_COMMAND = {
  json: {
    value: { kind: "flag" },
    default: false,
    help: "a line of JSON for each profile, with its points",
    offered: ["command line"],
  },
} as const satisfies OptionTable;
