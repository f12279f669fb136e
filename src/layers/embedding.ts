/** Embedding: y_n = W[id_n]. */
import type { Engine, IdTensor, PackedKind, Tensor } from "../engine/engine.js";
import { type TouchedRows, type WeightMatrix, isQuantized, trained, weightMatrix } from "./layer.js";

export class Embedding {
  /** (V, E) */
  readonly weight: WeightMatrix;
  readonly #engine: Engine;
  readonly #width: number;
  readonly #touched: TouchedRows | undefined;
  readonly #seen: Uint8Array;

  /** @param dense true where something else adds to the gradient too (tied weights) */
  constructor(engine: Engine, vocabulary: number, width: number, dense: boolean, kind: PackedKind = "float") {
    this.#engine = engine;
    this.#width = width;
    this.#touched = dense ? undefined : { rows: engine.ids(1), count: 0, width };
    this.#seen = new Uint8Array(dense ? 0 : vocabulary);
    const touched = this.#touched;
    this.weight = weightMatrix(engine, kind, "embedding.weight", [vocabulary, width], { touched });
  }

  /** y (N, E) = rows of W. */
  forward(ids: IdTensor, y: Tensor, N: number): void {
    const { weight } = this;
    const w = isQuantized(weight) ? weight.packed[0]! : weight.value;
    this.#engine.embeddingForward(w, ids, y, N, this.#width);
  }

  /** Sets the gradient to zero: the touched rows only, where it is sparse. */
  zeroGradient(): void {
    const { grad } = trained(this.weight);
    if (this.#touched) this.#engine.zeroRows(grad, this.#touched.rows, this.#touched.count, this.#width);
    else this.#engine.fill(grad, 0);
  }

  /** dW[id_n] += dY[n] */
  backward(dY: Tensor, ids: IdTensor, N: number): void {
    if (this.#touched) this.#listRows(ids, N);
    this.#engine.embeddingBackward(dY, ids, trained(this.weight).grad, N, this.#width);
  }

  /** The distinct ids, in order of first appearance. */
  #listRows(ids: IdTensor, N: number): void {
    const touched = this.#touched!;
    if (touched.rows.length < N) touched.rows = this.#engine.ids(N);
    const from = ids.data;
    const rows = touched.rows.data;
    let count = 0;
    for (let n = 0; n < N; n++) {
      const id = from[n]!;
      if (this.#seen[id]) continue;
      this.#seen[id] = 1;
      rows[count++] = id;
    }
    for (let r = 0; r < count; r++) this.#seen[rows[r]!] = 0;
    touched.count = count;
  }
}
