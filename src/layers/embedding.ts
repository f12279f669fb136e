/**
 * Embedding: y_n = W[id_n]. With embedding dropout (Gal and Ghahramani, 2016, arXiv 1512.05287) a training pass drops
 * whole words: y_n = W[id_n] · m[id_n] / (1 − p), where m has one element a word, 0 with probability p, for the window.
 * Only ids that are read cost anything. A tied decoder sees all of W.
 *
 * A window has far fewer distinct ids than rows, of characters above all; where nothing comes
 * between the embedding and the first layer (no other dropout), only the distinct rows need to go through that layer's input
 * product, and only their gradients come back.
 */
import type { DropoutSettings, Engine, PackedKind, Tensor } from "../engine/engine.js";
import { maskOf } from "./draw.js";
import { KnownIds } from "./known-ids.js";
import {
  type RepeatedRows,
  type WeightMatrix,
  isQuantized,
  operandOf,
  trained,
  weightMatrix,
} from "./layer.js";
import { type Pass, READING } from "./pass.js";
import { TouchedRowList } from "./touched-rows.js";

/** Sharing rows costs a passage through the gates: worth it where at least half of the rows repeat. */
const WORTH_SHARING = 0.5;

function wordMask({ draw, regularisation }: Pass): DropoutSettings | undefined {
  const p = regularisation?.dropoutWords ?? 0;
  return draw && p > 0 ? maskOf(draw, "words", p) : undefined;
}

export class Embedding {
  /** (V, E) */
  readonly weight: WeightMatrix;
  readonly #engine: Engine;
  readonly #width: number;
  /** The rows that its gradient has: also for an output layer that it is tied to, which lists its own there. */
  readonly touched: TouchedRowList;
  /** Ids of the last `forward`. */
  readonly #ids: KnownIds;
  #N = 0;
  /** Of the words of the last forward pass, where any may be dropped. */
  #mask: DropoutSettings | undefined;
  /** The distinct ids of the last window, in order of first appearance, and where each of its rows stands in them. */
  readonly #rows: KnownIds;
  readonly #places: KnownIds;
  #count = 0;
  /** By id: its place in `#rows`, −1 when it has none. */
  readonly #placeOf: Int32Array;

  /** @param tied an output layer adds to the gradient too */
  constructor(engine: Engine, vocabulary: number, width: number, tied: boolean, kind: PackedKind = "float") {
    this.#engine = engine;
    this.#width = width;
    this.touched = new TouchedRowList(engine, vocabulary, width, tied ? "whole" : "rows");
    this.#ids = new KnownIds(engine);
    this.#rows = new KnownIds(engine);
    this.#places = new KnownIds(engine);
    this.#placeOf = new Int32Array(vocabulary).fill(-1);
    const touched = () => this.touched.rows;
    this.weight = weightMatrix(engine, kind, "embedding.weight", [vocabulary, width], { touched });
  }

  /** y (N, E) = rows of W. @param ids (N), each of the vocabulary */
  forward(ids: Int32Array, y: Tensor, pass: Pass = READING): void {
    const N = ids.length;
    this.#N = N;
    this.#ids.reserve(N).set(ids);
    this.#lookUp(this.#ids, N, y);
    this.#mask = wordMask(pass);
    this.#drop(y, this.#ids, N);
  }

  /** W (V, E) as floats: the weights themselves, or a copy made of int8. */
  floats(): Tensor {
    const { weight } = this;
    if (!isQuantized(weight)) return weight.value;
    const [V, E] = weight.shape;
    const all = new KnownIds(this.#engine);
    const y = this.#engine.tensor(V * E);
    const ids = all.reserve(V);
    for (let id = 0; id < V; id++) ids[id] = id;
    this.#lookUp(all, V, y);
    return y;
  }

  /** Writes the distinct rows to y (U, E) instead, U ≤ N, where that is worth it; undefined where it is not. */
  forwardDistinct(ids: Int32Array, y: Tensor, pass: Pass = READING): RepeatedRows | undefined {
    const N = ids.length;
    this.#listRows(ids, N);
    if (this.#count > N * WORTH_SHARING) return undefined;
    this.#lookUp(this.#rows, this.#count, y);
    this.#mask = wordMask(pass);
    this.#drop(y, this.#rows, this.#count);
    return { count: this.#count, places: this.#places.send(N) };
  }

  #lookUp(ids: KnownIds, N: number, y: Tensor): void {
    this.#engine.embeddingForward(operandOf(this.weight), ids.send(N), y, N, this.#width);
  }

  /** Y = Y ⊙ m / (1 − p), by the ids of its rows; for a gradient it is the same. */
  #drop(y: Tensor, ids: KnownIds, N: number): void {
    if (this.#mask) this.#engine.dropoutRows(y, y, ids.tensor, N, this.#width, this.#mask);
  }

  /** Sets the gradient to zero: the touched rows only, where it is sparse. */
  zeroGradient(): void {
    this.touched.clear(trained(this.weight).grad);
  }

  /** dW[id_n] += dY[n] · m[id_n] / (1 − p), for the ids of the last `forward`: dY (N, E), which may be overwritten. */
  backward(dY: Tensor): void {
    const N = this.#N;
    this.#drop(dY, this.#ids, N);
    if (!this.touched.all) {
      this.#listRows(this.#ids.values, N);
      this.touched.add(this.#rows.values, this.#count);
    }
    this.#engine.embeddingBackward(dY, this.#ids.tensor, trained(this.weight).grad, N, this.#width);
  }

  /** The same for the distinct rows of the last `forwardDistinct`: dY (U, E). */
  backwardDistinct(dY: Tensor): void {
    this.#drop(dY, this.#rows, this.#count);
    this.touched.add(this.#rows.values, this.#count);
    const { grad } = trained(this.weight);
    this.#engine.embeddingBackward(dY, this.#rows.tensor, grad, this.#count, this.#width);
  }

  #listRows(ids: Int32Array, N: number): void {
    const rows = this.#rows.reserve(N);
    const places = this.#places.reserve(N);
    const placeOf = this.#placeOf;
    let count = 0;
    for (let n = 0; n < N; n++) {
      const id = ids[n]!;
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
