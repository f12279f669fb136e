/**
 * The interface of anything that predicts the next token: a model, or a wrapper of one or several: a cache of recent
 * tokens, a mixture with counts of n-grams, an ensemble. Generation, scoring, completion and evaluation use only this.
 */
import type { Engine, Floats, LossSums } from "../engine/engine.js";
import type { ModelWindow } from "./check-window.js";

/** A predictor's memory of the tokens so far, for `batch` sequences. Only the predictor reads its content. */
export interface PredictorState {
  readonly batch: number;
  /** A copy that shares nothing. */
  copy(): PredictorState;
  /** Resets it, in place, to the state before the first token. */
  reset(): void;
  /** Row `from` of `source`, a state of the same predictor, into row `to` of this one. */
  copyRow(source: PredictorState, from: number, to: number): void;
  /** Numbers for display, of a predictor that has any: how many, and their present values. */
  readonly units?: number;
  readUnits?(into: Floats): void;
}

export interface Predictor {
  /** V: ids are whole numbers from 0 to V − 1. */
  readonly vocabulary: number;
  /** An engine that a sampler may use for its exponentials, where there is one. */
  readonly engine?: Engine;

  /** The state before the first token. */
  zeroState(batch: number): PredictorState;

  /**
   * Reads a window and sums the loss of its targets; `state`, made by `zeroState`, is advanced in place.
   * @param logProbabilities at least (T·B), gets ln p(target) of each row, 0 where the target is −1
   * @throws RangeError for sizes that do not fit, and ids outside the vocabulary
   */
  evaluate(window: ModelWindow, state: PredictorState, logProbabilities?: Floats): LossSums;

  /**
   * Reads one token for each of B sequences: (B, V), ln p of the next up to a constant a row. Not to be written, and
   * valid until the next call; `state` is advanced in place.
   * @throws RangeError for ids outside the vocabulary
   */
  logits(ids: Int32Array, state: PredictorState): Floats;
}
