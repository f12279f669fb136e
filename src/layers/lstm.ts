/**
 * LSTM (Hochreiter and Schmidhuber, 1997; with the forget gate of Gers et al., 2000), PyTorch's equations and gate
 * order i f g o:
 *
 *   i_t = σ(W_ii x_t + b_ii + W_hi h_{t−1} + b_hi)
 *   f_t = σ(W_if x_t + b_if + W_hf h_{t−1} + b_hf)
 *   g_t = tanh(W_ig x_t + b_ig + W_hg h_{t−1} + b_hg)
 *   o_t = σ(W_io x_t + b_io + W_ho h_{t−1} + b_ho)
 *   c_t = f_t ⊙ c_{t−1} + i_t ⊙ g_t
 *   h_t = o_t ⊙ tanh c_t
 *
 * With a capped input gate min(i_t, 1 − f_t) takes the place of i_t, so that c_t stays within what it mixes.
 */
import type { Engine, InputGate, PackedKind, Tensor, WindowShape } from "../engine/engine.js";
import { HiddenToHiddenLayer } from "./hidden-to-hidden.js";
import { Workspace } from "./layer.js";
import type { LayerState, StateGradient } from "./recurrent.js";

export class LstmLayer extends HiddenToHiddenLayer {
  protected readonly inputGate: InputGate;
  readonly #cs: Workspace;
  readonly #dC: Workspace;
  /** c_T, a slice of cs (T+1, B, H): kept until the sizes change. */
  #last: { readonly cs: Tensor; readonly c: Tensor } | undefined;

  constructor(
    engine: Engine,
    index: number,
    inputSize: number,
    hiddenSize: number,
    kind?: PackedKind,
    inputGate: InputGate = "free",
  ) {
    super(engine, index, inputSize, hiddenSize, [4], true, kind);
    this.inputGate = inputGate;
    this.#cs = new Workspace(engine);
    this.#dC = new Workspace(engine);
  }

  protected override forwardCell(shape: WindowShape, gates: Tensor, hs: Tensor, state: LayerState): void {
    const { T, B, H } = shape;
    const cs = this.#cs.take((T + 1) * B * H);
    if (this.#last?.cs !== cs || this.#last.c.length !== B * H)
      this.#last = { cs, c: cs.slice(T * B * H, B * H) };
    this.engine.copy(state.c!, cs);
    this.recur(shape, gates, hs, cs);
    this.engine.copy(this.#last.c, state.c!);
  }

  protected override backwardCell(
    shape: WindowShape,
    gates: Tensor,
    hs: Tensor,
    dY: Tensor,
    dH: Tensor,
    last: StateGradient | undefined,
  ): { c: Tensor } {
    const { T, B, H } = shape;
    const cs = this.#cs.take((T + 1) * B * H);
    const dC = this.#dC.take(B * H);
    if (last?.c) this.engine.copy(last.c, dC);
    else this.engine.fill(dC, 0);
    this.recurBack(shape, gates, hs, cs, dY, dH, dC);
    return { c: dC };
  }

  /** The recurrence of a window, with cs (T+1, B, H). */
  protected recur(shape: WindowShape, gates: Tensor, hs: Tensor, cs: Tensor): void {
    this.engine.lstmForward(shape, this.hhForward[0]!, gates, hs, cs, this.inputGate);
  }

  /** The same backward: gates becomes its gradient, dH and dC those by the initial state. */
  protected recurBack(
    shape: WindowShape,
    gates: Tensor,
    _hs: Tensor,
    cs: Tensor,
    dY: Tensor,
    dH: Tensor,
    dC: Tensor,
  ): void {
    this.engine.lstmBackward(shape, this.hhBackward[0]!, gates, cs, dY, dH, dC, this.inputGate);
  }
}
