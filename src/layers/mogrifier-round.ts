/** One round of a Mogrifier LSTM (mogrifier.ts): its weights, packed, its working memory, and its weights' gradients. */
import type { Engine, MogrifierRound, PackedKind, PackedMatrix, Tensor } from "../engine/engine.js";
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
import type { roundShapes } from "./mogrifier-shapes.js";

/** The packed operand of a weight, in the format that the pass needs. */
type OperandOf = (weight: WeightMatrix, floats: PackedBlocks) => PackedMatrix;

interface Matrix {
  readonly weight: WeightMatrix;
  /** (n, k) */
  readonly shape: readonly [n: number, k: number];
  readonly forward: PackedBlocks;
  readonly backward: PackedBlocks;
}

export class Round {
  readonly bias: Parameter;
  readonly #engine: Engine;
  /** Q or R; or left and right. */
  readonly #matrices: readonly Matrix[];
  readonly #gate: Workspace;
  readonly #y: Workspace;
  readonly #low: Workspace;
  readonly #dLow: Workspace;

  constructor(engine: Engine, { matrices, bias }: ReturnType<typeof roundShapes>[number], kind: PackedKind) {
    this.#engine = engine;
    this.#matrices = matrices.map(({ name, shape }) => {
      const [n, k] = shape;
      const forward = new PackedBlocks(engine, [[k, n]]);
      const backward = new PackedBlocks(engine, [[n, k]]);
      return { weight: weightMatrix(engine, kind, name, shape), shape, forward, backward };
    });
    this.bias = parameter(engine, bias.name, bias.shape);
    this.#gate = new Workspace(engine);
    this.#y = new Workspace(engine);
    this.#low = new Workspace(engine);
    this.#dLow = new Workspace(engine);
  }

  get weights(): readonly WeightMatrix[] {
    return [...this.#matrices.map(({ weight }) => weight), this.bias];
  }

  /** As the engine takes it forward, over N rows. */
  forward(N: number, operandOf: OperandOf): MogrifierRound {
    // Right first: that is the order of the products.
    const weights = this.#matrices.toReversed().map(({ weight, forward }) => operandOf(weight, forward));
    return this.#window(N, weights, this.#low);
  }

  /** As the engine takes it backward. */
  backward(N: number, operandOf: OperandOf): MogrifierRound {
    const weights = this.#matrices.map(({ weight, backward }) => operandOf(weight, backward));
    return this.#window(N, weights, this.#dLow);
  }

  #window(N: number, weights: readonly PackedMatrix[], low: Workspace): MogrifierRound {
    const [n] = this.bias.shape as readonly [number];
    const rank = this.#rank;
    return {
      weights,
      bias: this.bias.value,
      gate: this.#gate.take(N * n),
      y: this.#y.take(N * n),
      ...(rank > 0 && { low: low.take(N * rank) }),
    };
  }

  /** k; 0 where the matrix is full. */
  get #rank(): number {
    return this.#matrices.length > 1 ? this.#matrices[0]!.shape[1] : 0;
  }

  pack(operandOf: OperandOf, direction: "forward" | "backward"): void {
    for (const matrix of this.#matrices) {
      const { weight } = matrix;
      if (isQuantized(weight)) continue;
      this.#engine.pack(weight.value, operandOf(weight, matrix[direction]), direction === "forward");
    }
  }

  /**
   * After the recurrence backward, with da the gradient by W v + b and v (N, m) what the round read:
   *   dW += Σ da vᵀ,  db += Σ da;  of low rank  dleft += Σ da (right v)ᵀ,  dright += Σ (leftᵀ da) vᵀ
   */
  addGradients(v: Tensor, N: number): void {
    const engine = this.#engine;
    const [first, second] = this.#matrices as readonly [Matrix, Matrix | undefined];
    const [n, k] = first.shape;
    const da = this.#gate.take(N * n);
    engine.biasGradient(da, this.bias.grad, N, n);
    const { grad } = trained(first.weight);
    if (!second) return engine.weightGradient(da, v, grad, N, n, k);
    engine.weightGradient(da, this.#low.take(N * k), grad, N, n, k);
    engine.weightGradient(this.#dLow.take(N * k), v, trained(second.weight).grad, N, k, second.shape[1]);
  }
}
