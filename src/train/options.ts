/**
 * The options of a training run: the flags of `recurra train` have the same names. Ranges and defaults are those of
 * options/train-options.ts, which docs/options.md lists.
 */
import type { Recipe } from "../options/recipes.js";
import type { SOFTMAXES } from "../options/words.js";
import type { EngineName } from "../engine/engine-name.js";
import type { Engine } from "../engine/engine.js";
import type { ModelFiles } from "../format/model-files.js";
import type { Cell } from "../model/config.js";
import type { AverageName } from "../optim/average.js";
import type { OptimizerName, UpdateRows } from "../optim/optimizer.js";
import type { ScheduleName } from "../optim/schedule.js";
import type { TokenizerKind } from "../text/tokenizers/tokenizer.js";
import type { ModelWithTokenizer } from "./origin.js";
import type { TrainEvent } from "./events.js";
import type { TrainPrecision } from "./run-settings.js";

/** How the probabilities of all tokens are normalised, and learned. */
export type SoftmaxName = (typeof SOFTMAXES)[number];

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
  /** Field of the records of .jsonl inputs. */
  readonly field?: string;
  /** Every line is an independent sequence. */
  readonly lines?: boolean;

  /**
   * A set of options: the name of one, a JSON file of one (its name ends with .json; on Node), or one itself. Options
   * that are given stand above it.
   */
  readonly recipe?: string | Recipe;

  // Fine-tuning
  /**
   * The model to begin with: the folder that `train` wrote, a model that was loaded, or the bytes of its files by name
   * (in a page only these). Its weights, its tokenizer and its architecture are the run's; characters or words that the
   * tokenizer lacks are added.
   */
  readonly from?: string | ModelWithTokenizer | ModelFiles;
  /** The factor of a layer's rate beside that of the layer above it (Howard and Ruder, 2018). */
  readonly layerDecay?: number;
  /**
   * Gradual unfreezing: at first the output layer learns alone, and after so many passes over the text each time one more
   * layer below. 0: all from the beginning.
   */
  readonly unfreezeEvery?: number;
  /**
   * When the run has ended, trains a model of the same architecture from scratch, as long, and tells its measure
   * (`scratch` in `fineTuned`). It is not kept; a run that was stopped meanwhile is trained and saved without it.
   */
  readonly compareScratch?: boolean;

  // The tokenizer
  readonly tokenizer?: TokenizerKind;
  readonly vocabSize?: number;
  readonly minCount?: number;
  /** How words are found. Word tokenizers only. */
  readonly wordMode?: "whitespace" | "unicode";

  // The model; defaults by the size of the text
  readonly cell?: Cell;
  /** Of the Elman cell, "rnn". */
  readonly nonlinearity?: "tanh" | "relu";
  /** Mogrifier LSTM only. */
  readonly mogrifierRounds?: number;
  /** Mogrifier LSTM only; 0: full matrices. */
  readonly mogrifierRank?: number;
  /** LSTM and Mogrifier LSTM only. "capped": i becomes min(i, 1 − f). */
  readonly inputGate?: "free" | "capped";
  readonly layers?: number;
  /** The width of every layer; or a list with the width of each, from which `layers` follows. */
  readonly hidden?: number | readonly number[];
  readonly embedding?: number;
  /** Embedding and decoder share their weights; where the last layer is of another width, through a projection. */
  readonly tie?: boolean;
  /** From the second layer on, what comes out of the layer below is added to a layer's own output. */
  readonly residual?: boolean;
  /**
   * "adaptive": rare tokens in clusters, for large vocabularies. "sampled": the loss is estimated from
   * some tokens in training; the model is one of a full softmax.
   */
  readonly softmax?: SoftmaxName;
  /** Adaptive softmax only: the numbers of the tokens where clusters begin, ascending. */
  readonly cutoffs?: readonly number[];
  /** So many softmaxes mixed (Yang et al., 2018), at least 2; not with an adaptive softmax. */
  readonly mixtures?: number;
  /** Sampled softmax only: tokens drawn for a window. */
  readonly samples?: number;

  // Regularisation: docs/training.md has the equations
  /** One probability for the three places. */
  readonly dropout?: number;
  readonly dropoutEmbedding?: number;
  readonly dropoutBetween?: number;
  readonly dropoutOutput?: number;
  /** One mask for all time steps of a window, at the three places. */
  readonly lockedDropout?: boolean;
  /** Probability that a word's embedding is zero for a window. */
  readonly dropoutWords?: number;
  /** Probability that a recurrent weight is zero for a window. Of cells that have any: rnn, lstm, gru. */
  readonly weightDrop?: number;
  /** Probability that an element of h_{t−1} is zero in the gates, for a window. Of the same cells. */
  readonly dropoutState?: number;
  /** α of activation regularisation, β of the temporal one. */
  readonly ar?: number;
  readonly tar?: number;
  /** λ of past-decode regularisation (Brahma, 2018); needs tied weights, and one softmax. */
  readonly pastDecode?: number;

  // Training
  readonly batchSize?: number;
  readonly seqLen?: number;
  /** Draw the length of every window around seqLen (Merity et al., 2018). Running text only. */
  readonly varySeqLen?: boolean;
  /** Begin each of the batch's streams at a drawn place in every epoch (Press, 2019). Running text only. */
  readonly rotateStreams?: boolean;
  readonly optimizer?: OptimizerName;
  /**
   * Rows of embedding and decoder that an update is of: all; or those that the window touched (its tokens, and the
   * candidates of a sampled softmax), while weights, moments and decay of the others wait. Norm and clearing of the
   * gradient then go by these rows too.
   */
  readonly updateRows?: UpdateRows;
  /** Learning rate, before the schedule. */
  readonly lr?: number;
  /** SGD only. */
  readonly momentum?: number;
  readonly weightDecay?: number;
  readonly schedule?: ScheduleName;
  /** Part of the run, 0 … 1, in which the rate rises; not for "one-cycle", which has its own. */
  readonly warmup?: number;
  /** Of "trapezoid": the last part of the run, above 0 and up to 1, in which the rate falls to 0. */
  readonly cooldown?: number;
  /**
   * An average of the weights beside those that are trained: of the last while ("ema"), of the last part of the run
   * ("tail"), or of all from when validation stops improving ("nt-asgd"). Validations measure both once there is one, and
   * the better ones are kept.
   */
  readonly average?: AverageName;
  /** Part of the run, above 0 and up to 1: the time constant of "ema", the last part of "tail". */
  readonly averageSpan?: number;
  /** Updates between the weights that are averaged. */
  readonly averageEvery?: number;
  /** Of "nt-asgd": the last validations, which do not count when the lowest loss is looked for that a new one is above. */
  readonly averageInterval?: number;
  /** Largest norm of the gradient; 0 for none. */
  readonly clip?: number;
  /** One of these three limits the run. */
  readonly epochs?: number;
  readonly steps?: number;
  /** Of the whole: reading, training, measuring. What is left open is planned for it; see plan.ts. */
  readonly maxMinutes?: number;
  /** Updates between validations. */
  readonly validateEvery?: number;
  /** Stop after this many validations in a row without a new best. */
  readonly patience?: number;
  /** Updates between samples of what the model writes, for the event "sample" and metrics.jsonl. */
  readonly sampleEvery?: number;
  /** The initial bias of the forget gates, of cells that have them. */
  readonly forgetBias?: number;
  /** The output layer's biases begin at the logarithm of how often each token occurs, in place of zero. */
  readonly unigramBias?: boolean;
  readonly seed?: number;
  /**
   * bf16: the products of training take operands rounded to bfloat16 and sum in float32; weights, moments and all else
   * stay float32, and so does every evaluation. Faster on processors with AVX512_BF16.
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
  /** The name of an engine to create, or an existing engine, which several runs may share. */
  readonly engine?: EngineName | Engine;
  /** Seconds between checkpoints, besides those at validations. */
  readonly checkpointSeconds?: number;

  readonly onEvent?: (event: TrainEvent) => void;
  /** Ends the run after the step it is in, with a checkpoint. */
  readonly signal?: AbortSignal;
}
