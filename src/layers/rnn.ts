/**
 * Elman RNN (Elman, 1990), the simple recurrence:
 *
 *   h_t = φ(W_hh h_{t−1} + W_xh x_t + b_h),   φ = tanh or relu
 *
 * b_h = b_ih + b_hh: two biases as PyTorch keeps them.
 */
import type { Engine, Nonlinearity, PackedKind, Tensor, WindowShape } from "../engine/engine.js";
import { HiddenToHiddenLayer } from "./hidden-to-hidden.js";

export class RnnLayer extends HiddenToHiddenLayer {
  readonly #phi: Nonlinearity;

  constructor(
    engine: Engine,
    index: number,
    inputSize: number,
    hiddenSize: number,
    phi: Nonlinearity,
    kind?: PackedKind,
  ) {
    super(engine, index, inputSize, hiddenSize, [1], true, kind);
    this.#phi = phi;
  }

  /** Its pre-activation is not a gate, so nothing is recorded. */
  override get gates(): undefined {
    return undefined;
  }

  protected override forwardCell(shape: WindowShape, z: Tensor, hs: Tensor): void {
    this.engine.rnnForward(shape, this.#phi, this.hhForward[0]!, z, hs);
  }

  protected override backwardCell(
    shape: WindowShape,
    z: Tensor,
    hs: Tensor,
    dY: Tensor,
    dH: Tensor,
  ): Record<string, never> {
    this.engine.rnnBackward(shape, this.#phi, this.hhBackward[0]!, hs, dY, z, dH);
    return {};
  }
}
