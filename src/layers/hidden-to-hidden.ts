/**
 * The base of cells whose gates read the state: W_hh and b_hh beside the input projection, packed, and their gradients.
 *
 * With weight drop (DropConnect on the recurrent weights: Merity et al., 2017, arXiv 1708.02182) a training pass takes
 * W_hh ⊙ M / (1 − p) in place of W_hh, with one mask M for all gates, sequences and time steps of a window, an element of
 * which is 0 with probability p; then dW_hh is the gradient by that, ⊙ M / (1 − p).
 *
 * Dropout of the state (Gal and Ghahramani, 2016, arXiv 1512.05287) takes h_{t−1} ⊙ m / (1 − p) in place of h_{t−1} in the
 * gates, with the same mask m (H) at all time steps. Here all sequences of a window share it (in the paper each has its own),
 * so that it is a mask of W_hh's columns: W_hh (h ⊙ m) = (W_hh diag m) h, and no kernel knows of it.
 *
 * Either costs a few passages over W_hh a window.
 */
import type {
  DropoutSettings,
  Engine,
  PackedKind,
  PackedMatrix,
  Tensor,
  WindowShape,
} from "../engine/engine.js";
import { type Draw, maskOf } from "./draw.js";
import {
  PackedBlocks,
  type Parameter,
  type WeightMatrix,
  Workspace,
  isQuantized,
  parameter,
  trained,
  weightMatrix,
} from "./layer.js";
import { InputProductLayer } from "./input-product.js";
import type { Pass } from "./pass.js";
import type { Regularisation } from "./regularisation.js";

const NONE: readonly DropoutSettings[] = [];

export abstract class HiddenToHiddenLayer extends InputProductLayer {
  /** (G·H, H) and (G·H) for G gates. */
  readonly weightHh: WeightMatrix;
  readonly biasHh: Parameter;

  readonly #hhForward: PackedBlocks;
  readonly #hhBackward: PackedBlocks;
  readonly #blocks: readonly number[];
  /** b_ih + b_hh, and their gradient of one window; undefined for a cell that keeps them apart. */
  readonly #bias: { readonly sum: Tensor; readonly gradient: Tensor } | undefined;

  readonly #index: number;
  /** M and m of the last forward pass; none: whole weights. Packed operands are of the pass that they were packed in. */
  #masks: readonly DropoutSettings[] = NONE;
  /** What the masks leave of W_hh while it is packed, then the gradient by that. */
  readonly #dropped: Workspace;

  /**
   * @param blocks the gates G, by the products of the recurrence: [1] for the Elman RNN, [4] LSTM, [2, 1] GRU
   * @param oneBias whether b_ih + b_hh stand in one sum: then their gradients are equal
   */
  constructor(
    engine: Engine,
    index: number,
    inputSize: number,
    hiddenSize: number,
    blocks: readonly number[],
    oneBias: boolean,
    kind: PackedKind = "float",
  ) {
    const gates = blocks.reduce((a, b) => a + b);
    const H = hiddenSize;
    super(engine, index, inputSize, H, gates, kind);
    const rows = blocks.map((block) => block * H);
    const name = `rnn.weight_hh_l${index}`;
    this.weightHh = weightMatrix(engine, kind, name, [gates * H, H], { blocks: rows });
    this.biasHh = parameter(engine, `rnn.bias_hh_l${index}`, [gates * H]);
    this.#index = index;
    this.#dropped = new Workspace(engine);
    this.#blocks = blocks;
    this.#hhForward = new PackedBlocks(
      engine,
      rows.map((n) => [H, n]),
    );
    this.#hhBackward = new PackedBlocks(
      engine,
      rows.map((n) => [n, H]),
    );
    if (oneBias) this.#bias = { sum: engine.tensor(gates * H), gradient: engine.tensor(gates * H) };
  }

  /** Right-hand operands by the products of the recurrence: blocks of W_hhᵀ. */
  protected get hhForward(): readonly PackedMatrix[] {
    return this.forwardBlocks(this.weightHh, this.#hhForward);
  }

  /** The same backward: blocks of W_hh. */
  protected get hhBackward(): readonly PackedMatrix[] {
    return this.backwardBlocks(this.#hhBackward);
  }

  override get weights(): readonly WeightMatrix[] {
    return [this.weightIh, this.weightHh, this.biasIh, this.biasHh];
  }

  protected override inputBias(): Tensor {
    return this.#bias ? this.#bias.sum : super.inputBias();
  }

  protected override inputBiasGradient(dz: Tensor, rows: number): void {
    if (!this.#bias) return super.inputBiasGradient(dz, rows);
    // The gradient of this window alone: those of earlier windows were added to both already.
    const { gradient } = this.#bias;
    this.engine.fill(gradient, 0);
    this.engine.biasGradient(dz, gradient, rows, gradient.length);
    this.engine.add(gradient, this.biasIh.grad);
    this.engine.add(gradient, this.biasHh.grad);
  }

  protected override recurrentGradients(shape: WindowShape, dz: Tensor, h: Tensor): void {
    const { engine } = this;
    const { grad } = trained(this.weightHh);
    if (this.#masks.length === 0) return this.hhGradients(shape, dz, h, grad);
    const dropped = this.#dropped.take(grad.length);
    engine.fill(dropped, 0);
    this.hhGradients(shape, dz, h, dropped);
    for (const mask of this.#masks) engine.dropout(dropped, dropped, mask);
    engine.addScaled(dropped, 1, grad);
  }

  /** dW_hh += Σ_t dz_t h_{t−1}ᵀ, with h (T·B, H) = h_0 … h_{T−1}; db_hh too where it is kept apart. */
  protected hhGradients(shape: WindowShape, dz: Tensor, h: Tensor, dW: Tensor): void {
    this.engine.weightGradient(dz, h, dW, shape.T * shape.B, this.gateCount * shape.H, shape.H);
  }

  protected override beginPass({ train, draw, regularisation }: Pass): void {
    const masks = train && draw && regularisation ? this.#masksOf(draw, regularisation) : NONE;
    if (areSame(masks, this.#masks)) return;
    this.#masks = masks;
    this.weightsChanged();
  }

  #masksOf(draw: Draw, { weightDrop = 0, dropoutState = 0 }: Partial<Regularisation>): DropoutSettings[] {
    const masks: DropoutSettings[] = [];
    if (weightDrop > 0) masks.push(maskOf(draw, "weights", weightDrop, this.#index));
    // A column of W_hh (G·H, H) for each element of h.
    const period = this.hiddenSize;
    if (dropoutState > 0) masks.push({ ...maskOf(draw, "state", dropoutState, this.#index), period });
    return masks;
  }

  protected override packForward(): void {
    super.packForward();
    if (!isQuantized(this.weightHh)) this.#packRecurrent(this.weightHh, this.hhForward, true);
    if (!this.#bias) return;
    this.engine.copy(this.biasIh.value, this.#bias.sum);
    this.engine.add(this.biasHh.value, this.#bias.sum);
  }

  protected override packBackward(): void {
    super.packBackward();
    this.#packRecurrent(trained(this.weightHh), this.hhBackward, false);
  }

  /** W_hh, or what is left of it, block by block of its rows. */
  #packRecurrent({ value: whole }: Parameter, into: readonly PackedMatrix[], transposed: boolean): void {
    const H = this.hiddenSize;
    let value = whole;
    for (const mask of this.#masks) {
      const left = this.#dropped.take(whole.length);
      this.engine.dropout(value, left, mask);
      value = left;
    }
    let from = 0;
    for (const [i, packed] of into.entries()) {
      const length = this.#blocks[i]! * H * H;
      this.engine.pack(value.slice(from, length), packed, transposed);
      from += length;
    }
  }
}

/** Of one layer: then their periods are the same, too. */
function areSame(some: readonly DropoutSettings[], others: readonly DropoutSettings[]): boolean {
  return (
    some.length === others.length &&
    some.every(({ p, seed, stream }, i) => {
      const other = others[i]!;
      return p === other.p && seed === other.seed && stream === other.stream;
    })
  );
}
