/**
 * The base of layers whose input goes through one product a window: the input projection W_ih x_t + b of a whole window
 * as one product, its backward pass, and the state before and after. What cells with weights on h_{t−1} add is in
 * hidden-to-hidden.ts; the cells themselves are rnn.ts, lstm.ts, gru.ts, min-lstm.ts and min-gru.ts. A cell that changes
 * its input by h_{t−1} at each step has the rest, but no such product: mogrifier.ts.
 */
import type {
  Engine,
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
  isQuantized,
  parameter,
  trained,
  weightMatrix,
} from "./layer.js";
import { type Pass, READING } from "./pass.js";
import type { InputProduct, LayerState, RecurrentLayer, StateGradient } from "./recurrent.js";

/** Slices of hs (T+1, B, H) that every window needs: kept until the sizes change. */
interface StateViews {
  readonly hs: Tensor;
  /** h_0 … h_{T−1}, h_1 … h_T, and h_T. */
  readonly before: Tensor;
  readonly after: Tensor;
  readonly last: Tensor;
}

export abstract class InputProductLayer implements RecurrentLayer, InputProduct {
  readonly inputSize: number;
  readonly hiddenSize: number;
  /** (G·H, I) and (G·H) for G gates. */
  readonly weightIh: WeightMatrix;
  readonly biasIh: Parameter;

  protected readonly engine: Engine;
  /** G: rows of W_ih by H. */
  readonly gateCount: number;
  /** The format of the forward products' operands, where the weights are floats. */
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
  #views: StateViews | undefined;
  #lastGates: Tensor | undefined;
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
    this.gateCount = gates;
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

  get gates(): Tensor | undefined {
    return this.#lastGates;
  }

  get inputProduct(): InputProduct | undefined {
    return this;
  }

  get width(): number {
    return this.gateCount * this.hiddenSize;
  }

  /** To be called after the weights were changed: they are packed again when next used. */
  weightsChanged(): void {
    this.#forwardFresh = false;
    this.#backwardFresh = false;
  }

  forward(x: Tensor, T: number, B: number, state: LayerState, pass: Pass): Tensor {
    this.#begin(x, undefined, pass);
    const z = this.#z.take(T * B * this.width);
    this.projectWindow(x, z, T * B);
    return this.#advance(z, T, B, state);
  }

  forwardRepeated(
    x: Tensor,
    repeated: RepeatedRows,
    T: number,
    B: number,
    state: LayerState,
    pass: Pass,
  ): Tensor {
    this.#begin(x, repeated, pass);
    const { width } = this;
    const z = this.#z.take(T * B * width);
    const distinct = this.#distinct.take(repeated.count * width);
    this.projectWindow(x, distinct, repeated.count);
    this.engine.embeddingForward(distinct, repeated.places, z, T * B, width);
    return this.#advance(z, T, B, state);
  }

  project(x: Tensor, z: Tensor, N: number): void {
    this.#begin(x, undefined, READING);
    this.projectWindow(x, z, N);
  }

  forwardFrom(table: Tensor, ids: IdTensor, T: number, B: number, state: LayerState): Tensor {
    this.#begin(undefined, undefined, READING);
    const z = this.#z.take(T * B * this.width);
    this.engine.embeddingForward(table, ids, z, T * B, this.width);
    return this.#advance(z, T, B, state);
  }

  #begin(x: Tensor | undefined, repeated: RepeatedRows | undefined, pass: Pass): void {
    const operands = pass.train ? this.engine.trainingOperands : "float";
    if (operands !== this.#operands) this.#forwardFresh = false;
    this.#operands = operands;
    this.#x = x;
    this.#repeated = repeated;
    this.beginPass(pass);
  }

  /** Called first in every way forward: what is packed may depend on the pass. Here it does not. */
  protected beginPass(_pass: Pass): void {}

  /** Z (N, G·H) = X W_ihᵀ + bias for X (N, I): what the recurrence finds. */
  protected projectWindow(x: Tensor, z: Tensor, N: number): void {
    this.#packed();
    this.engine.matmul(x, this.ihForward, z, N, this.inputBias());
  }

  /** X (T·B, I) of the last `forward`. */
  protected get input(): Tensor {
    return this.#x!;
  }

  /** The right-hand operand W_ihᵀ forward, and W_ih backward. */
  protected get ihForward(): PackedMatrix {
    return this.forwardBlocks(this.weightIh, this.#ihForward)[0]!;
  }

  protected get ihBackward(): PackedMatrix {
    return this.backwardBlocks(this.#ihBackward)[0]!;
  }

  #packed(): void {
    if (!this.#forwardFresh) this.packForward();
    this.#forwardFresh = true;
  }

  #advance(z: Tensor, T: number, B: number, state: LayerState): Tensor {
    const H = this.hiddenSize;
    this.#packed();
    this.#shape = { T, B, H };
    const hs = this.#hs.take((T + 1) * B * H);
    const { after, last } = this.#viewsOf(hs);
    this.engine.copy(state.h, hs);
    this.forwardCell(this.#shape, z, hs, state);
    this.engine.copy(last, state.h);
    this.#lastGates = z;
    return after;
  }

  #viewsOf(hs: Tensor): StateViews {
    const { T, B, H } = this.#shape;
    const all = T * B * H;
    const one = B * H;
    const views = this.#views;
    if (views && views.hs === hs && views.after.length === all && views.last.length === one) return views;
    const before = hs.slice(0, all);
    const after = hs.slice(one, all);
    const last = hs.slice(all, one);
    return (this.#views = { hs, before, after, last });
  }

  backward(dY: Tensor, dX: Tensor | undefined, last?: StateGradient): StateGradient {
    const { engine } = this;
    const { T, B, H } = this.#shape;
    const N = T * B;
    if (!this.#backwardFresh) this.packBackward();
    this.#backwardFresh = true;
    const z = this.#z.take(N * this.gateCount * H);
    const hs = this.#hs.take((T + 1) * B * H);
    const dH = this.#dH.take(B * H);
    if (last) engine.copy(last.h, dH);
    else engine.fill(dH, 0);
    const cell = this.backwardCell(this.#shape, z, hs, dY, dH, last);
    this.inputGradients(z, N, dX);
    this.recurrentGradients(this.#shape, z, this.#viewsOf(hs).before);
    return { h: dH, ...cell };
  }

  /** dW_ih = Σ_t dz_t x_tᵀ,  db_ih = Σ_t dz_t,  dX = dZ W_ih, from Z's gradient (N, G·H). */
  protected inputGradients(z: Tensor, N: number, dX: Tensor | undefined): void {
    const { engine } = this;
    const [dz, rows] = this.#inputGradient(z, N);
    engine.weightGradient(dz, this.input, trained(this.weightIh).grad, rows, this.width, this.inputSize);
    this.inputBiasGradient(dz, rows);
    if (dX) engine.matmul(dz, this.ihBackward, dX, rows);
  }

  /** The bias of the input projection: b_ih, plus b_hh for cells that add it to every gate. */
  protected inputBias(): Tensor {
    return this.biasIh.value;
  }

  /** Adds db = Σ dz to the biases that `inputBias` is made of, for dz (rows, G·H). */
  protected inputBiasGradient(dz: Tensor, rows: number): void {
    this.engine.biasGradient(dz, this.biasIh.grad, rows, this.gateCount * this.hiddenSize);
  }

  /** The recurrence: reads z (T·B, G·H), hs block 0 and the rest of the state; writes hs; may overwrite z. */
  protected abstract forwardCell(shape: WindowShape, z: Tensor, hs: Tensor, state: LayerState): void;

  /**
   * The recurrence backward: replaces z by its gradient, and dH, the gradient by the last state, by that by the initial
   * one. Returns the gradient by the rest of the initial state.
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
    const GH = this.gateCount * this.hiddenSize;
    const distinct = this.#distinct.take(count * GH);
    this.engine.fill(distinct, 0);
    this.engine.embeddingBackward(dz, places, distinct, N, GH);
    return [distinct, count];
  }

  /** Packs the operands of `forward` after the weights changed. */
  protected packForward(): void {
    if (!isQuantized(this.weightIh)) this.engine.pack(this.weightIh.value, this.ihForward, true);
  }

  /** Packs the operands of `backward` after the weights changed. */
  protected packBackward(): void {
    this.engine.pack(trained(this.weightIh).value, this.ihBackward, false);
  }

  /** The packed operand of a weight forward, in the format that the pass needs. */
  protected forwardBlocks(weight: WeightMatrix, floats: PackedBlocks): readonly PackedMatrix[] {
    return isQuantized(weight) ? weight.packed : floats.of(this.#operands);
  }

  /** The packed operand of a weight backward. */
  protected backwardBlocks(floats: PackedBlocks): readonly PackedMatrix[] {
    return floats.of(this.engine.trainingOperands);
  }
}
