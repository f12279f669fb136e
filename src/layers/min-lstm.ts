/**
 * minLSTM (Feng et al., 2024, arXiv 2410.01201), gate order f i h:
 *
 *   f_t = σ(W_if x_t + b_if),   f′_t = f_t / (f_t + i_t)
 *   i_t = σ(W_ii x_t + b_ii),   i′_t = i_t / (f_t + i_t)
 *   h̃_t = g(W_ih x_t + b_ih),   g(x) = x + 0.5 for x ≥ 0, σ(x) below, as in the paper's log-space form
 *   h_t = f′_t ⊙ h_{t−1} + i′_t ⊙ h̃_t
 *
 * The gates do not read h_{t−1}: no recurrent weights, and no product for each time step. There is no cell state. What a
 * gate knows of earlier tokens comes from the layers below, so that two layers see more than one.
 */
import type { Engine, PackedKind, Tensor, WindowShape } from "../engine/engine.js";
import { InputProductLayer } from "./input-product.js";

export class MinLstmLayer extends InputProductLayer {
  constructor(engine: Engine, index: number, inputSize: number, hiddenSize: number, kind?: PackedKind) {
    super(engine, index, inputSize, hiddenSize, 3, kind);
  }

  protected override forwardCell(shape: WindowShape, gates: Tensor, hs: Tensor): void {
    this.engine.minimalForward(shape, "minlstm", gates, hs);
  }

  protected override backwardCell(
    shape: WindowShape,
    gates: Tensor,
    hs: Tensor,
    dY: Tensor,
    dH: Tensor,
  ): Record<string, never> {
    this.engine.minimalBackward(shape, "minlstm", gates, hs, dY, dH);
    return {};
  }
}
