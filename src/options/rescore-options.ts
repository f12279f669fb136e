/** The options of rescoring a recogniser's hypotheses. */
import { inGroup, type OptionTable } from "./description.js";
import { REPLACE_FILE } from "./replace-file.js";
import { LETTER_CASES, LIST_FORMS } from "./words.js";

const BOTH = ["library", "command line"] as const;

/** All that `rescore` takes besides the model and the lists. */
export const RESCORE_OPTIONS = {
  ...inGroup("Scores and weights", {
    tune: {
      value: { kind: "texts", example: "dev.json" },
      help: "lists with references, on which the weights are tuned for the word error rate",
      offered: BOTH,
      placeholder: "lists",
    },
    weights: {
      value: { kind: "text" },
      help: "file of weights: written where they are tuned, else read",
      offered: BOTH,
      placeholder: "file",
    },
    ngram: {
      value: { kind: "text" },
      help: "n-gram model over words (.arpa, .arpa.gz, .ngram), whose score is added",
      offered: BOTH,
      placeholder: "file",
    },
  } as const satisfies OptionTable),
  ...inGroup("Lists", {
    form: {
      value: { kind: "word", words: LIST_FORMS },
      default: "auto",
      help: "auto (by what they hold), json, kaldi, srilm or espnet",
      offered: BOTH,
    },
    refs: {
      value: { kind: "text" },
      help: "references: lines <utterance> words, or words (utterance); else those in the lists",
      offered: BOTH,
      placeholder: "file",
    },
    tuneRefs: {
      value: { kind: "text" },
      needs: "tune",
      help: "the same of the lists to tune on",
      offered: BOTH,
      placeholder: "file",
    },
    case: {
      value: { kind: "word", words: LETTER_CASES },
      default: "keep",
      help: "of letters, in references and hypotheses, before they are compared and scored: keep, lower or upper",
      offered: BOTH,
    },
    dropPunctuation: {
      value: { kind: "flag" },
      default: false,
      help: "leave out punctuation at the edges of words, in the same way",
      offered: BOTH,
    },
    out: {
      value: { kind: "text" },
      help: "file for the chosen hypotheses, a line <utterance> words each",
      offered: BOTH,
      placeholder: "file",
    },
    overwrite: { ...REPLACE_FILE, offered: BOTH },
  } as const satisfies OptionTable),
  onProgress: {
    value: { kind: "code", noun: "a function" },
    help: "called with the number of utterances that are begun",
    offered: ["library"],
  },
  onNotice: {
    value: { kind: "code", noun: "a function" },
    help: "called where the n-gram model knows few of the words",
    offered: ["library"],
  },
  signal: {
    value: { kind: "code", noun: "the signal of an AbortController", method: "addEventListener" },
    help: "ends it early",
    offered: ["library"],
  },
} as const satisfies OptionTable;
