/**
 * What predicts the next token: a model, or whatever stands around one or several — a cache of what was read lately, a
 * mixture with counts of n-grams, an ensemble. Generation, scoring, completion and evaluation take this and know no more.
 */
import type { Engine, Floats, LossSums } from "../engine/engine.js";
import type { ModelWindow } from "./check-window.js";

/** What a predictor remembers of what it has read, for `batch` sequences. Nobody else looks into it. */
export interface PredictorState {
  readonly batch: number;
  /** A copy that shares nothing. */
  copy(): PredictorState;
  /** Back to before anything was read, in place. */
  reset(): void;
  /** Row `from` of `source`, a state of the same predictor, into row `to` of this one. */
  copyRow(source: PredictorState, from: number, to: number): void;
  /** Numbers to look at, of a predictor that has any: how many, and what they are now. */
  readonly units?: number;
  readUnits?(into: Floats): void;
}

export interface Predictor {
  /** V: ids are whole numbers from 0 to V − 1. */
  readonly vocabulary: number;
  /** An engine that a sampler may use for its exponentials, where there is one. */
  readonly engine?: Engine;

  /** The state before anything was read. */
  zeroState(batch: number): PredictorState;

  /**
   * Reads a window and tells how probable its targets were; `state`, made by `zeroState`, is advanced in place.
   * @param logProbabilities at least (T·B), gets ln p(target) of each row, 0 where the target is −1
   * @throws RangeError for sizes that do not fit, and ids that are none
   */
  evaluate(window: ModelWindow, state: PredictorState, logProbabilities?: Floats): LossSums;

  /**
   * Reads one token for each of B sequences: (B, V), ln p of the next up to a constant a row. Not to be written, and
   * valid until the next call; `state` is advanced in place.
   * @throws RangeError for ids that are none
   */
  logits(ids: Int32Array, state: PredictorState): Floats;
}
