/** The base of predictors that stand around others: what is measured and generated with, made of rows that are shown. */
import type { Engine, Floats, LossSums, Tensor } from "../engine/engine.js";
import type { UserErrorParts } from "../errors.js";
import type { ModelWindow } from "../model/check-window.js";
import type { PredictedRows, PredictorState, RowPredictor } from "../model/predictor.js";

/** Rows whose logits are made at a time: few enough that they stay in a cache. */
export const ROWS_AT_A_TIME = 32;

/** ln Σ_v e^{scale · x_v} of a row of logits, and its greatest logit. */
export function normaliser(engine: Engine, x: Tensor, scale: number): { logSum: number; greatest: number } {
  const greatest = engine.greatest(x);
  return { logSum: scale * greatest + Math.log(engine.sumOfExponentials(x, greatest, scale)), greatest };
}

export abstract class RowReader implements RowPredictor {
  readonly engine: Engine;
  readonly vocabulary: number;
  #logits: Floats = new Float32Array(0);
  #none = new Int32Array(0);

  constructor(engine: Engine, vocabulary: number) {
    this.engine = engine;
    this.vocabulary = vocabulary;
  }

  abstract get follows(): true | undefined;
  abstract get hazard(): UserErrorParts | undefined;
  abstract zeroState(batch: number): PredictorState;
  abstract readRows(window: ModelWindow, state: PredictorState, show: (rows: PredictedRows) => void): void;
  abstract stepRows(ids: Int32Array, state: PredictorState, show: (rows: PredictedRows) => void): void;

  evaluate(window: ModelWindow, state: PredictorState, logProbabilities?: Floats): LossSums {
    const N = window.T * window.B;
    if (logProbabilities && logProbabilities.length < N)
      throw new RangeError(
        `there is room for ${logProbabilities.length} log-probabilities, and the window has ${N} rows`,
      );
    logProbabilities?.fill(0, 0, N);
    const sums = { nats: 0, count: 0, correct: 0 };
    this.readRows(window, state, (rows) => {
      eachCounted(rows, window.targets, this.vocabulary, (x, target, n) => {
        const { logProbability, best } = this.#predicted(x, rows.scale, target);
        sums.nats -= logProbability;
        sums.count++;
        if (best) sums.correct++;
        if (logProbabilities) logProbabilities[n] = logProbability;
      });
    });
    return sums;
  }

  logits(ids: Int32Array, state: PredictorState): Floats {
    const length = ids.length * this.vocabulary;
    if (this.#logits.length !== length)
      this.#logits = this.engine.precision === "f64" ? new Float64Array(length) : new Float32Array(length);
    const all = this.#logits;
    this.stepRows(ids, state, ({ count, scale, logits }) => {
      this.engine.read(logits(0, count), all);
      if (scale !== 1) for (let i = 0; i < length; i++) all[i]! *= scale;
    });
    return all;
  }

  /** Targets of a window of which none is to be predicted. */
  protected noTargets(N: number): Int32Array {
    if (this.#none.length !== N) this.#none = new Int32Array(N).fill(-1);
    return this.#none;
  }

  /** ln p of a token by its row of logits, and whether it is the most probable: of equals the lowest. */
  #predicted(x: Tensor, scale: number, target: number): { logProbability: number; best: boolean } {
    const { logSum, greatest } = normaliser(this.engine, x, scale);
    const own = this.engine.read(x.slice(target, 1))[0]!;
    const best = own === greatest && !this.engine.read(x.slice(0, target)).includes(greatest);
    return { logProbability: scale * own - logSum, best };
  }
}

/**
 * Calls with the logits of every row that has a target, some at a time.
 * @param targets of the whole window
 * @param use gets the row's logits (V), its target, and its number in the window
 */
export function eachCounted(
  rows: PredictedRows,
  targets: Int32Array,
  V: number,
  use: (x: Tensor, target: number, n: number) => void,
): void {
  const counted = (r: number): boolean => targets[rows.from + r]! >= 0;
  for (let first = 0; first < rows.count; first += ROWS_AT_A_TIME) {
    const n = Math.min(ROWS_AT_A_TIME, rows.count - first);
    let any = false;
    for (let r = first; r < first + n; r++) any ||= counted(r);
    if (!any) continue;
    const logits = rows.logits(first, n);
    for (let r = 0; r < n; r++) {
      if (counted(first + r))
        use(logits.slice(r * V, V), targets[rows.from + first + r]!, rows.from + first + r);
    }
  }
}
