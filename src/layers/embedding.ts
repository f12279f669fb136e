/**
 * Embedding: y_n = W[id_n]. A window has far fewer distinct ids than rows, of characters above all; where nothing comes
 * between the embedding and the first layer (no dropout), only the distinct rows need to go through that layer's input
 * product, and only their gradients come back.
 */
import type { Engine, IdTensor, PackedKind, Tensor } from "../engine/engine.js";
import {
  type RepeatedRows,
  type WeightMatrix,
  isQuantized,
  operandOf,
  trained,
  weightMatrix,
} from "./layer.js";
import { TouchedRowList } from "./touched-rows.js";

/** Sharing rows costs a passage through the gates: worth it where at least half of the rows repeat. */
const WORTH_SHARING = 0.5;

export class Embedding {
  /** (V, E) */
  readonly weight: WeightMatrix;
  readonly #engine: Engine;
  readonly #width: number;
  /** Where the gradient is sparse. */
  readonly #touched: TouchedRowList | undefined;
  /** The distinct ids of the last window, in order of first appearance, and where each of its rows stands in them. */
  #rows: IdTensor;
  #places: IdTensor;
  #count = 0;
  /** By id: its place in `#rows`, −1 when it has none. */
  readonly #placeOf: Int32Array;

  /** @param dense true where something else adds to the gradient too (tied weights) */
  constructor(engine: Engine, vocabulary: number, width: number, dense: boolean, kind: PackedKind = "float") {
    this.#engine = engine;
    this.#width = width;
    this.#touched = dense ? undefined : new TouchedRowList(engine, vocabulary, width);
    this.#rows = engine.ids(1);
    this.#places = engine.ids(1);
    this.#placeOf = new Int32Array(vocabulary).fill(-1);
    const touched = () => this.#touched?.rows;
    this.weight = weightMatrix(engine, kind, "embedding.weight", [vocabulary, width], { touched });
  }

  /** y (N, E) = rows of W. */
  forward(ids: IdTensor, y: Tensor, N: number): void {
    this.#engine.embeddingForward(operandOf(this.weight), ids, y, N, this.#width);
  }

  /** W (V, E) as floats: the weights themselves, or a copy made of int8. */
  floats(): Tensor {
    const { weight } = this;
    if (!isQuantized(weight)) return weight.value;
    const [V, E] = weight.shape;
    const [ids, y] = [this.#engine.ids(V), this.#engine.tensor(V * E)];
    for (let id = 0; id < V; id++) ids.data[id] = id;
    this.forward(ids, y, V);
    return y;
  }

  /** Writes the distinct rows to y (U, E) instead, U ≤ N, where that is worth it; undefined where it is not. */
  forwardDistinct(ids: IdTensor, y: Tensor, N: number): RepeatedRows | undefined {
    this.#listRows(ids, N);
    if (this.#count > N * WORTH_SHARING) return undefined;
    this.forward(this.#rows, y, this.#count);
    return { count: this.#count, places: this.#places };
  }

  /** Sets the gradient to zero: the touched rows only, where it is sparse. */
  zeroGradient(): void {
    const { grad } = trained(this.weight);
    if (this.#touched) this.#touched.clear(grad);
    else this.#engine.fill(grad, 0);
  }

  /** dW[id_n] += dY[n] */
  backward(dY: Tensor, ids: IdTensor, N: number): void {
    if (this.#touched) {
      this.#listRows(ids, N);
      this.#touched.add(this.#rows.data, this.#count);
    }
    this.#engine.embeddingBackward(dY, ids, trained(this.weight).grad, N, this.#width);
  }

  /** The same for the distinct rows of the last `forwardDistinct`: dY (U, E). */
  backwardDistinct(dY: Tensor): void {
    this.#touched?.add(this.#rows.data, this.#count);
    this.#engine.embeddingBackward(dY, this.#rows, trained(this.weight).grad, this.#count, this.#width);
  }

  #listRows(ids: IdTensor, N: number): void {
    if (this.#rows.length < N) {
      this.#rows = this.#engine.ids(N);
      this.#places = this.#engine.ids(N);
    }
    const [from, rows, places, placeOf] = [ids.data, this.#rows.data, this.#places.data, this.#placeOf];
    let count = 0;
    for (let n = 0; n < N; n++) {
      const id = from[n]!;
      if (placeOf[id]! < 0) {
        placeOf[id] = count;
        rows[count++] = id;
      }
      places[n] = placeOf[id]!;
    }
    for (let r = 0; r < count; r++) placeOf[rows[r]!] = -1;
    this.#count = count;
  }
}
