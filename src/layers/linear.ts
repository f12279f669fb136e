/** Linear: Y = X Wᵀ + b, row by row, forward and backward: for products whose N rows are a window's. */
import type { Engine, Operands, PackedKind, Tensor } from "../engine/engine.js";
import {
  PackedBlocks,
  type Parameter,
  type WeightMatrix,
  rowsTimes,
  isQuantized,
  parameter,
  trained,
  weightMatrix,
} from "./layer.js";

export class Linear {
  /** (n, k) */
  readonly weight: WeightMatrix;
  /** (n), where there is one. */
  readonly bias: Parameter | undefined;
  readonly #engine: Engine;
  readonly #n: number;
  readonly #k: number;
  /** Right-hand operands: Wᵀ (k, n) forward, W (n, k) backward; what was packed since the weights changed. */
  readonly #forward: PackedBlocks;
  readonly #backward: PackedBlocks;
  readonly #fresh = new Set<Operands | "backward">();

  /** @param name of the weights: `${name}.weight`, and `${name}.bias` where there is a bias */
  constructor(
    engine: Engine,
    name: string,
    [n, k]: readonly [n: number, k: number],
    { bias, kind = "float" }: { readonly bias: boolean; readonly kind?: PackedKind | undefined },
  ) {
    this.#engine = engine;
    this.#n = n;
    this.#k = k;
    this.weight = weightMatrix(engine, kind, `${name}.weight`, [n, k]);
    this.bias = bias ? parameter(engine, `${name}.bias`, [n]) : undefined;
    this.#forward = new PackedBlocks(engine, [[k, n]]);
    this.#backward = new PackedBlocks(engine, [[n, k]]);
  }

  get weights(): readonly WeightMatrix[] {
    return this.bias ? [this.weight, this.bias] : [this.weight];
  }

  weightsChanged(): void {
    this.#fresh.clear();
  }

  zeroGradient(): void {
    this.#engine.fill(trained(this.weight).grad, 0);
    if (this.bias) this.#engine.fill(this.bias.grad, 0);
  }

  /** Y (N, n) for X (N, k). @param train whether gradients follow: then with the engine's operands of training */
  forward(x: Tensor, y: Tensor, N: number, train: boolean): void {
    const { weight } = this;
    if (isQuantized(weight)) return this.#engine.matmul(x, weight.packed[0]!, y, N, this.bias?.value);
    const operands = train ? this.#engine.trainingOperands : "float";
    const packed = this.#forward.of(operands)[0]!;
    if (!this.#fresh.has(operands)) this.#engine.pack(weight.value, packed, true);
    this.#fresh.add(operands);
    this.#engine.matmul(x, packed, y, N, this.bias?.value);
  }

  /** The same for the few rows of generation: nothing is packed. */
  forwardFew(x: Tensor, y: Tensor, N: number): void {
    rowsTimes(this.#engine, x, this.weight, y, N, this.bias?.value);
  }

  /** Adds dW = dYᵀ X and db = Σ dY to the gradients, and writes dX (N, k) = dY W. */
  backward(dY: Tensor, x: Tensor, dX: Tensor, N: number): void {
    const engine = this.#engine;
    const weight = trained(this.weight);
    const packed = this.#backward.of(engine.trainingOperands)[0]!;
    if (!this.#fresh.has("backward")) engine.pack(weight.value, packed, false);
    this.#fresh.add("backward");
    engine.weightGradient(dY, x, weight.grad, N, this.#n, this.#k);
    if (this.bias) engine.biasGradient(dY, this.bias.grad, N, this.#n);
    engine.matmul(dY, packed, dX, N);
  }
}
