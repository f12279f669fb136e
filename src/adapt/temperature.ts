/**
 * Softmax temperature: p_τ(v) ∝ p(v)^{1/τ}. A model that is too sure of itself on text it was not trained on, as one
 * that was trained for many epochs is, gains by τ > 1; one that was regularised strongly by τ < 1 (Melis et al., 2020).
 */
import { option, sentence, type UserErrorParts } from "../errors.js";
import type { ModelWindow } from "../model/check-window.js";
import type { PredictedRows, PredictorState, RowPredictor } from "../model/predictor.js";
import { RowReader } from "./row-reader.js";

export class Temperature extends RowReader {
  readonly #inner: RowPredictor;
  readonly #temperature: number;
  readonly #scale: number;

  /** @param temperature τ, above 0 */
  constructor(inner: RowPredictor, temperature: number) {
    super(inner.engine, inner.vocabulary);
    if (!(temperature > 0 && temperature < Infinity))
      throw new RangeError(`the temperature is ${temperature}; it has to be a number above 0`);
    this.#inner = inner;
    this.#temperature = temperature;
    this.#scale = 1 / temperature;
  }

  get follows(): true | undefined {
    return this.#inner.follows;
  }

  get hazard(): UserErrorParts | undefined {
    if (this.#inner.hazard || this.#temperature >= 1) return this.#inner.hazard;
    const given = option("temperature", this.#temperature);
    return {
      option: "temperature",
      problem: sentence`With ${given} the model is so sure of itself that what it did not expect has no finite figure`,
      advice: "give one nearer to 1",
    };
  }

  zeroState(batch: number): PredictorState {
    return this.#inner.zeroState(batch);
  }

  readRows(window: ModelWindow, state: PredictorState, show: (rows: PredictedRows) => void): void {
    this.#inner.readRows(window, state, (rows) => show(this.#cooled(rows)));
  }

  stepRows(ids: Int32Array, state: PredictorState, show: (rows: PredictedRows) => void): void {
    this.#inner.stepRows(ids, state, (rows) => show(this.#cooled(rows)));
  }

  #cooled(rows: PredictedRows): PredictedRows {
    return { ...rows, scale: rows.scale * this.#scale };
  }
}
