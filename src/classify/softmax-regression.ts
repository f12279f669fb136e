/**
 * Multinomial logistic regression: the loss of a linear head on vectors, and its gradient. With vectors x_n (D), labels
 * t_n of C, a weight a_n ≥ 0 of each row and p_n = softmax(W x_n + b),
 *
 *   f = −Σ_n a_n ln p_n[t_n] / Σ_n a_n + λ/2 ‖W‖²
 *   dz_n = a_n (p_n − [t_n]) / Σ a,   dW = dZᵀ X + λ W,   db = Σ_n dz_n
 *
 * The products are an engine's. Rows whose weight is 0 are not learned from, and their logits are there all the same: so
 * one matrix serves whichever part of it is held out.
 */
import type { Engine, Tensor } from "../engine/engine.js";

/** Some rows of the vectors. */
interface Block {
  readonly first: number;
  readonly count: number;
  /** (count, D) */
  readonly x: Tensor;
  /** (count, C) */
  readonly z: Tensor;
}

export class SoftmaxRegression {
  readonly N: number;
  readonly C: number;
  readonly D: number;
  /** (N, C) of the last evaluation. */
  readonly logits: Float64Array;
  readonly #engine: Engine;
  readonly #labels: Int32Array;
  readonly #blocks: readonly Block[];
  readonly #w: Tensor;
  readonly #b: Tensor;
  readonly #dW: Tensor;
  readonly #dB: Tensor;

  /**
   * @param vectors (n, D) each, in order: copied
   * @param labels (N)
   */
  constructor(
    engine: Engine,
    vectors: Iterable<Float32Array>,
    labels: Int32Array,
    { C, D }: { readonly C: number; readonly D: number },
  ) {
    this.N = labels.length;
    this.C = C;
    this.D = D;
    this.#engine = engine;
    this.#labels = labels;
    this.logits = new Float64Array(this.N * C);
    let first = 0;
    this.#blocks = Array.from(vectors, (rows) => {
      const count = rows.length / D;
      const x = engine.tensor(rows.length);
      engine.write(rows, x);
      const block = { first, count, x, z: engine.tensor(count * C) };
      first += count;
      return block;
    });
    this.#w = engine.tensor(C * D);
    this.#b = engine.tensor(C);
    this.#dW = engine.tensor(C * D);
    this.#dB = engine.tensor(C);
  }

  /** Numbers of W (C, D) and b (C), one after the other. */
  get size(): number {
    return this.C * (this.D + 1);
  }

  /**
   * f at W and b, and its gradient.
   * @param theta W (C, D), then b (C)
   * @param rowWeights (N): a
   * @param gradient as theta, written
   */
  evaluate(theta: Float64Array, rowWeights: Float64Array, lambda: number, gradient: Float64Array): number {
    const { C, D } = this;
    const engine = this.#engine;
    engine.write(theta.subarray(0, C * D), this.#w);
    engine.write(theta.subarray(C * D), this.#b);
    engine.fill(this.#dW, 0);
    engine.fill(this.#dB, 0);
    let total = 0;
    for (const a of rowWeights) total += a;
    let loss = 0;
    for (const { first, count, x, z } of this.#blocks) {
      engine.linearMany(x, this.#w, z, count, D, C, this.#b);
      const logits = this.logits.subarray(first * C, (first + count) * C);
      logits.set(engine.read(z).subarray(0, count * C));
      const dZ = new Float64Array(count * C);
      for (let n = 0; n < count; n++) {
        const a = rowWeights[first + n]! / total;
        if (a > 0) loss += a * rowLoss(logits, n * C, C, this.#labels[first + n]!, a, dZ);
      }
      engine.write(dZ, z);
      engine.weightGradient(z, x, this.#dW, count, C, D);
      engine.biasGradient(z, this.#dB, count, C);
    }
    gradient.set(engine.read(this.#dW), 0);
    gradient.set(engine.read(this.#dB), C * D);
    let squares = 0;
    for (let i = 0; i < C * D; i++) {
      squares += theta[i]! * theta[i]!;
      gradient[i]! += lambda * theta[i]!;
    }
    return loss + (lambda / 2) * squares;
  }
}

/** −ln p[label] of a row of logits; a (p − [label]) is written to dZ. */
function rowLoss(
  logits: Float64Array,
  at: number,
  C: number,
  label: number,
  a: number,
  dZ: Float64Array,
): number {
  let most = -Infinity;
  for (let c = 0; c < C; c++) most = Math.max(most, logits[at + c]!);
  let sum = 0;
  for (let c = 0; c < C; c++) sum += dZ[at + c] = Math.exp(logits[at + c]! - most);
  for (let c = 0; c < C; c++) dZ[at + c]! *= a / sum;
  dZ[at + label]! -= a;
  return most + Math.log(sum) - logits[at + label]!;
}
