/** What the layers share: parameters with their gradients, and workspace that grows to the largest window seen. */
import type { Engine, IdTensor, Tensor } from "../engine/engine.js";

/** A named weight of a model, with its gradient. Names, shapes and gate order are PyTorch's. */
export interface Parameter {
  readonly name: string;
  readonly shape: readonly number[];
  readonly value: Tensor;
  /** Gradient of the loss of the last training step. */
  readonly grad: Tensor;
  /**
   * Where only some rows of the gradient can be other than zero (an embedding that is not tied): those rows,
   * each once. An optimizer may then leave the others alone. Undefined: the gradient is dense.
   */
  readonly touched: TouchedRows | undefined;
}

/** The first `count` of `rows` are the rows of a (·, width) gradient that a window touched. */
export interface TouchedRows {
  rows: IdTensor;
  count: number;
  readonly width: number;
}

/** How the N rows of a layer's input repeat a few: row n is row `places[n]` of the `count` that are there. */
export interface RepeatedRows {
  readonly count: number;
  /** (N) */
  readonly places: IdTensor;
}

/** A parameter of zeros. */
export function parameter(
  engine: Engine,
  name: string,
  shape: readonly number[],
  touched?: TouchedRows,
): Parameter {
  const length = shape.reduce((a, b) => a * b, 1);
  return { name, shape, value: engine.tensor(length), grad: engine.tensor(length), touched };
}

/** A tensor that is made anew, larger, when it no longer suffices. */
export class Workspace {
  readonly #engine: Engine;
  #tensor: Tensor | undefined;

  constructor(engine: Engine) {
    this.#engine = engine;
  }

  /** `length` floats, with whatever the last user left in them. */
  take(length: number): Tensor {
    if (!this.#tensor || this.#tensor.length < length) this.#tensor = this.#engine.tensor(length);
    return this.#tensor.length === length ? this.#tensor : this.#tensor.slice(0, length);
  }
}
