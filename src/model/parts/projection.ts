/**
 * Projection: y = W x, without a bias. Between a wide last layer and a decoder that is tied to a narrower embedding it
 * makes the two fit (as the down-projected output of Melis et al., 2018): a part of a model's body, at its last place.
 */
import type { Engine, Operands, PackedKind, PackedMatrix, Tensor } from "../../engine/engine.js";
import {
  PackedBlocks,
  type WeightMatrix,
  Workspace,
  isQuantized,
  trained,
  weightMatrix,
} from "../../layers/layer.js";
import type { Pass } from "../../layers/pass.js";
import type { BodyPart } from "./body-part.js";

export class Projection implements BodyPart {
  /** (E, H) */
  readonly weight: WeightMatrix;
  readonly weights: readonly WeightMatrix[];
  readonly #engine: Engine;
  readonly #H: number;
  readonly #E: number;
  /** Right-hand operands: Wᵀ (H, E) forward, W backward (none of int8). */
  readonly #forward: PackedBlocks;
  readonly #backward: PackedBlocks;
  /** What the operand forward was packed for since the weight changed. */
  #packedFor: Operands | undefined;
  #backwardFresh = false;
  readonly #y: Workspace;
  readonly #dX: Workspace;
  #x: Tensor | undefined;

  /** @param from H @param to E */
  constructor(engine: Engine, from: number, to: number, kind: PackedKind = "float") {
    this.#engine = engine;
    this.#H = from;
    this.#E = to;
    this.weight = weightMatrix(engine, kind, "projection.weight", [to, from]);
    this.weights = [this.weight];
    this.#forward = new PackedBlocks(engine, [[from, to]]);
    this.#backward = new PackedBlocks(engine, [[to, from]]);
    this.#y = new Workspace(engine);
    this.#dX = new Workspace(engine);
  }

  changes(): boolean {
    return true;
  }

  weightsChanged(): void {
    this.#packedFor = undefined;
    this.#backwardFresh = false;
  }

  /** Y (N, E) = X (N, H) Wᵀ */
  forward(x: Tensor, _T: number, pass: Pass): Tensor {
    const N = x.length / this.#H;
    const y = this.#y.take(N * this.#E);
    this.#x = x;
    this.#engine.matmul(x, this.#operand(pass.train ? this.#engine.trainingOperands : "float"), y, N);
    return y;
  }

  /** dX (N, H) = dY (N, E) W,  dW += dYᵀ X */
  backward(dY: Tensor): Tensor {
    const engine = this.#engine;
    const { value, grad } = trained(this.weight);
    const [operand] = this.#backward.of(engine.trainingOperands);
    if (!this.#backwardFresh) engine.pack(value, operand!, false);
    this.#backwardFresh = true;
    const N = dY.length / this.#E;
    const dX = this.#dX.take(N * this.#H);
    engine.weightGradient(dY, this.#x!, grad, N, this.#E, this.#H);
    engine.matmul(dY, operand!, dX, N);
    return dX;
  }

  #operand(operands: Operands): PackedMatrix {
    if (isQuantized(this.weight)) return this.weight.packed[0]!;
    const [operand] = this.#forward.of(operands);
    if (this.#packedFor !== operands) this.#engine.pack(this.weight.value, operand!, true);
    this.#packedFor = operands;
    return operand!;
  }
}
