/** The flags of `recurra train`: one for every option of the library's `train` that can be typed. */
import { Option } from "commander";
import type { TrainOptions } from "../train/options.js";
import {
  CELL_WORDS,
  ENCODING_WORDS,
  ENGINE_WORDS,
  NONLINEARITY_WORDS,
  OPTIMIZER_WORDS,
  PRECISION_WORDS,
  SCHEDULE_WORDS,
  SOFTMAX_WORDS,
  TOKENIZER_WORDS,
  WORD_MODE_WORDS,
} from "./choices.js";
import { choiceValue, collected, numberList, numberValue } from "./parse-values.js";

/** Options of `train` that have a flag; the others are the text itself, and what only code can give. */
export type FlaggedOption = Exclude<keyof TrainOptions, "inputs" | "text" | "onEvent" | "signal">;

interface Flag {
  readonly group: (typeof GROUPS)[number];
  /** As commander takes it: "--lr <x>". */
  readonly flag: string;
  readonly help: string;
  readonly value?: "number" | "whole" | "many" | "list" | readonly string[];
}

export const GROUPS = ["Text:", "Tokens:", "Model:", "Training:", "Where and how:"] as const;
const [TEXT, TOKENS, MODEL, TRAINING, WHERE] = GROUPS;

const FLAGS: Record<FlaggedOption, Flag> = {
  valid: {
    group: TEXT,
    flag: "--valid <file>",
    value: "many",
    help: "held-out text; repeatable (default: a tenth of the text)",
  },
  test: {
    group: TEXT,
    flag: "--test <file>",
    value: "many",
    help: "text the finished model is measured on; repeatable",
  },
  lines: {
    group: TEXT,
    flag: "--lines",
    help: "every line is a sequence of its own: names, titles, messages",
  },
  encoding: {
    group: TEXT,
    flag: "--encoding <name>",
    value: ENCODING_WORDS,
    help: "utf-8 or latin1 (default: utf-8)",
  },
  field: {
    group: TEXT,
    flag: "--field <name>",
    help: "field of .jsonl records that holds the text (default: text)",
  },

  tokenizer: {
    group: TOKENS,
    flag: "--tokenizer <kind>",
    value: TOKENIZER_WORDS,
    help: "char, word or bpe (default: char)",
  },
  vocabSize: {
    group: TOKENS,
    flag: "--vocab-size <n>",
    value: "whole",
    help: "most tokens; rarer ones become <unk> (bpe: split)",
  },
  minCount: {
    group: TOKENS,
    flag: "--min-count <n>",
    value: "whole",
    help: "what is rarer than this becomes <unk>",
  },
  wordMode: {
    group: TOKENS,
    flag: "--word-mode <mode>",
    value: WORD_MODE_WORDS,
    help: "whitespace, or unicode: words and punctuation apart (default: whitespace)",
  },

  cell: {
    group: MODEL,
    flag: "--cell <name>",
    value: CELL_WORDS,
    help: "rnn, lstm, gru, minlstm or mingru (default: lstm)",
  },
  nonlinearity: {
    group: MODEL,
    flag: "--nonlinearity <name>",
    value: NONLINEARITY_WORDS,
    help: "of the rnn cell: tanh or relu (default: tanh)",
  },
  layers: {
    group: MODEL,
    flag: "--layers <n>",
    value: "whole",
    help: "recurrent layers (default: by the size of the text)",
  },
  hidden: {
    group: MODEL,
    flag: "--hidden <n>",
    value: "whole",
    help: "width of the hidden state (default: by the size of the text)",
  },
  embedding: {
    group: MODEL,
    flag: "--embedding <n>",
    value: "whole",
    help: "width of the embedding (default: hidden; char: 64 at most)",
  },
  tie: {
    group: MODEL,
    flag: "--tie",
    help: "embedding and decoder share their weights; they must be of one width",
  },
  dropout: {
    group: MODEL,
    flag: "--dropout <p>",
    value: "number",
    help: "probability, at all three places (default: by the length of the run)",
  },
  dropoutEmbedding: {
    group: MODEL,
    flag: "--dropout-embedding <p>",
    value: "number",
    help: "on the embedded input (default: --dropout)",
  },
  dropoutBetween: {
    group: MODEL,
    flag: "--dropout-between <p>",
    value: "number",
    help: "between layers (default: --dropout)",
  },
  dropoutOutput: {
    group: MODEL,
    flag: "--dropout-output <p>",
    value: "number",
    help: "on the last layer's output (default: --dropout)",
  },
  softmax: {
    group: MODEL,
    flag: "--softmax <kind>",
    value: SOFTMAX_WORDS,
    help: "full, or for large vocabularies adaptive (rare tokens in clusters) or sampled (in training) (default: full)",
  },
  cutoffs: {
    group: MODEL,
    flag: "--cutoffs <n,n>",
    value: "list",
    help: "adaptive: the tokens where clusters begin (default: by the counts)",
  },
  samples: {
    group: MODEL,
    flag: "--samples <n>",
    value: "whole",
    help: "sampled: tokens drawn for a window (default: 1024)",
  },

  epochs: {
    group: TRAINING,
    flag: "--epochs <n>",
    value: "whole",
    help: "passes over the text (default: by the size of the text)",
  },
  steps: { group: TRAINING, flag: "--steps <n>", value: "whole", help: "updates, instead of --epochs" },
  maxMinutes: {
    group: TRAINING,
    flag: "--max-minutes <x>",
    value: "number",
    help: "time, instead of --epochs",
  },
  batchSize: {
    group: TRAINING,
    flag: "--batch-size <n>",
    value: "whole",
    help: "sequences side by side (default: 32, fewer for short texts)",
  },
  seqLen: {
    group: TRAINING,
    flag: "--seq-len <n>",
    value: "whole",
    help: "time steps of a window (default: char 64, others 35)",
  },
  optimizer: {
    group: TRAINING,
    flag: "--optimizer <name>",
    value: OPTIMIZER_WORDS,
    help: "sgd, adam or adamw (default: adamw)",
  },
  lr: { group: TRAINING, flag: "--lr <x>", value: "number", help: "learning rate (default: 0.004; sgd 1)" },
  momentum: { group: TRAINING, flag: "--momentum <x>", value: "number", help: "of sgd (default: 0)" },
  weightDecay: {
    group: TRAINING,
    flag: "--weight-decay <x>",
    value: "number",
    help: "(default: 0.01 for adamw, else 0)",
  },
  schedule: {
    group: TRAINING,
    flag: "--schedule <name>",
    value: SCHEDULE_WORDS,
    help: "constant, cosine, one-cycle, or plateau: a quarter where validation stops improving (default: one-cycle)",
  },
  warmup: {
    group: TRAINING,
    flag: "--warmup <x>",
    value: "number",
    help: "part of the run, 0 to 1, in which the rate rises; one-cycle has its own (default: 0)",
  },
  clip: {
    group: TRAINING,
    flag: "--clip <x>",
    value: "number",
    help: "largest norm of the gradient, 0 for none (default: 1)",
  },
  validateEvery: {
    group: TRAINING,
    flag: "--validate-every <n>",
    value: "whole",
    help: "updates between validations (default: an epoch, or a tenth of the run)",
  },
  patience: {
    group: TRAINING,
    flag: "--patience <n>",
    value: "whole",
    help: "end after so many validations without a new best (default: never)",
  },
  seed: { group: TRAINING, flag: "--seed <n>", value: "whole", help: "same seed, same bits (default: 1)" },
  precision: {
    group: TRAINING,
    flag: "--precision <name>",
    value: PRECISION_WORDS,
    help: "of products: f32, or bf16, faster where the processor has AVX512_BF16 (default: f32)",
  },

  out: {
    group: WHERE,
    flag: "--out <folder>",
    help: "the model's folder (default: <name of the text>.model)",
  },
  resume: { group: WHERE, flag: "--resume", help: "go on where a stopped run in that folder ended" },
  overwrite: { group: WHERE, flag: "--overwrite", help: "replace the model in that folder" },
  checkpointSeconds: {
    group: WHERE,
    flag: "--checkpoint-seconds <x>",
    value: "number",
    help: "between checkpoints (default: 30)",
  },
  threads: {
    group: WHERE,
    flag: "--threads <n>",
    value: "whole",
    help: "threads to compute with (default: one a core)",
  },
  engine: {
    group: WHERE,
    flag: "--engine <name>",
    value: ENGINE_WORDS,
    help: "native, wasm (portable), or the slow reference (default: RECURRA_ENGINE, else native)",
  },
};

/** The flags as commander's options, group by group. */
export function trainOptions(): Option[] {
  const options = Object.values(FLAGS).map(toOption);
  return [
    ...options,
    new Option("--json", "every event as a line of JSON, and nothing else").helpGroup(WHERE),
  ];
}

function toOption({ group, flag, help, value }: Flag): Option {
  const option = new Option(flag, help).helpGroup(group);
  const name = flag.split(" ")[0]!;
  if (value === undefined) return option;
  if (value === "many") return option.argParser(collected);
  if (value === "list") return option.argParser(numberList(name));
  if (typeof value === "object") return option.argParser(choiceValue(name, value));
  const limits = name === "--threads" ? { min: 1, max: 256 } : {};
  return option.argParser(numberValue(name, { whole: value === "whole", ...limits }));
}
