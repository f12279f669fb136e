/**
 * What all recurrent layers share: the input projection of a whole window, W_ih x_t + b, as one product, and its way
 * back; the state going in and out. What cells with weights on h_{t−1} add stands in hidden-to-hidden.ts; the cells
 * themselves are rnn.ts, lstm.ts, gru.ts, min-lstm.ts and min-gru.ts.
 */
import type { Engine, Floats, PackedMatrix, Tensor, WindowShape } from "../engine/engine.js";
import { type Parameter, Workspace, parameter } from "./layer.js";

/** The state of one layer for B sequences; arrays of B·H, row b first. */
export interface LayerState {
  readonly h: Floats;
  /** The cell state, LSTM only. */
  readonly c?: Floats;
}

/** Gradients by the initial state, as `backward` left them. */
export interface StateGradient {
  readonly h: Floats;
  readonly c?: Floats;
}

export abstract class RecurrentLayer {
  readonly inputSize: number;
  readonly hiddenSize: number;
  /** (G·H, I) and (G·H) for G gates. */
  readonly weightIh: Parameter;
  readonly biasIh: Parameter;

  protected readonly engine: Engine;
  protected readonly gates: number;
  /** Right-hand operands: W_ihᵀ forward, W_ih backward. */
  readonly #ihForward: PackedMatrix;
  readonly #ihBackward: PackedMatrix;
  #forwardFresh = false;
  #backwardFresh = false;

  readonly #z: Workspace;
  readonly #hs: Workspace;
  readonly #dH: Workspace;
  #x: Tensor | undefined;
  #shape: WindowShape = { T: 0, B: 0, H: 0 };

  /** @param gates G */
  constructor(engine: Engine, index: number, inputSize: number, hiddenSize: number, gates: number) {
    const I = inputSize;
    const H = hiddenSize;
    this.engine = engine;
    this.inputSize = I;
    this.hiddenSize = H;
    this.gates = gates;
    this.weightIh = parameter(engine, `rnn.weight_ih_l${index}`, [gates * H, I]);
    this.biasIh = parameter(engine, `rnn.bias_ih_l${index}`, [gates * H]);
    this.#ihForward = engine.packed(I, gates * H);
    this.#ihBackward = engine.packed(gates * H, I);
    this.#z = new Workspace(engine);
    this.#hs = new Workspace(engine);
    this.#dH = new Workspace(engine);
  }

  get parameters(): readonly Parameter[] {
    return [this.weightIh, this.biasIh];
  }

  /** Says that the weights are others than when they were packed. */
  weightsChanged(): void {
    this.#forwardFresh = false;
    this.#backwardFresh = false;
  }

  /**
   * Y (T·B, H) from X (T·B, I), from the state on; `state` is advanced in place. Y stays valid until the next call,
   * and X has to stay as it is until `backward`.
   */
  forward(x: Tensor, T: number, B: number, state: LayerState): Tensor {
    const H = this.hiddenSize;
    if (!this.#forwardFresh) this.packForward();
    this.#forwardFresh = true;
    this.#x = x;
    this.#shape = { T, B, H };
    const z = this.#z.take(T * B * this.gates * H);
    const hs = this.#hs.take((T + 1) * B * H);
    this.engine.matmul(x, this.#ihForward, z, T * B, this.inputBias());
    hs.data.set(state.h, 0);
    this.forwardCell(this.#shape, z, hs, state);
    state.h.set(hs.data.subarray(T * B * H, (T + 1) * B * H));
    return hs.slice(B * H, T * B * H);
  }

  /**
   * Adds the weights' gradients, writes dX (T·B, I) where it is given, and returns the gradient by the initial state.
   * dY (T·B, H). The gradient by the last state is `last`, zero when not given (truncation).
   */
  backward(dY: Tensor, dX: Tensor | undefined, last?: StateGradient): StateGradient {
    const { engine } = this;
    const { T, B, H } = this.#shape;
    const N = T * B;
    if (!this.#backwardFresh) this.packBackward();
    this.#backwardFresh = true;
    const z = this.#z.take(N * this.gates * H);
    const hs = this.#hs.take((T + 1) * B * H);
    const dH = this.#dH.take(B * H);
    if (last) dH.data.set(last.h);
    else engine.fill(dH, 0);
    const cell = this.backwardCell(this.#shape, z, hs, dY, dH, last);
    this.weightGradients(this.#shape, this.#x!, z, hs.slice(0, N * H));
    // dX = dZ W_ih
    if (dX) engine.matmul(z, this.#ihBackward, dX, N);
    return { h: dH.data.slice(), ...cell };
  }

  /** The bias of the input projection: b_ih, and what else a cell adds to every gate. */
  protected inputBias(): Tensor {
    return this.biasIh.value;
  }

  /** The recurrence: reads z (T·B, G·H), hs block 0 and the rest of the state; writes hs; may overwrite z. */
  protected abstract forwardCell(shape: WindowShape, z: Tensor, hs: Tensor, state: LayerState): void;

  /**
   * The recurrence backward: turns z into its gradient; dH in: by the last state, out: by the initial one.
   * Returns the gradient by the rest of the initial state.
   */
  protected abstract backwardCell(
    shape: WindowShape,
    z: Tensor,
    hs: Tensor,
    dY: Tensor,
    dH: Tensor,
    last: StateGradient | undefined,
  ): Omit<StateGradient, "h">;

  /** Adds Σ_t over dz (T·B, G·H), with x (T·B, I) and h (T·B, H) = h_0 … h_{T−1}, to the gradients of the weights. */
  protected weightGradients(shape: WindowShape, x: Tensor, dz: Tensor, _h: Tensor): void {
    const N = shape.T * shape.B;
    const GH = this.gates * shape.H;
    // dW_ih = Σ_t dz_t x_tᵀ,  db_ih = Σ_t dz_t
    this.engine.weightGradient(dz, x, this.weightIh.grad, N, GH, this.inputSize);
    this.engine.biasGradient(dz, this.biasIh.grad, N, GH);
  }

  /** Packs what `forward` multiplies with, after the weights changed. */
  protected packForward(): void {
    this.engine.pack(this.weightIh.value, this.#ihForward, true);
  }

  /** Packs what `backward` multiplies with, after the weights changed. */
  protected packBackward(): void {
    this.engine.pack(this.weightIh.value, this.#ihBackward, false);
  }
}
