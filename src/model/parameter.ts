import type { IdTensor, Tensor } from "../engine/engine.js";

/** A named weight of a model, with its gradient. Names, shapes and gate order are PyTorch's. */
export interface Parameter {
  readonly name: string;
  readonly shape: readonly number[];
  readonly value: Tensor;
  /** Gradient of the loss of the last `LanguageModel.train`. */
  readonly grad: Tensor;
  /**
   * Where only some rows of the gradient can be other than zero (an embedding that is not tied): those rows,
   * each once. An optimizer may then leave the others alone. Undefined: the gradient is dense.
   */
  readonly touched: { readonly rows: IdTensor; count: number; readonly width: number } | undefined;
}
