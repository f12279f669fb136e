/**
 * The rows of a window that have a target: only they go through an output layer, so that a prompt, which has none, costs
 * no logits, nor do lines that are over in a batch of lines. Those rows of h are gathered, and what comes back is spread
 * over all rows again.
 */
import type { Engine, Floats, IdTensor, Tensor } from "../engine/engine.js";
import { Workspace } from "./layer.js";

/** Gathering a row costs as much as about so many logits. */
const LOGITS_OF_A_ROW = 16;

export class CountedRows {
  /** Rows whose target is not −1. */
  count = 0;
  /** Rows that go through the output layer: those that count, or all, where leaving some out spares too little. */
  taken = 0;
  readonly #engine: Engine;
  readonly #H: number;
  readonly #V: number;
  readonly #h: Workspace;
  readonly #dH: Workspace;
  #N = 0;
  #targets: IdTensor;
  #rows: IdTensor;

  constructor(engine: Engine, hidden: number, vocabulary: number) {
    this.#engine = engine;
    this.#H = hidden;
    this.#V = vocabulary;
    this.#h = new Workspace(engine);
    this.#dH = new Workspace(engine);
    this.#targets = engine.ids(1);
    this.#rows = engine.ids(1);
  }

  /** (taken) */
  get targets(): IdTensor {
    return this.#targets;
  }

  /** Finds the rows of a window. @param targets (N), each from −1 to V − 1 */
  find(targets: Int32Array, N: number): void {
    let count = 0;
    for (let n = 0; n < N; n++) if (targets[n]! >= 0) count++;
    this.count = count;
    this.#N = N;
    const spares = count === 0 || (N - count) * this.#V >= LOGITS_OF_A_ROW * N;
    this.taken = spares ? count : N;
    if (this.#targets.length < this.taken) this.#targets = this.#engine.ids(N);
    if (this.taken === N) {
      this.#targets.data.set(targets.subarray(0, N));
      return;
    }
    if (this.#rows.length < count) this.#rows = this.#engine.ids(N);
    const [rows, own] = [this.#rows.data, this.#targets.data];
    let taken = 0;
    for (let n = 0; n < N; n++) {
      if (targets[n]! < 0) continue;
      rows[taken] = n;
      own[taken++] = targets[n]!;
    }
  }

  /** The taken rows of h (N, H). Valid until the next call. */
  gather(h: Tensor): Tensor {
    const { taken } = this;
    if (taken === this.#N) return h;
    const rows = this.#h.take(taken * this.#H);
    this.#engine.embeddingForward(h, this.#rows, rows, taken, this.#H);
    return rows;
  }

  /** Where the gradient by the taken rows is to be written: dH (N, H) itself where that is all rows. */
  gradient(dH: Tensor): Tensor {
    return this.taken === this.#N ? dH : this.#dH.take(this.taken * this.#H);
  }

  /** dH (N, H) from what was written to `gradient(dH)`; zero where no row counts. */
  spreadGradient(dH: Tensor): void {
    const { taken } = this;
    if (taken === this.#N) return;
    this.#engine.fill(dH, 0);
    if (taken > 0)
      this.#engine.embeddingBackward(this.#dH.take(taken * this.#H), this.#rows, dH, taken, this.#H);
  }

  /** A number of each taken row to all rows; 0 where a row is not taken. */
  spread(values: Floats, all: Floats): void {
    if (this.taken === this.#N) {
      all.set(values);
      return;
    }
    all.fill(0, 0, this.#N);
    const rows = this.#rows.data;
    for (let r = 0; r < this.taken; r++) all[rows[r]!] = values[r]!;
  }
}
