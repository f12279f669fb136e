/** The commands of `recurra`: what their list says of each, and where each is defined, which is loaded only when it is run. */
import type { CommandContext, RecurraCommand } from "./recurra-command.js";

/** Adds a command's arguments, flags, help and action. */
type Define = (command: RecurraCommand, context: CommandContext) => void;

export interface CommandEntry {
  readonly name: string;
  /** What follows the name. */
  readonly usage: string;
  readonly description: string;
  readonly load: () => Promise<Define>;
}

export const COMMANDS: readonly CommandEntry[] = [
  {
    name: "train",
    usage: "[options] <text...>",
    description: "train a language model on a text",
    load: async () => (await import("./train.js")).trainCommand,
  },
  {
    name: "generate",
    usage: "[options] <model>",
    description: "write with a model",
    load: async () => (await import("./generate.js")).generateCommand,
  },
  {
    name: "complete",
    usage: "[options] <model> [text...]",
    description: "finish what is being typed: the most probable ends of the word or the line",
    load: async () => (await import("./complete.js")).completeCommand,
  },
  {
    name: "score",
    usage: "[options] <model> [text...]",
    description: "how probable a model finds lines of text, token by token",
    load: async () => (await import("./score.js")).scoreCommand,
  },
  {
    name: "eval",
    usage: "[options] <model> <text...>",
    description: "measure a model on a text: perplexity, bits per character, accuracy",
    load: async () => (await import("./eval.js")).evalCommand,
  },
  {
    name: "adapt",
    usage: "[options] <model> <text...>",
    description: "a model of one's own: it learns from what a person writes, in a profile beside it",
    load: async () => (await import("./adapt.js")).adaptCommand,
  },
  {
    name: "profile",
    usage: "<list|roll-back|merge|off|on|delete|export> [options]",
    description: "what a model has learned from a person: list, go back, merge, switch off, delete",
    load: async () => (await import("./profile.js")).profileCommand,
  },
  {
    name: "embed",
    usage: "[options] <model> [text...]",
    description: "a vector for each of some texts: JSON, .npy, .safetensors",
    load: async () => (await import("./embed.js")).embedCommand,
  },
  {
    name: "similar",
    usage: "[options] <model> [corpus] [query...]",
    description: "the lines of a file that are most like a text, or the words most like a word",
    load: async () => (await import("./similar.js")).similarCommand,
  },
  {
    name: "classify",
    usage: "<model | train | eval> [options]",
    description: "sort texts by labels: a classifier made of a language model, trained and measured",
    load: async () => (await import("./classify.js")).classifyCommand,
  },
  {
    name: "explain",
    usage: "[options] <model> [text...]",
    description: "which words of a text decided what the model expects next, or which label it has",
    load: async () => (await import("./explain.js")).explainCommand,
  },
  {
    name: "look",
    usage: "[options] <model> [text...]",
    description: "look inside: where a model is surprised by a text, and more; a report as one HTML file",
    load: async () => (await import("./look.js")).lookCommand,
  },
  {
    name: "rescore",
    usage: "[options] <model> <lists...>",
    description: "choose among a speech recogniser's hypotheses: word errors before and after",
    load: async () => (await import("./rescore.js")).rescoreCommand,
  },
  {
    name: "decode",
    usage: "[options] <model> <matrices...>",
    description: "texts from the matrices of a CTC acoustic model, with a language model",
    load: async () => (await import("./decode.js")).decodeCommand,
  },
  {
    name: "memorised",
    usage: "[options] <model>",
    description: "what a model gives away of its training text: passages word by word, planted canaries",
    load: async () => (await import("./memorised.js")).memorisedCommand,
  },
  {
    name: "plant",
    usage: "[options] <text...>",
    description: "plant canaries in a text before a model is trained on it, to measure with memorised",
    load: async () => (await import("./plant.js")).plantCommand,
  },
  {
    name: "tune",
    usage: "[options] <text...>",
    description: "look for the best model of a text that a stated time buys",
    load: async () => (await import("./tune.js")).tuneCommand,
  },
  {
    name: "study",
    usage: "[options] <folder>",
    description: "what tune has found so far: the best trials, what mattered, also while it runs",
    load: async () => (await import("./study.js")).studyCommand,
  },
  {
    name: "info",
    usage: "[options] [model]",
    description: "the engine and what it runs on; with a model: its architecture, sizes and history",
    load: async () => (await import("./info.js")).infoCommand,
  },
  {
    name: "recipes",
    usage: "[options] [name]",
    description: "named sets of options for train: what each is for, takes and reaches",
    load: async () => (await import("./recipes.js")).recipesCommand,
  },
  {
    name: "quantize",
    usage: "[options] <model>",
    description: "make a model about a quarter of its size: int8 weights, to measure and generate with",
    load: async () => (await import("./quantize.js")).quantizeCommand,
  },
  {
    name: "ngram",
    usage: "<train|eval|query> [options]",
    description: "n-gram models, to compare with and to join: Kneser–Ney, ARPA files",
    load: async () => (await import("./ngram.js")).ngramCommand,
  },
  {
    name: "export",
    usage: "[options] <model>",
    description: "make a model one HTML file that opens anywhere and writes there",
    load: async () => (await import("./export.js")).exportCommand,
  },
  {
    name: "demo",
    usage: "[options]",
    description: "train on the book in the package for a minute or two, measure, and write",
    load: async () => (await import("./demo.js")).demoCommand,
  },
];

/** The command that a command line names, or asks help on; undefined where it names none. */
export function namedCommand(argv: readonly string[]): string | undefined {
  const words = argv.filter((word) => !word.startsWith("-"));
  return words[0] === "help" ? words[1] : words[0];
}
