/**
 * The interface of anything that predicts the next token: a model, or a wrapper of one or several: a cache of recent
 * tokens, a mixture with counts of n-grams, an ensemble. Generation, scoring, completion and evaluation use only this.
 */
import type { Engine, Floats, LossSums, Tensor } from "../engine/engine.js";
import type { UserErrorParts } from "../errors.js";
import type { OutputLayer } from "../layers/output-layer.js";
import type { ModelWindow } from "./check-window.js";

/** A predictor's memory of the tokens so far, for `batch` sequences. Only the predictor reads its content. */
export interface PredictorState {
  readonly batch: number;
  /** A copy that shares nothing. */
  copy(): PredictorState;
  /** Resets it, in place, to the state before the first token. */
  reset(): void;
  /**
   * Begins another line of the same text, in place: as `reset`, but what a predictor remembers of the text as a whole (a
   * cache) stays. Absent where nothing of that kind is remembered: then `reset` begins a line too.
   */
  beginLine?(): void;
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
  /** It follows one text as it is read, so that windows hold one sequence, and lines come one after the other. */
  readonly follows?: true | undefined;

  /** What to say where its probabilities are no finite numbers; absent where only broken weights lead to that. */
  readonly hazard?: UserErrorParts | undefined;

  /** Counts the changes of its weights: a state that was read before one is that of another model. */
  readonly revision?: number;

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

/** Some rows of a window as they are read, in order; all of it is valid during the call it is given to. */
export interface PredictedRows {
  /** The first of them among the window's rows n = t·B + b, and how many. */
  readonly from: number;
  readonly count: number;
  /** (count, H) what the output layer reads, of which nothing is dropped. Not to be written. */
  readonly hidden: Tensor;
  /** ln p of a token is `scale` times its logit, up to a constant a row. */
  readonly scale: number;
  /** (n, V) logits of `n` rows from number `first` of these; may be overwritten, and are valid until the next call. */
  logits(first: number, n: number): Tensor;
}

/** A predictor that shows what it reads row by row, with whole distributions: what caches and mixtures are made over. */
export interface RowPredictor extends Predictor {
  readonly engine: Engine;

  /**
   * Reads a window and shows all of its rows; `state` is advanced in place.
   * @throws RangeError for sizes that do not fit, and ids outside the vocabulary
   */
  readRows(window: ModelWindow, state: PredictorState, show: (rows: PredictedRows) => void): void;

  /** Reads one token for each of B sequences, as `logits` does, and shows their B rows. */
  stepRows(ids: Int32Array, state: PredictorState, show: (rows: PredictedRows) => void): void;

  /**
   * What makes a loss of `hidden`, of rows of many windows together too. Absent where what is predicted is not known from them
   * alone.
   */
  readonly output?: Pick<OutputLayer, "loss">;
}

/** Begins another line of the same text. */
export function beginLine(state: PredictorState): void {
  if (state.beginLine) state.beginLine();
  else state.reset();
}
