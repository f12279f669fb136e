/** The interface of optimizers. */
import type { Tensor } from "../engine/engine.js";
import { OPTIMIZERS } from "../options/words.js";

export { OPTIMIZERS };
/** The optimizers there are. */
export type OptimizerName = (typeof OPTIMIZERS)[number];

export interface OptimizerSettings {
  readonly name: OptimizerName;
  /** SGD only; 0 is plain SGD. */
  readonly momentum: number;
  /** AdamW: decoupled, on the weight. The others: added to the gradient. */
  readonly weightDecay: number;
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
  /** Moments, to be saved with a checkpoint and written back into: a name and a tensor for each. */
  readonly moments: readonly {
    readonly name: string;
    readonly tensor: Tensor;
    readonly shape: readonly number[];
  }[];
}
