/** The options of evaluating, scoring, quantizing and exporting, and of the commands. */
import { ADAPT_OPTIONS, FOLLOW_OPTIONS, SOFTMAX_TEMPERATURE, TUNING_OPTIONS } from "./adapt-options.js";
import { COMPLETE_OPTIONS } from "./complete-options.js";
import { CTC_OPTIONS } from "./decode-options.js";
import { inGroup, type OptionTable } from "./description.js";
import { BEAM_OPTIONS, GENERATE_OPTIONS } from "./generate-options.js";
import { ENGINE_OPTIONS } from "./engine-options.js";
import { EXPLAIN_OPTIONS } from "./explain-options.js";
import { LOOK_OPTIONS } from "./look-options.js";
import { REPLACE_FILE } from "./replace-file.js";
import { STUDY_OPTIONS } from "./study-options.js";
import { RESCORE_OPTIONS } from "./rescore-options.js";
import { ENCODING, READING_OPTIONS, STDIN } from "./text-options.js";
import { INTERPOLATE_OPTIONS } from "./ngram-options.js";
import { LEARN_OPTIONS, PROFILE_OPTION } from "./profile-options.js";
import { MEMORISED_OPTIONS, PLANT_OPTIONS } from "./memorised-options.js";
import { TRAIN_OPTIONS } from "./train-options.js";
import { EMBED_OPTIONS, INDEX_OPTIONS, SEARCH_OPTIONS } from "./vector-options.js";

const TYPED = ["command line"] as const;

const PROFILE = { ...PROFILE_OPTION, offered: TYPED } as const;

const INPUT_ENCODING = { ...ENCODING, help: "of standard input: utf-8 or latin1", offered: TYPED } as const;

const json = <Help extends string>(help: Help) =>
  ({ value: { kind: "flag" }, default: false, help, offered: TYPED }) as const;

/** Where inputs come from, and what is heard of the work on them. */
const INPUTS = {
  stdin: STDIN,
  onNotice: {
    value: { kind: "code", noun: "a function" },
    help: "called with notices about the text",
    offered: ["library"],
  },
  onProgress: {
    value: { kind: "code", noun: "a function" },
    help: "called with the number of tokens measured",
    offered: ["library"],
  },
  signal: {
    value: { kind: "code", noun: "the signal of an AbortController", method: "addEventListener" },
    help: "ends the measurement early",
    offered: ["library"],
  },
} as const satisfies OptionTable;

/** All that `evaluateInputs` takes. */
export const EVALUATE_OPTIONS = {
  batchSize: {
    value: { kind: "number", whole: true, min: 1, max: 65_536 },
    default: 1,
    defaultNote: "exact",
    help: "streams that running text is cut into, faster but each begins without context",
    offered: ["library", "command line"],
  },
  ...READING_OPTIONS,
  ...INPUTS,
} as const satisfies OptionTable;

/** All that `measureCompletion` takes. */
export const MEASURE_COMPLETION_OPTIONS = {
  completionWords: {
    value: { kind: "number", whole: true, min: 1 },
    default: 1000,
    needs: "completion",
    unit: "words",
    help: "words to complete, spread evenly over the text",
    offered: ["library", "command line"],
  },
  ...READING_OPTIONS,
  ...INPUTS,
  onProgress: { ...INPUTS.onProgress, help: "called with the number of words completed, of how many" },
} as const satisfies OptionTable;

/** All that `tune` takes besides the model and its inputs. */
export const TUNE_OPTIONS = {
  ...READING_OPTIONS,
  ...INPUTS,
  onProgress: { ...INPUTS.onProgress, help: "called with what is tried, and how far it is" },
  ...ADAPT_OPTIONS,
  ...TUNING_OPTIONS,
} as const satisfies OptionTable;

/** All that `fitInterpolation` takes besides the models and its inputs. */
export const FIT_INTERPOLATION_OPTIONS = {
  ...READING_OPTIONS,
  stdin: INPUTS.stdin,
  onNotice: INPUTS.onNotice,
  signal: INPUTS.signal,
  ...TUNING_OPTIONS,
} as const satisfies OptionTable;

/** All that `quantize` takes. */
export const QUANTIZE_OPTIONS = {
  out: {
    value: { kind: "text" },
    required: true,
    help: "folder for the quantized model",
    offered: ["library", "command line"],
    placeholder: "folder",
  },
  overwrite: {
    value: { kind: "flag" },
    default: false,
    help: "replace the model that is there",
    offered: ["library", "command line"],
  },
  ...ENGINE_OPTIONS,
} as const satisfies OptionTable;

/** `recurra train` */
export const TRAIN_COMMAND = {
  ...TRAIN_OPTIONS,
  out: { ...TRAIN_OPTIONS.out, defaultNote: "<name of the text>.model" },
  ...inGroup("Where and how", { json: json("every event as a line of JSON, and nothing else") }),
} as const satisfies OptionTable;

/** `recurra generate` */
export const GENERATE_COMMAND = {
  ...GENERATE_OPTIONS,
  prompt: {
    ...GENERATE_OPTIONS.prompt,
    help: "text to go on from; \\n is a newline, \\t a tab, \\\\ a backslash",
  },
  stop: { ...GENERATE_OPTIONS.stop, help: "end before this text, written as the prompt is" },
  ...inGroup("What to write", {
    prompts: {
      value: { kind: "text" },
      help: "file of prompts, a line each, or records with a field prompt (.jsonl); - for standard input",
      offered: TYPED,
      placeholder: "file",
    },
    out: {
      value: { kind: "text" },
      help: "file to write to, once all is written, in place of the terminal",
      offered: TYPED,
      placeholder: "file",
    },
    overwrite: REPLACE_FILE,
  } as const satisfies OptionTable),
  ...inGroup("The most probable texts", {
    beams: BEAM_OPTIONS.beams,
    bestOf: {
      value: GENERATE_OPTIONS.samples.value,
      help: "draw so many texts of each prompt, and write the most probable of them",
      offered: TYPED,
      placeholder: "n",
    },
    lengthPenalty: { ...BEAM_OPTIONS.lengthPenalty, needs: ["beams", "bestOf"] },
  } as const satisfies OptionTable),
  ...FOLLOW_OPTIONS,
  ...INTERPOLATE_OPTIONS,
  ...inGroup("How", {
    profile: PROFILE,
    ...ENGINE_OPTIONS,
    json: json("a line of JSON for each sample, with seed and log-probability"),
  }),
} as const satisfies OptionTable;

/** `recurra eval` */
export const EVAL_COMMAND = {
  ...EVALUATE_OPTIONS,
  ...ENGINE_OPTIONS,
  ...ADAPT_OPTIONS,
  ...inGroup("Following the text", {
    tune: {
      value: { kind: "texts", example: "valid.txt" },
      help: "find the settings of what is switched on, on this text, and keep them with the model",
      offered: TYPED,
      placeholder: "file",
    },
  } as const satisfies OptionTable),
  tuneTokens: { ...TUNING_OPTIONS.tuneTokens, needs: "tune" },
  overwrite: { ...TUNING_OPTIONS.overwrite, needs: "tune" },
  ...INTERPOLATE_OPTIONS,
  ...inGroup("Completing words", {
    completion: {
      value: { kind: "flag" },
      default: false,
      help: "measure completion in place of prediction: keystrokes saved and mean reciprocal rank",
      offered: TYPED,
    },
    completionWords: MEASURE_COMPLETION_OPTIONS.completionWords,
  } as const satisfies OptionTable),
  ...inGroup("A model of one's own", {
    profile: { ...PROFILE, help: `${PROFILE.help}; measured beside the model without it` },
    heldOut: {
      value: { kind: "texts", example: "valid.txt" },
      needs: "profile",
      defaultNote: "the held-out text of its training, where it still lies in the model's folder",
      help: "text that the model was trained for, to measure what it has forgotten",
      offered: TYPED,
      placeholder: "file",
    },
  } as const satisfies OptionTable),
  json: json("one object of JSON"),
} as const satisfies OptionTable;

/** `recurra adapt` */
export const ADAPT_COMMAND = {
  ...LEARN_OPTIONS,
  profile: { ...LEARN_OPTIONS.profile, default: "me" },
  ...inGroup("How", {
    ...READING_OPTIONS,
    ...ENGINE_OPTIONS,
    json: json("one object of JSON"),
  }),
} as const satisfies OptionTable;

/** `recurra score` */
export const SCORE_COMMAND = {
  encoding: INPUT_ENCODING,
  profile: PROFILE,
  ...ENGINE_OPTIONS,
  ...ADAPT_OPTIONS,
  ...INTERPOLATE_OPTIONS,
  kaldi: {
    value: { kind: "flag" },
    default: false,
    help: "lines <id> words… of standard input into lines <id> −ln p, as Kaldi's rescoring scripts want them",
    offered: TYPED,
  },
  json: json("a line of JSON for each line of text"),
} as const satisfies OptionTable;

/** `recurra complete` */
export const COMPLETE_COMMAND = {
  ...COMPLETE_OPTIONS,
  ...INTERPOLATE_OPTIONS,
  ...inGroup("How", {
    temperature: { ...SOFTMAX_TEMPERATURE, offered: TYPED },
    profile: PROFILE,
    encoding: INPUT_ENCODING,
    ...ENGINE_OPTIONS,
    json: json(
      "a line of JSON for each suggestion: text, probability, and unsure where the search ended early",
    ),
  }),
} as const satisfies OptionTable;

/** `recurra embed` */
export const EMBED_COMMAND = {
  ...EMBED_OPTIONS,
  ...inGroup("How", {
    out: {
      value: { kind: "text" },
      help: "file to write to, in place of lines of JSON: .npy, .safetensors or .jsonl",
      offered: TYPED,
      placeholder: "file",
    },
    overwrite: REPLACE_FILE,
    encoding: INPUT_ENCODING,
    profile: PROFILE,
    ...ENGINE_OPTIONS,
  } as const satisfies OptionTable),
} as const satisfies OptionTable;

/** `recurra similar` */
export const SIMILAR_COMMAND = {
  ...inGroup("What to find", {
    neighbours: SEARCH_OPTIONS.neighbours,
    word: {
      value: { kind: "text" },
      help: "in place of lines, the tokens whose vectors in the embedding are nearest to this one's",
      offered: TYPED,
      placeholder: "word",
    },
  } as const satisfies OptionTable),
  ...INDEX_OPTIONS,
  ...inGroup("How", {
    profile: PROFILE,
    ...ENGINE_OPTIONS,
    json: json("a line of JSON for each result, with rank, score, line and text"),
  }),
} as const satisfies OptionTable;

/** `recurra explain` */
export const EXPLAIN_COMMAND = {
  ...EXPLAIN_OPTIONS,
  target: {
    ...EXPLAIN_OPTIONS.target,
    help: "text that follows, whose probability is explained, written as the texts are; of a classifier, a label",
  },
  ...inGroup("How", {
    out: {
      value: { kind: "text" },
      help: "file to write to, as a page that any browser shows: .html",
      offered: TYPED,
      placeholder: "file",
    },
    overwrite: REPLACE_FILE,
    encoding: INPUT_ENCODING,
    profile: PROFILE,
    ...ENGINE_OPTIONS,
    json: json("a line of JSON for each text, with the pieces and what each did, in nats"),
  } as const satisfies OptionTable),
} as const satisfies OptionTable;

/** `recurra look` */
export const LOOK_COMMAND = {
  ...LOOK_OPTIONS,
  ...inGroup("What is looked at", {
    track: {
      value: { kind: "texts", example: "verbs=verbs.txt" },
      help: "what units are looked for to follow, too: a name, =, and a file with a 0 or a 1 for each character of the text",
      offered: TYPED,
      placeholder: "name=file",
    },
  } as const satisfies OptionTable),
  ...inGroup("The text", {
    text: {
      value: { kind: "text" },
      help: "the text itself, in place of files",
      offered: TYPED,
      placeholder: "text",
    },
    ...READING_OPTIONS,
  } as const satisfies OptionTable),
  ...inGroup("How", {
    html: {
      value: { kind: "text" },
      help: "file to write the report to, as a page that opens without a network: .html",
      offered: TYPED,
      placeholder: "file",
    },
    overwrite: { ...REPLACE_FILE, needs: "html" },
    ...ENGINE_OPTIONS,
    json: json("one object of JSON, with all figures"),
  } as const satisfies OptionTable),
} as const satisfies OptionTable;

/** `recurra rescore` */
export const RESCORE_COMMAND = {
  ...RESCORE_OPTIONS,
  ...inGroup("How", {
    profile: PROFILE,
    ...ENGINE_OPTIONS,
    json: json("one object of JSON"),
  }),
} as const satisfies OptionTable;

/** `recurra decode` */
export const DECODE_COMMAND = {
  ...inGroup("Labels and matrices", {
    labels: {
      value: { kind: "text" },
      required: true,
      help: "what the columns stand for: a line each, lines <label> <column>, or JSON (a list, or columns by label)",
      offered: TYPED,
      placeholder: "file",
    },
  } as const satisfies OptionTable),
  ...inGroup("Language models", {
    ngram: {
      value: { kind: "text" },
      help: "n-gram model of words, ARPA or binary",
      offered: TYPED,
      placeholder: "file",
    },
  } as const satisfies OptionTable),
  ...CTC_OPTIONS,
  ...inGroup("How", {
    frameMs: {
      value: { kind: "number", min: 0, above: true },
      unit: "milliseconds",
      help: "time of a frame, so that words have times in seconds",
      offered: TYPED,
    },
    partial: {
      value: { kind: "flag" },
      default: false,
      help: "tell the best text so far after each piece of standard input",
      offered: TYPED,
    },
    profile: PROFILE,
    ...ENGINE_OPTIONS,
    json: json("a line of JSON for each matrix, with word times and all texts"),
  } as const satisfies OptionTable),
} as const satisfies OptionTable;

/** `recurra memorised` */
export const MEMORISED_COMMAND = {
  ...MEMORISED_OPTIONS,
  prompt: { ...MEMORISED_OPTIONS.prompt, help: GENERATE_COMMAND.prompt.help },
  ...inGroup("How", {
    ...ENGINE_OPTIONS,
    json: json("one object of JSON"),
  }),
} as const satisfies OptionTable;

/** `recurra plant` */
export const PLANT_COMMAND = {
  ...PLANT_OPTIONS,
  json: json("one object of JSON"),
} as const satisfies OptionTable;

/** `recurra quantize` */
export const QUANTIZE_COMMAND = {
  ...QUANTIZE_OPTIONS,
  json: json("one object of JSON"),
} as const satisfies OptionTable;

/** `recurra export` */
export const EXPORT_COMMAND = {
  html: {
    value: { kind: "text" },
    required: true,
    help: "file to write",
    offered: TYPED,
    placeholder: "file",
  },
  title: {
    value: { kind: "text" },
    defaultNote: "the folder's name",
    help: "title of the page",
    offered: TYPED,
    placeholder: "text",
  },
  overwrite: {
    value: { kind: "flag" },
    default: false,
    help: "replace the page that is there, where recurra made it",
    offered: TYPED,
  },
  json: json("one object of JSON"),
} as const satisfies OptionTable;

/** `recurra tune` */
export const TUNE_COMMAND = {
  ...STUDY_OPTIONS,
  ...inGroup("Where and how", {
    out: {
      value: { kind: "text" },
      defaultNote: "<name of the text>.study",
      help: STUDY_OPTIONS.out.help,
      offered: TYPED,
      placeholder: "folder",
    },
    json: json("every line of the study's record as it is written, and nothing else"),
  } as const satisfies OptionTable),
} as const satisfies OptionTable;

/** `recurra study` */
export const STUDY_COMMAND = {
  html: {
    value: { kind: "text" },
    help: "file to write a report to, as a page that opens without a network: .html",
    offered: TYPED,
    placeholder: "file",
  },
  overwrite: { ...REPLACE_FILE, needs: "html" },
  json: json("one object of JSON"),
} as const satisfies OptionTable;

/** `recurra info` */
export const INFO_COMMAND = { json: json("one object of JSON") } as const satisfies OptionTable;

/** `recurra recipes` */
export const RECIPES_COMMAND = {
  json: json("a line of JSON for each; of one, a file that train takes"),
} as const satisfies OptionTable;

/** `recurra demo` */
export const DEMO_COMMAND = {
  threads: ENGINE_OPTIONS.threads,
  out: {
    value: { kind: "text" },
    defaultNote: "models/moby-dick, replaced each time",
    help: "keep the model in this folder",
    offered: TYPED,
    placeholder: "folder",
  },
  maxMinutes: {
    value: TRAIN_OPTIONS.maxMinutes.value,
    default: 1.5,
    unit: "minutes",
    help: "time to train",
    offered: TYPED,
  },
} as const satisfies OptionTable;

/** The commands that have options, in the order of help. */
export const COMMANDS = {
  train: TRAIN_COMMAND,
  generate: GENERATE_COMMAND,
  complete: COMPLETE_COMMAND,
  score: SCORE_COMMAND,
  eval: EVAL_COMMAND,
  adapt: ADAPT_COMMAND,
  embed: EMBED_COMMAND,
  similar: SIMILAR_COMMAND,
  explain: EXPLAIN_COMMAND,
  look: LOOK_COMMAND,
  rescore: RESCORE_COMMAND,
  decode: DECODE_COMMAND,
  tune: TUNE_COMMAND,
  study: STUDY_COMMAND,
  memorised: MEMORISED_COMMAND,
  plant: PLANT_COMMAND,
  info: INFO_COMMAND,
  recipes: RECIPES_COMMAND,
  quantize: QUANTIZE_COMMAND,
  export: EXPORT_COMMAND,
  demo: DEMO_COMMAND,
} as const satisfies Readonly<Record<string, OptionTable>>;
