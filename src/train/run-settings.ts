/** The settings of a run, complete: nothing is left open. They are kept in the checkpoint. */
import type { Regularisation } from "../layers/regularisation.js";
import type { AverageName } from "../optim/average.js";
import type { OptimizerName, UpdateRows } from "../optim/optimizer.js";
import type { ScheduleName } from "../optim/schedule.js";
import { TRAIN_PRECISIONS } from "../options/words.js";

export { TRAIN_PRECISIONS };
/** The precisions of training: float32; or float32 with the operands of its products rounded to bfloat16. */
export type TrainPrecision = (typeof TRAIN_PRECISIONS)[number];

/** How long a run is: one of the three. */
export interface RunLimit {
  readonly epochs?: number;
  readonly steps?: number;
  readonly maxMinutes?: number;
}

/** The settings that decide the course of a run, besides the text, the model and the limit. */
export interface TrainSettings extends Regularisation {
  readonly batchSize: number;
  readonly seqLen: number;
  /** Windows have drawn lengths around seqLen; absent where all have that length. */
  readonly varySeqLen?: boolean;
  /** Every epoch begins each stream at a drawn place; absent where all begin at the first. */
  readonly rotateStreams?: boolean;
  readonly optimizer: OptimizerName;
  readonly updateRows: UpdateRows;
  readonly lr: number;
  readonly momentum: number;
  readonly weightDecay: number;
  readonly schedule: ScheduleName;
  readonly warmup: number;
  /** Of a trapezoid schedule; absent with the others. */
  readonly cooldown?: number;
  readonly average: AverageName;
  /** The three go with some averages, and are absent with the others. */
  readonly averageSpan?: number;
  readonly averageEvery?: number;
  readonly averageInterval?: number;
  /** 0: none. */
  readonly clip: number;
  /** 0: by the default rule (see Trainer). */
  readonly validateEvery: number;
  /** 0: never stop early. */
  readonly patience: number;
  /** Updates between samples of what the model writes; absent where none are told. */
  readonly sampleEvery?: number;
  /** The initial bias of the forget gates; absent where it is the cell's own. */
  readonly forgetBias?: number;
  /** The output layer's biases began at the unigram distribution; absent where at zero. */
  readonly unigramBias?: boolean;
  readonly seed: number;
  /** λ of past-decode regularisation (past-decode.ts); absent where there is none. */
  readonly pastDecode?: number;
  /** Draws a window of a sampled softmax; absent where the softmax is full or adaptive. */
  readonly samples?: number;
  /** The factor from a layer's rate to the next lower one's; absent where a run did not begin with a model. */
  readonly layerDecay?: number;
  /** Passes after which one more layer learns; absent where all do from the beginning. */
  readonly unfreezeEvery?: number;
  readonly precision: TrainPrecision;
  readonly limit: RunLimit;
}
