/**
 * The rows of a gradient that were added to since it was set to zero, each once: for an embedding the ids of the
 * windows, for a sampled softmax the candidates, for tied weights both. Zeroing, norm and update can skip the other rows.
 */
import type { Engine, IdTensor, Tensor } from "../engine/engine.js";
import { KnownIds } from "./known-ids.js";

/** The first `count` of `rows` are the rows of a (·, width) gradient that windows touched. */
export interface TouchedRows {
  readonly rows: IdTensor;
  /** The same rows, for JavaScript. */
  readonly values: Int32Array;
  readonly count: number;
  readonly width: number;
  /**
   * What a norm sums over where all rows are updated: these rows, or the whole gradient, zeros and all. The sum is the
   * same, its order is not: it stays what it was when runs began that are to be gone on with bit for bit.
   */
  readonly normed: "rows" | "whole";
}

export class TouchedRowList {
  readonly #engine: Engine;
  readonly #width: number;
  /** By row: 1 where it is listed. */
  readonly #listed: Uint8Array;
  readonly #rows: KnownIds;
  readonly #normed: TouchedRows["normed"];
  #count = 0;
  #all = false;

  /** @param height rows of the gradient */
  constructor(engine: Engine, height: number, width: number, normed: TouchedRows["normed"] = "rows") {
    this.#engine = engine;
    this.#width = width;
    this.#normed = normed;
    this.#listed = new Uint8Array(height);
    this.#rows = new KnownIds(engine);
  }

  /** The rows; undefined where any row may have been added to. */
  get rows(): TouchedRows | undefined {
    if (this.#all) return undefined;
    const { tensor, values } = this.#rows;
    return { rows: tensor, values, count: this.#count, width: this.#width, normed: this.#normed };
  }

  /** Whether any row may have been added to. */
  get all(): boolean {
    return this.#all;
  }

  /** Adds the first `count` of these. */
  add(rows: Int32Array, count: number): void {
    if (this.#all) return;
    const listed = this.#listed;
    const own = this.#rows.reserve(Math.min(this.#count + count, listed.length));
    for (let r = 0; r < count; r++) {
      const row = rows[r]!;
      if (listed[row] === 1) continue;
      listed[row] = 1;
      own[this.#count++] = row;
    }
    this.#rows.send(this.#count);
  }

  /** Any row may differ from zero from now on, until the gradient is cleared. */
  addAll(): void {
    this.#all = true;
  }

  /** Sets the gradient to zero, and forgets the rows. */
  clear(gradient: Tensor): void {
    const { tensor, values } = this.#rows;
    const count = this.#count;
    if (this.#all) this.#engine.fill(gradient, 0);
    else this.#engine.zeroRows(gradient, tensor, count, this.#width);
    for (let r = 0; r < count; r++) this.#listed[values[r]!] = 0;
    this.#count = 0;
    this.#all = false;
  }
}
