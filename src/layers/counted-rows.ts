/**
 * The rows of a window that have a target: only they go through an output layer, so that no logits are computed for a
 * prompt, which has none, or for lines of a batch that have ended. Those rows of h are gathered, and the gradients and
 * numbers that come back are scattered to all rows.
 */
import type { Engine, Floats, Tensor } from "../engine/engine.js";
import { KnownIds } from "./known-ids.js";
import { Workspace } from "./layer.js";

/** Gathering a row costs as much as about so many logits. */
const LOGITS_OF_A_ROW = 16;

export class CountedRows {
  /** Rows whose target is not −1. */
  count = 0;
  /** Rows that go through the output layer: those that count, or all where leaving some out saves too little. */
  taken = 0;
  /** The taken rows' targets. */
  readonly targets: KnownIds;
  readonly #engine: Engine;
  readonly #H: number;
  readonly #V: number;
  readonly #rows: KnownIds;
  readonly #ids: KnownIds;
  readonly #h: Workspace;
  readonly #dH: Workspace;
  #values: Float64Array = new Float64Array(1);
  #N = 0;

  constructor(engine: Engine, hidden: number, vocabulary: number) {
    this.#engine = engine;
    this.#H = hidden;
    this.#V = vocabulary;
    this.#h = new Workspace(engine);
    this.#dH = new Workspace(engine);
    this.targets = new KnownIds(engine);
    this.#rows = new KnownIds(engine);
    this.#ids = new KnownIds(engine);
  }

  /** Finds the rows of a window. @param targets (N), each from −1 to V − 1 */
  find(targets: Int32Array): void {
    const N = targets.length;
    let count = 0;
    for (let n = 0; n < N; n++) if (targets[n]! >= 0) count++;
    this.count = count;
    this.#N = N;
    const spares = count === 0 || (N - count) * this.#V >= LOGITS_OF_A_ROW * N;
    this.taken = spares ? count : N;
    const own = this.targets.reserve(this.taken);
    if (this.taken === N) {
      own.set(targets);
    } else {
      const rows = this.#rows.reserve(count);
      let taken = 0;
      for (let n = 0; n < N; n++) {
        if (targets[n]! < 0) continue;
        rows[taken] = n;
        own[taken++] = targets[n]!;
      }
      this.#rows.send(count);
    }
    this.targets.send(this.taken);
  }

  /** The taken rows' ids of `ids` (N), −1 where the target is. Valid until the next call. */
  gatherIds(ids: Int32Array): KnownIds {
    const { taken } = this;
    const own = this.#ids.reserve(taken);
    const targets = this.targets.values;
    for (let r = 0; r < taken; r++) {
      const n = taken === this.#N ? r : this.#rows.values[r]!;
      own[r] = targets[r]! < 0 ? -1 : ids[n]!;
    }
    this.#ids.send(taken);
    return this.#ids;
  }

  /** The taken rows of h (N, H). Valid until the next call. */
  gather(h: Tensor): Tensor {
    const { taken } = this;
    if (taken === this.#N) return h;
    const rows = this.#h.take(taken * this.#H);
    this.#engine.embeddingForward(h, this.#rows.tensor, rows, taken, this.#H);
    return rows;
  }

  /** Where to write the gradient by the taken rows: dH (N, H) itself where all rows are taken. */
  gradient(dH: Tensor): Tensor {
    return this.taken === this.#N ? dH : this.#dH.take(this.taken * this.#H);
  }

  /** dH (N, H) from what was written to `gradient(dH)`; zero where no row counts. */
  spreadGradient(dH: Tensor): void {
    const { taken } = this;
    if (taken === this.#N) return;
    this.#engine.fill(dH, 0);
    if (taken === 0) return;
    const gathered = this.#dH.take(taken * this.#H);
    this.#engine.embeddingBackward(gathered, this.#rows.tensor, dH, taken, this.#H);
  }

  /** A number of each taken row to all rows; 0 where a row is not taken. @param all at least N */
  spread(values: Tensor, all: Floats): void {
    const { taken } = this;
    if (taken === this.#N) {
      this.#engine.read(values, all);
      return;
    }
    if (this.#values.length < taken) this.#values = new Float64Array(taken);
    this.#engine.read(values, this.#values);
    all.fill(0, 0, this.#N);
    const rows = this.#rows.values;
    for (let r = 0; r < taken; r++) all[rows[r]!] = this.#values[r]!;
  }
}
