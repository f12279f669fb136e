/**
 * What the cells share whose gates read the state: W_hh and b_hh beside the input projection, packed, and their
 * gradients.
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
import { RecurrentLayer } from "./recurrent.js";

export abstract class HiddenToHiddenLayer extends RecurrentLayer {
  /** (G·H, H) and (G·H) for G gates. */
  readonly weightHh: WeightMatrix;
  readonly biasHh: Parameter;

  readonly #hhForward: PackedBlocks;
  readonly #hhBackward: PackedBlocks;
  readonly #blocks: readonly number[];
  /** b_ih + b_hh, for cells that add both to the gates. */
  readonly #bias: Tensor;

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
    this.#bias = engine.tensor(gates * H);
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

  /** b_ih + b_hh, unless a cell keeps them apart. */
  protected override inputBias(): Tensor {
    return this.#bias;
  }

  /** dW_hh += Σ_t dz_t h_{t−1}ᵀ and db_hh += Σ_t dz_t, with h (T·B, H) = h_0 … h_{T−1}. */
  protected override recurrentGradients(shape: WindowShape, dz: Tensor, h: Tensor): void {
    const N = shape.T * shape.B;
    this.engine.weightGradient(dz, h, trained(this.weightHh).grad, N, this.gates * shape.H, shape.H);
    // Both biases stand in one sum, so their gradients are equal.
    this.engine.add(this.biasIh.grad, this.biasHh.grad);
  }

  protected override packForward(): void {
    super.packForward();
    if (!isQuantized(this.weightHh)) this.#packRecurrent(this.weightHh, this.hhForward, true);
    this.engine.copy(this.biasIh.value, this.#bias);
    this.engine.add(this.biasHh.value, this.#bias);
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
