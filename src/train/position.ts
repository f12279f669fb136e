/**
 * Where a run stands, besides its tensors: plain numbers that are saved with a checkpoint. There are two records. The
 * path is how the weights came about, and is restored with them when a run diverges. The record is what stays true even
 * so: the files on the disk, the time spent, the number of roll-backs.
 */
import type { AverageRecord } from "../optim/average.js";
import type { Optimizer } from "../optim/optimizer.js";

/** Restored with the weights. */
export interface RunPath {
  /** Updates made. */
  step: number;
  /** The next window: `index` of `epoch`, both from 0. */
  epoch: number;
  index: number;
  /** Tokens trained on. */
  tokens: number;
  smoothedLoss: number | undefined;
  /** The step at which these weights, or earlier ones on their way, were last validated; −1 before the first. */
  lastValidation: number;
  /** Tenths of the run that were validated, where validation goes by tenths. */
  tenths: number;
  /** The factor by which a plateau schedule has multiplied the learning rate. */
  plateauFactor: number;
  /** Updates as the optimizer counts them. */
  updates: number;
  /** Updates that were made before each group of layers began to learn; undefined where all are one. */
  begun: readonly number[] | undefined;
  /** Where the average of the weights stands; undefined in a run without one. */
  average: AverageRecord | undefined;
}

/** Not restored with the weights. */
export interface RunRecord {
  /** Seconds spent training, over all resumptions. */
  elapsedSeconds: number;
  /** Loss of the best weights, which are kept; undefined before the first validation. */
  bestLoss: number | undefined;
  /** The step of these weights; absent in checkpoints of earlier versions. */
  bestStep: number | undefined;
  /** Whether they are averaged ones; undefined in a run without an average. */
  bestAveraged: boolean | undefined;
  /** Validations in a row that made no better weights than the kept ones. */
  validationsSinceBest: number;
  /** The factor by which roll-backs have multiplied the learning rate. */
  learningRateFactor: number;
  /** Roll-backs without FORGET_AFTER good steps in between. */
  rollbacks: number;
  /** Good steps since the last roll-back. */
  goodSteps: number;
  /** True once the run reached its limit or stopped early. */
  finished: boolean;
}

export type RunPosition = RunPath & RunRecord;

/** Where a new run stands. */
export function startPosition(): RunPosition {
  return {
    step: 0,
    epoch: 0,
    index: 0,
    tokens: 0,
    elapsedSeconds: 0,
    smoothedLoss: undefined,
    bestLoss: undefined,
    bestStep: undefined,
    bestAveraged: undefined,
    lastValidation: -1,
    validationsSinceBest: 0,
    tenths: 0,
    plateauFactor: 1,
    learningRateFactor: 1,
    rollbacks: 0,
    goodSteps: 0,
    updates: 0,
    begun: undefined,
    average: undefined,
    finished: false,
  };
}

/** A copy of the path alone. */
export function pathOf(position: RunPosition): RunPath {
  const {
    step,
    epoch,
    index,
    tokens,
    smoothedLoss,
    lastValidation,
    tenths,
    plateauFactor,
    updates,
    begun,
    average,
  } = position;
  return {
    step,
    epoch,
    index,
    tokens,
    smoothedLoss,
    lastValidation,
    tenths,
    plateauFactor,
    updates,
    begun,
    average,
  };
}

/** Puts an optimizer where a path stands, besides its moments. */
export function putUpdates(optimizer: Optimizer, { updates, begun }: RunPath): void {
  if (optimizer.begun) optimizer.begun = begun ?? [];
  optimizer.updates = updates;
}
