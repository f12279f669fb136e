/** Vectors with mean 0 and variance 1 in every element, so that a penalty means the same for all. */

/** x ↦ (x − mean) / deviation, element by element. */
export interface Standard {
  readonly mean: Float64Array;
  /** Nowhere 0. */
  readonly deviation: Float64Array;
}

/** Part of the mean variance that is added: what hardly varies stays small. */
const FLOOR = 1e-4;

/** @param blocks (n, D) each, of at least one row together: changed in place */
export function standardise(blocks: readonly Float32Array[], D: number): Standard {
  const mean = new Float64Array(D);
  const squares = new Float64Array(D);
  const N = blocks.reduce((sum, { length }) => sum + length / D, 0);
  for (const block of blocks) for (let i = 0; i < block.length; i++) mean[i % D]! += block[i]! / N;
  for (const block of blocks)
    for (let i = 0; i < block.length; i++) squares[i % D]! += (block[i]! - mean[i % D]!) ** 2 / N;
  const floor = (FLOOR * squares.reduce((sum, one) => sum + one, 0)) / D || 1;
  const deviation = squares.map((variance) => Math.sqrt(variance + floor));
  for (const block of blocks)
    for (let i = 0; i < block.length; i++) block[i] = (block[i]! - mean[i % D]!) / deviation[i % D]!;
  return { mean, deviation };
}

/**
 * The head on vectors as they were, of one on standardised vectors:
 * W'_cd = W_cd / s_d, b'_c = b_c − Σ_d W_cd m_d / s_d
 * @param theta W (C, D), then b (C)
 */
export function unstandardised(
  theta: Float64Array,
  { mean, deviation }: Standard,
  C: number,
): { readonly weight: Float32Array; readonly bias: Float32Array } {
  const D = mean.length;
  const weight = new Float32Array(C * D);
  const bias = new Float32Array(C);
  for (let c = 0; c < C; c++) {
    let b = theta[C * D + c]!;
    for (let d = 0; d < D; d++) {
      const w = theta[c * D + d]! / deviation[d]!;
      b -= w * mean[d]!;
      weight[c * D + d] = w;
    }
    bias[c] = b;
  }
  return { weight, bias };
}
