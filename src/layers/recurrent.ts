/**
 * What the recurrent layers share: the input projection of a whole window, W_ih x_t + b, as one product, and its
 * way back; the packed weights; the state going in and out. The cells themselves are rnn.ts, lstm.ts and gru.ts.
 */
import type { Engine, Floats, PackedKind, PackedMatrix, Tensor, WindowShape } from "../engine/engine.js";
import {
  type Parameter,
  type WeightMatrix,
  Workspace,
  isParameter,
  isQuantized,
  parameter,
  trained,
  weightMatrix,
} from "./layer.js";

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
  /** (G·H, I), (G·H, H), (G·H), (G·H) for G gates. */
  readonly weightIh: WeightMatrix;
  readonly weightHh: WeightMatrix;
  readonly biasIh: Parameter;
  readonly biasHh: Parameter;

  protected readonly engine: Engine;
  readonly #gates: number;
  /** Right-hand operands: W_ihᵀ and W_hhᵀ forward, W_ih and W_hh backward (none of int8). */
  readonly #ihForward: PackedMatrix;
  readonly #ihBackward: PackedMatrix | undefined;
  protected readonly hhForward: readonly PackedMatrix[];
  protected readonly hhBackward: readonly PackedMatrix[];
  readonly #blocks: readonly number[];
  /** b_ih + b_hh, for cells that add both to the gates. */
  readonly #bias: Tensor;
  #forwardFresh = false;
  #backwardFresh = false;

  readonly #z: Workspace;
  readonly #hs: Workspace;
  readonly #dH: Workspace;
  #x: Tensor | undefined;
  #shape: WindowShape = { T: 0, B: 0, H: 0 };

  /** @param blocks the gates G, by the products of the recurrence: [1] for the Elman RNN, [4] LSTM, [2, 1] GRU */
  constructor(
    engine: Engine,
    index: number,
    inputSize: number,
    hiddenSize: number,
    blocks: readonly number[],
    kind: PackedKind = "float",
  ) {
    const gates = blocks.reduce((a, b) => a + b);
    const I = inputSize;
    const H = hiddenSize;
    this.engine = engine;
    this.inputSize = I;
    this.hiddenSize = H;
    this.#gates = gates;
    const rows = blocks.map((block) => block * H);
    this.weightIh = weightMatrix(engine, kind, `rnn.weight_ih_l${index}`, [gates * H, I]);
    this.weightHh = weightMatrix(engine, kind, `rnn.weight_hh_l${index}`, [gates * H, H], { blocks: rows });
    this.biasIh = parameter(engine, `rnn.bias_ih_l${index}`, [gates * H]);
    this.biasHh = parameter(engine, `rnn.bias_hh_l${index}`, [gates * H]);
    const [ih, hh] = [this.weightIh, this.weightHh];
    this.#ihForward = isQuantized(ih) ? ih.packed[0]! : engine.packed(I, gates * H);
    this.#ihBackward = isQuantized(ih) ? undefined : engine.packed(gates * H, I);
    this.#blocks = blocks;
    this.hhForward = isQuantized(hh) ? hh.packed : rows.map((n) => engine.packed(H, n));
    this.hhBackward = isQuantized(hh) ? [] : rows.map((n) => engine.packed(n, H));
    this.#bias = engine.tensor(gates * H);
    this.#z = new Workspace(engine);
    this.#hs = new Workspace(engine);
    this.#dH = new Workspace(engine);
  }

  get parameters(): readonly Parameter[] {
    return this.weights.filter(isParameter);
  }

  get weights(): readonly WeightMatrix[] {
    return [this.weightIh, this.weightHh, this.biasIh, this.biasHh];
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
    this.#packForward();
    this.#x = x;
    this.#shape = { T, B, H };
    const z = this.#z.take(T * B * this.#gates * H);
    const hs = this.#hs.take((T + 1) * B * H);
    this.engine.matmul(x, this.#ihForward, z, T * B, this.inputBias(this.#bias));
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
    const GH = this.#gates * H;
    this.#packBackward();
    const z = this.#z.take(N * GH);
    const hs = this.#hs.take((T + 1) * B * H);
    const dH = this.#dH.take(B * H);
    if (last) dH.data.set(last.h);
    else engine.fill(dH, 0);
    const cell = this.backwardCell(this.#shape, z, hs, dY, dH, last);
    // dW_ih = Σ_t dz_t x_tᵀ,  dW_hh = Σ_t dz_t h_{t−1}ᵀ,  db = Σ_t dz_t,  dX = dZ W_ih
    engine.weightGradient(z, this.#x!, trained(this.weightIh).grad, N, GH, this.inputSize);
    engine.biasGradient(z, this.biasIh.grad, N, GH);
    this.recurrentGradients(this.#shape, z, hs.slice(0, N * H));
    if (dX) engine.matmul(z, this.#ihBackward!, dX, N);
    return { h: dH.data.slice(), ...cell };
  }

  /** The bias of the input projection: b_ih + b_hh, unless a cell keeps them apart. */
  protected inputBias(sum: Tensor): Tensor {
    return sum;
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

  /** dW_hh += Σ_t dz_t h_{t−1}ᵀ and db_hh += Σ_t dz_t, with h (T·B, H) = h_0 … h_{T−1}. */
  protected recurrentGradients(shape: WindowShape, dz: Tensor, h: Tensor): void {
    const N = shape.T * shape.B;
    const GH = this.#gates * shape.H;
    this.engine.weightGradient(dz, h, trained(this.weightHh).grad, N, GH, shape.H);
    // Both biases stand in one sum, so their gradients are equal.
    this.engine.add(this.biasIh.grad, this.biasHh.grad);
  }

  #packForward(): void {
    if (this.#forwardFresh) return;
    if (!isQuantized(this.weightIh)) this.engine.pack(this.weightIh.value, this.#ihForward, true);
    if (!isQuantized(this.weightHh)) this.#packRecurrent(this.weightHh, this.hhForward, true);
    this.engine.copy(this.biasIh.value, this.#bias);
    this.engine.add(this.biasHh.value, this.#bias);
    this.#forwardFresh = true;
  }

  #packBackward(): void {
    if (this.#backwardFresh) return;
    this.engine.pack(trained(this.weightIh).value, this.#ihBackward!, false);
    this.#packRecurrent(trained(this.weightHh), this.hhBackward, false);
    this.#backwardFresh = true;
  }

  /** W_hh, block by block of its rows. */
  #packRecurrent({ value }: Parameter, into: readonly PackedMatrix[], transposed: boolean): void {
    const H = this.hiddenSize;
    let from = 0;
    for (const [i, packed] of into.entries()) {
      const length = this.#blocks[i]! * H * H;
      this.engine.pack(value.slice(from, length), packed, transposed);
      from += length;
    }
  }
}
