/** The options of planting canaries, and of measuring what a model gives away of its training text. */
import { inGroup, type OptionTable } from "./description.js";
import { GENERATE_OPTIONS } from "./generate-options.js";
import { SAMPLING_OPTIONS } from "./sampling-options.js";
import { READING_OPTIONS } from "./text-options.js";

const EVERYWHERE = ["library", "command line"] as const;

const HEARD = {
  stdin: {
    value: { kind: "code", noun: "a readable stream", method: Symbol.asyncIterator },
    help: 'the stream that "-" stands for',
    offered: ["library"],
  },
  onNotice: {
    value: { kind: "code", noun: "a function" },
    help: "called with notices about the texts",
    offered: ["library"],
  },
  signal: {
    value: { kind: "code", noun: "the signal of an AbortController", method: "addEventListener" },
    help: "ends the work with its reason",
    offered: ["library"],
  },
} as const satisfies OptionTable;

/** All that `memorised` takes besides the model. */
export const MEMORISED_OPTIONS = {
  ...inGroup("What is compared", {
    train: {
      value: { kind: "texts", example: "book.txt" },
      help: "the text that the model was trained on: a file, a folder, a pattern, or -",
      offered: EVERYWHERE,
      placeholder: "text",
    },
    heldOut: {
      value: { kind: "texts", example: "other.txt" },
      needs: "train",
      help: "a text of the same kind that it was not trained on, of which the same is measured",
      offered: EVERYWHERE,
      placeholder: "text",
    },
    orders: {
      value: { kind: "ascending", example: "1,2,5" },
      defaultNote: "1 to 50",
      needs: "train",
      help: "lengths of n-grams, in characters, or in words where the model has words",
      offered: EVERYWHERE,
    },
    passages: {
      value: { kind: "number", whole: true, min: 0, max: 1000 },
      default: 10,
      needs: "train",
      help: "how many of the longest passages to show",
      offered: EVERYWHERE,
    },
    ...READING_OPTIONS,
  } as const satisfies OptionTable),
  ...inGroup("What is written", {
    prompt: { ...GENERATE_OPTIONS.prompt, needs: "train", offered: EVERYWHERE },
    length: { ...GENERATE_OPTIONS.length, default: 300, needs: "train", offered: EVERYWHERE },
    samples: {
      value: GENERATE_OPTIONS.samples.value,
      defaultNote: "200; 2,000 of a model of lines",
      needs: "train",
      help: "texts to write",
      offered: EVERYWHERE,
      letter: "n",
    },
    seed: {
      ...GENERATE_OPTIONS.seed,
      default: 1,
      defaultNote: "the same each time",
      help: "of what is written and of lines that are drawn",
      offered: EVERYWHERE,
    },
    temperature: {
      ...SAMPLING_OPTIONS.temperature,
      default: 1,
      defaultNote: "as the model has it",
      needs: "train",
      offered: EVERYWHERE,
    },
    topK: { ...SAMPLING_OPTIONS.topK, needs: "train", offered: EVERYWHERE },
    topP: { ...SAMPLING_OPTIONS.topP, needs: "train", offered: EVERYWHERE },
    minP: { ...SAMPLING_OPTIONS.minP, needs: "train", offered: EVERYWHERE },
  } as const satisfies OptionTable),
  ...inGroup("Canaries", {
    canaries: {
      value: { kind: "text" },
      help: "file of the canaries that were planted in the training text, of which the exposure is measured",
      offered: EVERYWHERE,
      placeholder: "file",
    },
    exactUpTo: {
      value: { kind: "number", whole: true, min: 0, max: 100_000_000 },
      default: 1_000_000,
      needs: "canaries",
      unit: "lines",
      help: "measure all lines of a canary's form where there are no more than so many",
      offered: EVERYWHERE,
    },
    draws: {
      value: { kind: "number", whole: true, min: 100, max: 10_000_000 },
      default: 10_000,
      needs: "canaries",
      unit: "lines",
      help: "draw so many of its form where there are more",
      offered: EVERYWHERE,
    },
  } as const satisfies OptionTable),
  ...HEARD,
  onProgress: {
    value: { kind: "code", noun: "a function" },
    help: "called with what is done, and how far it is",
    offered: ["library"],
  },
} as const satisfies OptionTable;

/** All that `plantCanaries` takes besides its inputs. */
export const PLANT_OPTIONS = {
  ...inGroup("Canaries", {
    pattern: {
      value: { kind: "texts", example: "My code is {digits:6}." },
      defaultNote: '"My number is {digits:6}."',
      help: "a line with holes that are filled at random: {digits:n}, {letters:n}, {words:n}, which are frequent words of the text",
      offered: EVERYWHERE,
      placeholder: "line",
    },
    times: {
      value: {
        kind: "numbers",
        each: { kind: "number", whole: true, min: 0, max: 100_000 },
        most: 20,
        example: "0,1,4,16",
      },
      defaultNote: "0,1,4,16",
      help: "how often canaries stand in the text; with 0 they are measured, and not planted",
      offered: EVERYWHERE,
    },
    each: {
      value: { kind: "number", whole: true, min: 1, max: 1000 },
      default: 3,
      help: "canaries of each pattern for each of these",
      offered: EVERYWHERE,
    },
    seed: {
      ...GENERATE_OPTIONS.seed,
      default: 1,
      defaultNote: "the same each time",
      help: "of what fills the holes, and of the places in the text",
      offered: EVERYWHERE,
    },
  } as const satisfies OptionTable),
  ...inGroup("Files", {
    out: {
      value: { kind: "text" },
      required: true,
      help: "file for the text with the canaries in it",
      offered: EVERYWHERE,
      placeholder: "file",
    },
    canaries: {
      value: { kind: "text" },
      defaultNote: "<out>.canaries.json",
      help: "file for what was planted, to measure with",
      offered: EVERYWHERE,
      placeholder: "file",
    },
    overwrite: {
      value: { kind: "flag" },
      default: false,
      help: "replace files that are there",
      offered: EVERYWHERE,
    },
    ...READING_OPTIONS,
  } as const satisfies OptionTable),
  ...HEARD,
} as const satisfies OptionTable;
