/**
 * The base of cells whose gates read the state: W_hh and b_hh beside the input projection, packed, and their gradients.
 */
import type { Engine, PackedKind, PackedMatrix, Tensor, WindowShape } from "../engine/engine.js";
import {
  PackedBlocks,
  type Parameter,
  type WeightMatrix,
  isQuantized,
  parameter,
  trained,
  weightMatrix,
} from "./layer.js";
import { InputProductLayer } from "./input-product.js";

export abstract class HiddenToHiddenLayer extends InputProductLayer {
  /** (G·H, H) and (G·H) for G gates. */
  readonly weightHh: WeightMatrix;
  readonly biasHh: Parameter;

  readonly #hhForward: PackedBlocks;
  readonly #hhBackward: PackedBlocks;
  readonly #blocks: readonly number[];
  /** b_ih + b_hh, and their gradient of one window; undefined for a cell that keeps them apart. */
  readonly #bias: { readonly sum: Tensor; readonly gradient: Tensor } | undefined;

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

  /** dW_hh += Σ_t dz_t h_{t−1}ᵀ, with h (T·B, H) = h_0 … h_{T−1}; db_hh too where it is kept apart. */
  protected override recurrentGradients(shape: WindowShape, dz: Tensor, h: Tensor): void {
    const N = shape.T * shape.B;
    this.engine.weightGradient(dz, h, trained(this.weightHh).grad, N, this.gateCount * shape.H, shape.H);
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
