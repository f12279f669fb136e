/** What a training run may be told: the same, under the same names, as the flags of `recurra train`. */
import type { EngineName } from "../engine/engine-name.js";
import type { Cell } from "../model/config.js";
import type { OptimizerName } from "../optim/optimizer.js";
import type { ScheduleName } from "../optim/schedule.js";
import type { TokenizerKind } from "../text/tokenizers/tokenizer.js";
import type { TrainEvent } from "./events.js";
import type { TrainPrecision } from "./run-settings.js";

/** How the probabilities of all tokens are normalised, and learned. */
export type SoftmaxName = "full" | "adaptive" | "sampled";
export const SOFTMAXES: readonly SoftmaxName[] = ["full", "adaptive", "sampled"];

export interface TrainOptions {
  // The text
  /** Files, folders, globs, or "-" for standard input. Either this or `text`. */
  readonly inputs?: readonly string[];
  /** The text itself. */
  readonly text?: string;
  /** Held-out text; without it a tenth of the text is held out. */
  readonly valid?: readonly string[];
  /** Text that the finished model is measured on. */
  readonly test?: readonly string[];
  readonly encoding?: "utf-8" | "latin1";
  /** Field of the records of .jsonl inputs. Default "text". */
  readonly field?: string;
  /** Every line is an independent sequence. */
  readonly lines?: boolean;

  // The tokenizer
  /** Default "char". */
  readonly tokenizer?: TokenizerKind;
  readonly vocabSize?: number;
  readonly minCount?: number;
  /** Default "whitespace". */
  readonly wordMode?: "whitespace" | "unicode";

  // The model; defaults by the size of the text
  readonly cell?: Cell;
  readonly nonlinearity?: "tanh" | "relu";
  readonly layers?: number;
  readonly hidden?: number;
  readonly embedding?: number;
  readonly tie?: boolean;
  /** One probability for the three places. */
  readonly dropout?: number;
  readonly dropoutEmbedding?: number;
  readonly dropoutBetween?: number;
  readonly dropoutOutput?: number;
  /**
   * Default "full". "adaptive": rare tokens in clusters, for large vocabularies. "sampled": the loss is estimated from
   * some tokens in training; the model is one of a full softmax.
   */
  readonly softmax?: SoftmaxName;
  /** Adaptive softmax only: the numbers of the tokens where clusters begin, ascending. Default: by the counts. */
  readonly cutoffs?: readonly number[];
  /** Sampled softmax only: tokens drawn for a window. Default 1024. */
  readonly samples?: number;

  // Training
  readonly batchSize?: number;
  readonly seqLen?: number;
  /** Default "adamw". */
  readonly optimizer?: OptimizerName;
  /** Learning rate; default 0.003 for Adam and AdamW, 1 for SGD. */
  readonly lr?: number;
  /** SGD only. Default 0. */
  readonly momentum?: number;
  readonly weightDecay?: number;
  /** Default "one-cycle". */
  readonly schedule?: ScheduleName;
  /** Part of the run, 0 … 1, in which the rate rises. */
  readonly warmup?: number;
  /** Largest norm of the gradient; 0 for none. Default 1. */
  readonly clip?: number;
  /** One of these three limits the run. */
  readonly epochs?: number;
  readonly steps?: number;
  readonly maxMinutes?: number;
  /** Updates between validations. Default: every epoch, or every tenth of a run limited by steps or time. */
  readonly validateEvery?: number;
  /** Stop after this many validations in a row without a new best. Default: never. */
  readonly patience?: number;
  readonly seed?: number;
  /**
   * bf16: the products of training take operands rounded to bfloat16 and sum in float32; weights, moments and all else
   * stay float32, and so does every evaluation. Faster on processors with AVX512_BF16. Default "f32".
   */
  readonly precision?: TrainPrecision;

  // Where and how
  /** Folder of the model. Without it nothing is written, and the result holds the model. */
  readonly out?: string;
  /** Go on from the checkpoint in `out`. */
  readonly resume?: boolean;
  /** Replace the model in `out`. */
  readonly overwrite?: boolean;
  readonly threads?: number;
  readonly engine?: EngineName;
  /** Seconds between checkpoints, besides those at validations. Default 30. */
  readonly checkpointSeconds?: number;

  readonly onEvent?: (event: TrainEvent) => void;
  /** Ends the run after the step it is in, with a checkpoint. */
  readonly signal?: AbortSignal;
}

const NAMES: Readonly<Record<keyof TrainOptions, true>> = {
  inputs: true,
  text: true,
  valid: true,
  test: true,
  encoding: true,
  field: true,
  lines: true,
  tokenizer: true,
  vocabSize: true,
  minCount: true,
  wordMode: true,
  cell: true,
  nonlinearity: true,
  layers: true,
  hidden: true,
  embedding: true,
  tie: true,
  dropout: true,
  dropoutEmbedding: true,
  dropoutBetween: true,
  dropoutOutput: true,
  softmax: true,
  cutoffs: true,
  samples: true,
  batchSize: true,
  seqLen: true,
  optimizer: true,
  lr: true,
  momentum: true,
  weightDecay: true,
  schedule: true,
  warmup: true,
  clip: true,
  epochs: true,
  steps: true,
  maxMinutes: true,
  validateEvery: true,
  patience: true,
  seed: true,
  precision: true,
  out: true,
  resume: true,
  overwrite: true,
  threads: true,
  engine: true,
  checkpointSeconds: true,
  onEvent: true,
  signal: true,
};

export const TRAIN_OPTION_NAMES: readonly string[] = Object.keys(NAMES);
