/**
 * Mogrifier LSTM (Melis, Kočiský and Blunsom, 2020, arXiv 1909.01792): before each time step the input x and the state h
 * gate each other, for rounds i = 1 … r. With x^{−1} = x_t and h^0 = h_{t−1}:
 *
 *   odd i:   x^i = 2σ(Q^i h^{i−1} + b^i) ⊙ x^{i−2}
 *   even i:  h^i = 2σ(R^i x^{i−1} + b^i) ⊙ h^{i−2}
 *
 * and then the LSTM of the last x and the last h, in place of x_t and h_{t−1}. Q^i (I, H) and R^i (H, I) are full, or
 * left · right of rank k. The paper's equations have no bias; its authors' program has, and so has this.
 */
import type { Mogrification } from "../cells.js";
import type { Engine, InputGate, Mogrifier, PackedKind, Tensor, WindowShape } from "../engine/engine.js";
import { latestH, latestX } from "../engine/mogrifier.js";
import { type WeightMatrix, Workspace, trained } from "./layer.js";
import { LstmLayer } from "./lstm.js";
import { Round } from "./mogrifier-round.js";
import { roundShapes } from "./mogrifier-shapes.js";

export class MogrifierLayer extends LstmLayer {
  readonly #rounds: readonly Round[];
  /** dX while the rounds still read X, in whose memory its place may be. */
  readonly #dX: Workspace;
  /** What the last `forward` made. */
  #made: Mogrifier | undefined;

  constructor(
    engine: Engine,
    index: number,
    inputSize: number,
    hiddenSize: number,
    mogrify: Mogrification,
    kind: PackedKind = "float",
    inputGate: InputGate = "free",
  ) {
    super(engine, index, inputSize, hiddenSize, kind, inputGate);
    this.#rounds = roundShapes(index, inputSize, hiddenSize, mogrify).map(
      (shapes) => new Round(engine, shapes, kind),
    );
    this.#dX = new Workspace(engine);
  }

  override get weights(): readonly WeightMatrix[] {
    return [...super.weights, ...this.#rounds.flatMap(({ weights }) => weights)];
  }

  /** None: x changes by h_{t−1}. */
  override get inputProduct(): undefined {
    return undefined;
  }

  /** Nothing is known of the gates before the rounds. */
  protected override projectWindow(): void {}

  protected override recur(shape: WindowShape, gates: Tensor, hs: Tensor, cs: Tensor): void {
    const N = shape.T * shape.B;
    const { inputSize: I, inputGate } = this;
    const rounds = this.#rounds.map((round) =>
      round.forward(N, (weight, floats) => this.forwardBlocks(weight, floats)[0]!),
    );
    const mogrifier = (this.#made = { I, inputGate, rounds, x: this.input });
    const weights = [this.ihForward, this.hhForward[0]!] as const;
    this.engine.mogrifierForward(shape, mogrifier, ...weights, this.inputBias(), gates, hs, cs);
  }

  protected override recurBack(
    shape: WindowShape,
    gates: Tensor,
    hs: Tensor,
    cs: Tensor,
    dY: Tensor,
    dH: Tensor,
    dC: Tensor,
  ): void {
    const N = shape.T * shape.B;
    const rounds = this.#rounds.map((round) =>
      round.backward(N, (_, floats) => this.backwardBlocks(floats)[0]!),
    );
    const weights = [this.ihBackward, this.hhBackward[0]!] as const;
    const gradients = [dY, this.#dX.take(N * this.inputSize), dH, dC] as const;
    this.engine.mogrifierBackward(shape, { ...this.#made!, rounds }, ...weights, gates, hs, cs, ...gradients);
  }

  /** dW_ih = Σ_t dz_t xᵀ with the last x; dX was made by the recurrence. */
  protected override inputGradients(dz: Tensor, N: number, dX: Tensor | undefined): void {
    const x = latestX(this.#made!, this.#rounds.length);
    const { grad } = trained(this.weightIh);
    this.engine.weightGradient(dz, x, grad, N, this.width, this.inputSize);
    this.inputBiasGradient(dz, N);
    if (dX) this.engine.copy(this.#dX.take(N * this.inputSize), dX);
  }

  /** dW_hh = Σ_t dz_t hᵀ with the last h; and the rounds' gradients, each by what it read. */
  protected override recurrentGradients(shape: WindowShape, dz: Tensor, h0: Tensor): void {
    const N = shape.T * shape.B;
    const made = this.#made!;
    super.recurrentGradients(shape, dz, latestH(made, this.#rounds.length, h0));
    for (const [i, round] of this.#rounds.entries())
      round.addGradients(i % 2 === 0 ? latestH(made, i, h0) : latestX(made, i), N);
  }

  protected override packForward(): void {
    super.packForward();
    for (const round of this.#rounds)
      round.pack((weight, floats) => this.forwardBlocks(weight, floats)[0]!, "forward");
  }

  protected override packBackward(): void {
    super.packBackward();
    for (const round of this.#rounds) round.pack((_, floats) => this.backwardBlocks(floats)[0]!, "backward");
  }
}
