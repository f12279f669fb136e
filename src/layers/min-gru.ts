/**
 * minGRU (Feng et al., 2024, arXiv 2410.01201), gate order z h:
 *
 *   z_t = σ(W_iz x_t + b_iz)
 *   h̃_t = g(W_ih x_t + b_ih),   g(x) = x + 0.5 for x ≥ 0, σ(x) below, as in the paper's log-space form
 *   h_t = (1 − z_t) ⊙ h_{t−1} + z_t ⊙ h̃_t
 *
 * The gates do not read h_{t−1}: no recurrent weights, and no product for each time step. What a gate knows of earlier
 * tokens comes from the layers below, so that two layers see more than one.
 */
import type { Engine, PackedKind, Tensor, WindowShape } from "../engine/engine.js";
import { InputProductLayer } from "./input-product.js";

export class MinGruLayer extends InputProductLayer {
  constructor(engine: Engine, index: number, inputSize: number, hiddenSize: number, kind?: PackedKind) {
    super(engine, index, inputSize, hiddenSize, 2, kind);
  }

  protected override forwardCell(shape: WindowShape, gates: Tensor, hs: Tensor): void {
    this.engine.minimalForward(shape, "mingru", gates, hs);
  }

  protected override backwardCell(
    shape: WindowShape,
    gates: Tensor,
    hs: Tensor,
    dY: Tensor,
    dH: Tensor,
  ): Record<string, never> {
    this.engine.minimalBackward(shape, "mingru", gates, hs, dY, dH);
    return {};
  }
}
