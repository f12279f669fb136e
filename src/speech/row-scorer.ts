/**
 * ln p of what many sequences predict, step by step. What a target costs is nothing that reading on needs: so where a model
 * shows the rows that its output layer reads, they are gathered over some steps and go through the softmax together, whose
 * weights then come from memory once for all of them and not once a step.
 */
import type { Floats, Tensor } from "../engine/engine.js";
import { KnownIds } from "../layers/known-ids.js";
import { Workspace } from "../layers/layer.js";
import type { Predictor, PredictorState, RowPredictor } from "../model/predictor.js";

/** Rows that go through the softmax together. */
const TOGETHER = 1024;

export interface RowScorer {
  /** Whether B sequences more would be too many before `take`. */
  isFull(B: number): boolean;
  /**
   * Reads an id of each of B sequences; `state` is advanced in place.
   * @param inputs (B)
   * @param targets (B), −1 from `count` on: what the first `count` of them predict
   */
  read(inputs: Int32Array, targets: Int32Array, count: number, state: PredictorState): void;
  /** ln p of all targets since the last call, in order; valid until the next `read`. */
  take(): Floats;
}

/** The faster way that a predictor allows. */
export const rowScorer = (model: Predictor): RowScorer =>
  isShowing(model) ? new TogetherScorer(model) : new StepScorer(model);

type ShowingPredictor = RowPredictor & Required<Pick<RowPredictor, "output">>;

const isShowing = (model: Predictor): model is ShowingPredictor =>
  "output" in model && model.output !== undefined;

/** Each step by itself, as any predictor can. */
class StepScorer implements RowScorer {
  readonly #model: Predictor;
  #logs = new Float64Array(0);
  #count = 0;

  constructor(model: Predictor) {
    this.#model = model;
  }

  isFull(): boolean {
    return this.#count > 0;
  }

  read(inputs: Int32Array, targets: Int32Array, count: number, state: PredictorState): void {
    const B = inputs.length;
    if (this.#logs.length < B) this.#logs = new Float64Array(B);
    this.#model.evaluate({ T: 1, B, inputs, targets }, state, this.#logs);
    this.#count = count;
  }

  take(): Floats {
    const count = this.#count;
    this.#count = 0;
    return this.#logs.subarray(0, count);
  }
}

class TogetherScorer implements RowScorer {
  readonly #model: ShowingPredictor;
  readonly #hidden: Workspace;
  readonly #logs: Workspace;
  readonly #targets: KnownIds;
  /** (rows, H), made when the first rows are shown. */
  #rows: Tensor | undefined;
  #H = 0;
  #count = 0;

  constructor(model: ShowingPredictor) {
    const { engine } = model;
    this.#model = model;
    this.#hidden = new Workspace(engine);
    this.#logs = new Workspace(engine);
    this.#targets = new KnownIds(engine);
    this.#targets.reserve(TOGETHER);
  }

  isFull(B: number): boolean {
    return this.#count > 0 && this.#count + B > TOGETHER;
  }

  read(inputs: Int32Array, targets: Int32Array, count: number, state: PredictorState): void {
    const { engine } = this.#model;
    const at = this.#count;
    const B = inputs.length;
    const known = this.#targets.reserve(at + count);
    for (let b = 0; b < count; b++) known[at + b] = targets[b]!;
    // Nothing is to be predicted yet.
    const window = { T: 1, B, inputs, targets: new Int32Array(B).fill(-1) };
    this.#model.readRows(window, state, (shown) => {
      const H = (this.#H = shown.hidden.length / shown.count);
      const rows = (this.#rows ??= this.#hidden.take(Math.max(TOGETHER, B) * H));
      const own = Math.min(shown.count, count - shown.from);
      if (own > 0) engine.copy(shown.hidden.slice(0, own * H), rows.slice((at + shown.from) * H, own * H));
    });
    this.#count += count;
  }

  take(): Floats {
    const { engine } = this.#model;
    const count = this.#count;
    this.#count = 0;
    if (count === 0) return new Float64Array(0);
    const logs = this.#logs.take(count);
    this.#targets.send(count);
    this.#model.output.loss(this.#rows!.slice(0, count * this.#H), this.#targets, count, logs);
    return engine.read(logs);
  }
}
