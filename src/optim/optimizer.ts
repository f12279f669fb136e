/** The interface of optimizers. */
import type { Tensor } from "../engine/engine.js";
import type { Parameter } from "../model/parameter.js";
import type { AveragedWeights } from "./average.js";
import { OPTIMIZERS, type UPDATE_ROWS } from "../options/words.js";

export { OPTIMIZERS };
/** The optimizers there are. */
export type OptimizerName = (typeof OPTIMIZERS)[number];

/**
 * Which rows of embedding and decoder an update is of: all of them; or those that the window touched, the others being
 * neither read nor written, as PyTorch's SparseAdam and TensorFlow's LazyAdam do. Their moments do not decay meanwhile,
 * their weights do not either, and the bias correction is that of the run's number of updates. The gradient of a full
 * softmax touches all rows of the decoder.
 */
export type UpdateRows = (typeof UPDATE_ROWS)[number];

export interface OptimizerSettings {
  readonly name: OptimizerName;
  /** SGD only; 0 is plain SGD. */
  readonly momentum: number;
  /** AdamW, AdaBelief, Muon and schedule-free: decoupled, on the weight. The others: added to the gradient. */
  readonly weightDecay: number;
  /** Default: all. */
  readonly updateRows?: UpdateRows;
  /** Muon: gates of the cell, whose blocks of a layer's matrices are matrices of their own. Default: 1. */
  readonly gates?: number;
}

/** Turns gradients into an update of the weights. */
export interface Optimizer {
  /**
   * One update of every parameter.
   * @param gradientScale multiplies every gradient first (clipping)
   */
  step(learningRate: number, gradientScale: number): void;
  /** Updates made so far. */
  updates: number;
  /**
   * Where groups of weights begin one after the other (see layered.ts): updates that were made before each of those that
   * have. To be kept with a checkpoint, and put back before `updates` is.
   */
  begun?: readonly number[];
  /** Lets groups begin whose time has come. @param passes over the text that were made */
  begin?(passes: number): void;
  /** The weights that are updated; absent where all are. */
  readonly trained?: readonly Parameter[];
  /** Where the weights that are trained are not the ones to be measured and kept. */
  readonly averaged?: AveragedWeights | undefined;
  /** Moments, to be saved with a checkpoint and written back into: a name and a tensor for each. */
  readonly moments: readonly {
    readonly name: string;
    readonly tensor: Tensor;
    readonly shape: readonly number[];
  }[];
}
