/**
 * The rows of a gradient that were added to since it was set to zero, each once: of an embedding the ids that were read,
 * of a sampled softmax the candidates. What clears, norms and updates may leave the other rows alone.
 */
import type { Engine, IdTensor, Tensor } from "../engine/engine.js";

/** The first `count` of `rows` are the rows of a (·, width) gradient that windows touched. */
export interface TouchedRows {
  readonly rows: IdTensor;
  readonly count: number;
  readonly width: number;
}

export class TouchedRowList {
  readonly #engine: Engine;
  readonly #width: number;
  /** By row: 1 where it is listed. */
  readonly #listed: Uint8Array;
  #rows: IdTensor;
  #count = 0;
  #all = false;

  /** @param height rows of the gradient */
  constructor(engine: Engine, height: number, width: number) {
    this.#engine = engine;
    this.#width = width;
    this.#listed = new Uint8Array(height);
    this.#rows = engine.ids(1);
  }

  /** The rows; undefined where it may be any. */
  get rows(): TouchedRows | undefined {
    return this.#all ? undefined : { rows: this.#rows, count: this.#count, width: this.#width };
  }

  /** Adds the first `count` of these. */
  add(rows: Int32Array, count: number): void {
    if (this.#all) return;
    this.#makeRoom(this.#count + count);
    const [own, listed] = [this.#rows.data, this.#listed];
    for (let r = 0; r < count; r++) {
      const row = rows[r]!;
      if (listed[row] === 1) continue;
      listed[row] = 1;
      own[this.#count++] = row;
    }
  }

  /** From now on, until it is cleared, any row may be other than zero. */
  addAll(): void {
    this.#all = true;
  }

  /** Sets the gradient to zero, and begins anew. */
  clear(gradient: Tensor): void {
    const [rows, count] = [this.#rows, this.#count];
    if (this.#all) this.#engine.fill(gradient, 0);
    else this.#engine.zeroRows(gradient, rows, count, this.#width);
    const [own, listed] = [rows.data, this.#listed];
    for (let r = 0; r < count; r++) listed[own[r]!] = 0;
    this.#count = 0;
    this.#all = false;
  }

  #makeRoom(most: number): void {
    const length = Math.min(most, this.#listed.length);
    if (this.#rows.length >= length) return;
    const former = this.#rows;
    this.#rows = this.#engine.ids(Math.min(Math.max(length, 2 * former.length), this.#listed.length));
    this.#rows.data.set(former.data.subarray(0, this.#count));
  }
}
