/**
 * What all recurrent layers share: the input projection of a whole window, W_ih x_t + b, as one product, and its way
 * back; the state going in and out. What cells with weights on h_{t−1} add stands in hidden-to-hidden.ts; the cells
 * themselves are rnn.ts, lstm.ts, gru.ts, min-lstm.ts and min-gru.ts.
 */
import type {
  Engine,
  Floats,
  IdTensor,
  Operands,
  PackedKind,
  PackedMatrix,
  Tensor,
  WindowShape,
} from "../engine/engine.js";
import {
  PackedBlocks,
  type Parameter,
  type RepeatedRows,
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
  /** (G·H, I) and (G·H) for G gates. */
  readonly weightIh: WeightMatrix;
  readonly biasIh: Parameter;

  protected readonly engine: Engine;
  /** G: rows of W_ih by H. */
  readonly gates: number;
  /** What the forward products round their operands to, where the weights are floats. */
  #operands: Operands = "float";
  /** Right-hand operands: W_ihᵀ forward, W_ih backward (none of int8). */
  readonly #ihForward: PackedBlocks;
  readonly #ihBackward: PackedBlocks;
  #forwardFresh = false;
  #backwardFresh = false;

  readonly #z: Workspace;
  readonly #hs: Workspace;
  readonly #dH: Workspace;
  /** (U, G·H): the projection of the distinct rows of a repeated input, then its gradient. */
  readonly #distinct: Workspace;
  #x: Tensor | undefined;
  #repeated: RepeatedRows | undefined;
  #shape: WindowShape = { T: 0, B: 0, H: 0 };

  /** @param gates G */
  constructor(
    engine: Engine,
    index: number,
    inputSize: number,
    hiddenSize: number,
    gates: number,
    kind: PackedKind = "float",
  ) {
    const I = inputSize;
    const H = hiddenSize;
    this.engine = engine;
    this.inputSize = I;
    this.hiddenSize = H;
    this.gates = gates;
    this.weightIh = weightMatrix(engine, kind, `rnn.weight_ih_l${index}`, [gates * H, I]);
    this.biasIh = parameter(engine, `rnn.bias_ih_l${index}`, [gates * H]);
    this.#ihForward = new PackedBlocks(engine, [[I, gates * H]]);
    this.#ihBackward = new PackedBlocks(engine, [[gates * H, I]]);
    this.#z = new Workspace(engine);
    this.#hs = new Workspace(engine);
    this.#dH = new Workspace(engine);
    this.#distinct = new Workspace(engine);
  }

  get weights(): readonly WeightMatrix[] {
    return [this.weightIh, this.biasIh];
  }

  /** Those that are trained. */
  get parameters(): readonly Parameter[] {
    return this.weights.filter(isParameter);
  }

  /** Says that the weights are others than when they were packed. */
  weightsChanged(): void {
    this.#forwardFresh = false;
    this.#backwardFresh = false;
  }

  /** What the forward products are for, from the next on: training, with the engine's operands for it, or any other. */
  setTraining(training: boolean): void {
    const operands = training ? this.engine.trainingOperands : "float";
    if (operands !== this.#operands) this.#forwardFresh = false;
    this.#operands = operands;
  }

  /**
   * Y (T·B, H) from X (T·B, I), from the state on; `state` is advanced in place. Y stays valid until the next call,
   * and X has to stay as it is until `backward`. With `repeated`, X (U, I) holds the distinct rows only.
   */
  forward(x: Tensor, T: number, B: number, state: LayerState, repeated?: RepeatedRows): Tensor {
    const GH = this.gates * this.hiddenSize;
    this.#x = x;
    this.#repeated = repeated;
    const z = this.#z.take(T * B * GH);
    if (repeated) {
      const distinct = this.#distinct.take(repeated.count * GH);
      this.project(x, distinct, repeated.count);
      this.engine.embeddingForward(distinct, repeated.places, z, T * B, GH);
    } else {
      this.project(x, z, T * B);
    }
    return this.#advance(z, T, B, state);
  }

  /** Z (N, G·H) = X W_ihᵀ + bias for X (N, I). */
  project(x: Tensor, z: Tensor, N: number): void {
    if (!this.#forwardFresh) this.packForward();
    this.#forwardFresh = true;
    this.engine.matmul(x, this.forwardBlocks(this.weightIh, this.#ihForward)[0]!, z, N, this.inputBias());
  }

  /** `forward` where row n of the projected input is row ids[n] of `table` (·, G·H). There is no way back from it. */
  forwardFrom(table: Tensor, ids: IdTensor, T: number, B: number, state: LayerState): Tensor {
    const GH = this.gates * this.hiddenSize;
    const z = this.#z.take(T * B * GH);
    this.engine.embeddingForward(table, ids, z, T * B, GH);
    return this.#advance(z, T, B, state);
  }

  #advance(z: Tensor, T: number, B: number, state: LayerState): Tensor {
    const H = this.hiddenSize;
    this.#shape = { T, B, H };
    const hs = this.#hs.take((T + 1) * B * H);
    hs.data.set(state.h, 0);
    this.forwardCell(this.#shape, z, hs, state);
    state.h.set(hs.data.subarray(T * B * H, (T + 1) * B * H));
    return hs.slice(B * H, T * B * H);
  }

  /**
   * Adds the weights' gradients, writes dX, of X's shape, where it is given, and returns the gradient by the initial
   * state. dY (T·B, H). The gradient by the last state is `last`, zero when not given (truncation).
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
    const [dz, rows] = this.#inputGradient(z, N);
    // dW_ih = Σ_t dz_t x_tᵀ,  db_ih = Σ_t dz_t,  dX = dZ W_ih
    engine.weightGradient(dz, this.#x!, trained(this.weightIh).grad, rows, this.gates * H, this.inputSize);
    this.inputBiasGradient(dz, rows);
    if (dX) engine.matmul(dz, this.backwardBlocks(this.#ihBackward)[0]!, dX, rows);
    this.recurrentGradients(this.#shape, z, hs.slice(0, N * H));
    return { h: dH.data.slice(), ...cell };
  }

  /** The bias of the input projection: b_ih, and what else a cell adds to every gate. */
  protected inputBias(): Tensor {
    return this.biasIh.value;
  }

  /** Adds db = Σ dz to the biases that `inputBias` is made of, for dz (rows, G·H). */
  protected inputBiasGradient(dz: Tensor, rows: number): void {
    this.engine.biasGradient(dz, this.biasIh.grad, rows, this.gates * this.hiddenSize);
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

  /**
   * Adds to the gradients of the weights on h_{t−1}, from dz (T·B, G·H) and h (T·B, H) = h_0 … h_{T−1}. Here there are
   * none.
   */
  protected recurrentGradients(_shape: WindowShape, _dz: Tensor, _h: Tensor): void {}

  /** The gradient by the projection of X's rows, and their number: of a repeated row the sum. */
  #inputGradient(dz: Tensor, N: number): [Tensor, number] {
    if (!this.#repeated) return [dz, N];
    const { count, places } = this.#repeated;
    const GH = this.gates * this.hiddenSize;
    const distinct = this.#distinct.take(count * GH);
    this.engine.fill(distinct, 0);
    this.engine.embeddingBackward(dz, places, distinct, N, GH);
    return [distinct, count];
  }

  /** Packs what `forward` multiplies with, after the weights changed. */
  protected packForward(): void {
    if (!isQuantized(this.weightIh))
      this.engine.pack(this.weightIh.value, this.forwardBlocks(this.weightIh, this.#ihForward)[0]!, true);
  }

  /** Packs what `backward` multiplies with, after the weights changed. */
  protected packBackward(): void {
    this.engine.pack(trained(this.weightIh).value, this.backwardBlocks(this.#ihBackward)[0]!, false);
  }

  /** The right-hand operands of a weight forward, as the layer is used now. */
  protected forwardBlocks(weight: WeightMatrix, floats: PackedBlocks): readonly PackedMatrix[] {
    return isQuantized(weight) ? weight.packed : floats.of(this.#operands);
  }

  /** The right-hand operands of a weight backward. */
  protected backwardBlocks(floats: PackedBlocks): readonly PackedMatrix[] {
    return floats.of(this.engine.trainingOperands);
  }
}
