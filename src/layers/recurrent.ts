/**
 * The interface of recurrent layers: from a window of inputs and a state to outputs and the state after them, and back
 * for gradients. How a layer computes is its own affair: cells whose input goes through one product a window share
 * input-product.ts; a cell that changes its input by h_{t−1} at each step does not use it.
 */
import type { IdTensor, Tensor } from "../engine/engine.js";
import type { RepeatedRows, WeightMatrix } from "./layer.js";
import type { Pass } from "./pass.js";

/** The state of one layer for B sequences; tensors of B·H, row b first. */
export interface LayerState {
  readonly h: Tensor;
  /** The cell state, of cells that have one. */
  readonly c?: Tensor;
}

/** Gradients by a layer's initial state, the layer's own: valid until its next `backward`. */
export interface StateGradient {
  readonly h: Tensor;
  readonly c?: Tensor;
}

export interface RecurrentLayer {
  /** In the order of the file. */
  readonly weights: readonly WeightMatrix[];

  /** The gates of the last `forward` (T·B, G·H), for recording; of layers that have any. */
  readonly gates?: Tensor | undefined;

  /** Of layers whose input goes through one product a window. */
  readonly inputProduct?: InputProduct | undefined;

  /** To be called after the weights were changed. */
  weightsChanged(): void;

  /**
   * Y (T·B, H) from X (T·B, I), from the state on; `state` is advanced in place. Y stays valid until the next call,
   * and X has to stay as it is until `backward`.
   */
  forward(x: Tensor, T: number, B: number, state: LayerState, pass: Pass): Tensor;

  /**
   * Adds to the weights' gradients, writes dX (T·B, I) where it is given, which may be X's own memory, and returns the
   * gradient by the initial state. dY (T·B, H), which is kept as it is. The gradient by the last state is `last`, zero when
   * not given (truncation).
   */
  backward(dY: Tensor, dX: Tensor | undefined, last?: StateGradient): StateGradient;
}

/** A layer's input product W_ih x + b, apart from its recurrence, so that equal rows are multiplied once. */
export interface InputProduct {
  /** G·H: columns of the projection. */
  readonly width: number;

  /** Z (N, G·H) from X (N, I). */
  project(x: Tensor, z: Tensor, N: number): void;

  /** `forward` where X (U, I) holds the distinct rows only; then dX of `backward` is (U, I) too. */
  forwardRepeated(
    x: Tensor,
    repeated: RepeatedRows,
    T: number,
    B: number,
    state: LayerState,
    pass: Pass,
  ): Tensor;

  /** `forward` where row n of the projected input is row ids[n] of `table` (·, G·H). It has no backward pass. */
  forwardFrom(table: Tensor, ids: IdTensor, T: number, B: number, state: LayerState): Tensor;
}
