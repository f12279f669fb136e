/**
 * GRU (Cho et al., 2014), in the form PyTorch and cuDNN compute (`reset_after`: the reset gate acts on the product),
 * gate order r z n:
 *
 *   r_t = σ(W_ir x_t + b_ir + W_hr h_{t−1} + b_hr)
 *   z_t = σ(W_iz x_t + b_iz + W_hz h_{t−1} + b_hz)
 *   q_t = W_hn h_{t−1} + b_hn
 *   n_t = tanh(W_in x_t + b_in + r_t ⊙ q_t)
 *   h_t = (1 − z_t) ⊙ n_t + z_t ⊙ h_{t−1}
 */
import type { Engine, PackedKind, Tensor, WindowShape } from "../engine/engine.js";
import { HiddenToHiddenLayer } from "./hidden-to-hidden.js";
import { Workspace } from "./layer.js";

export class GruLayer extends HiddenToHiddenLayer {
  readonly #q: Workspace;

  constructor(engine: Engine, index: number, inputSize: number, hiddenSize: number, kind?: PackedKind) {
    super(engine, index, inputSize, hiddenSize, [2, 1], false, kind);
    this.#q = new Workspace(engine);
  }

  protected override forwardCell(shape: WindowShape, gates: Tensor, hs: Tensor): void {
    const q = this.#q.take(shape.T * shape.B * shape.H);
    this.engine.gruForward(shape, this.hhForward[0]!, this.hhForward[1]!, this.biasHh.value, gates, q, hs);
  }

  protected override backwardCell(
    shape: WindowShape,
    gates: Tensor,
    hs: Tensor,
    dY: Tensor,
    dH: Tensor,
  ): Record<string, never> {
    const q = this.#q.take(shape.T * shape.B * shape.H);
    this.engine.gruBackward(shape, this.hhBackward[0]!, this.hhBackward[1]!, gates, q, hs, dY, dH);
    return {};
  }

  /** The gradient that reaches W_hh is (dr, dz, dq): two blocks from the gates, one from q. */
  protected override hhGradients(shape: WindowShape, dGates: Tensor, h: Tensor, dW: Tensor): void {
    const { engine } = this;
    const { T, B, H } = shape;
    const N = T * B;
    const dq = this.#q.take(N * H);
    const db = this.biasHh.grad;
    engine.weightGradient(dGates, h, dW.slice(0, 2 * H * H), N, 2 * H, H, 3 * H);
    engine.weightGradient(dq, h, dW.slice(2 * H * H, H * H), N, H, H);
    engine.biasGradient(dGates, db.slice(0, 2 * H), N, 2 * H, 3 * H);
    engine.biasGradient(dq, db.slice(2 * H, H), N, H);
  }
}
