/**
 * What many vectors have in common, and is taken out of each: their mean μ, their first principal components u_1 … u_k
 * (orthonormal), or both:
 *
 *   v' = (v − μ) − Σ_i u_i u_iᵀ (v − μ)
 *
 * With both this is "all but the top" (Mu and Viswanath, 2018, arXiv 1702.01417): u are the eigenvectors of
 * Σ (v − μ)(v − μ)ᵀ. Without the mean u are those of Σ v vᵀ, as with the weights of Arora, Liang and Ma (2017). Vectors that
 * are 0, those of empty texts, do not count and stay 0.
 */
import type { Engine } from "../engine/engine.js";
import { option, sentence, UserError } from "../errors.js";
import { principalComponents } from "./principal-components.js";
import { dot, lengthOf, rowsOf, type VectorBlocks } from "./vector-blocks.js";

/** What is to be taken out. */
export interface CommonOptions {
  /** The mean. */
  readonly centre?: boolean;
  /** So many principal components. */
  readonly components?: number;
}

/** A vector of which no more is left is nothing but rounding. */
const NOTHING = 1e-6;
/** Vectors whose products are summed in float32 before they are added in float64. */
const SUMMED = 1024;

export class CommonPart {
  /** μ (D); zeros where the mean is kept. */
  readonly mean: Float64Array;
  /** Orthonormal, (D) each. */
  readonly components: readonly Float64Array[];
  readonly #rest: Float64Array;

  constructor(mean: Float64Array, components: readonly Float64Array[]) {
    this.mean = mean;
    this.components = components;
    this.#rest = new Float64Array(mean.length);
  }

  /** Takes it out of a vector, in place. */
  remove(vector: Float32Array): void {
    const before = lengthOf(vector);
    if (before === 0) return;
    const rest = this.#rest;
    for (let d = 0; d < rest.length; d++) rest[d] = vector[d]! - this.mean[d]!;
    for (const u of this.components) {
      const part = dot(rest, u);
      for (let d = 0; d < rest.length; d++) rest[d]! -= part * u[d]!;
    }
    if (lengthOf(rest) <= NOTHING * before) vector.fill(0);
    else vector.set(rest);
  }
}

/**
 * @param noun of what each vector is of, for messages: "text"
 * @returns undefined where nothing is to be taken out
 * @throws UserError where there are too few vectors
 */
export function commonPart(
  engine: Engine,
  vectors: VectorBlocks,
  { centre = false, components = 0 }: CommonOptions,
  noun: string,
): CommonPart | undefined {
  if (!centre && components === 0) return undefined;
  const D = vectors.width;
  const { count, mean } = meanOf(vectors);
  checkCount(count, D, { centre, components }, noun);
  if (!centre) mean.fill(0);
  if (components === 0) return new CommonPart(mean, []);
  return new CommonPart(mean, principalComponents(productSums(engine, vectors, mean), D, components));
}

function checkCount(
  count: number,
  D: number,
  { centre, components }: Required<CommonOptions>,
  noun: string,
): void {
  if (centre && count < 2)
    throw new UserError({
      option: "centre",
      problem: sentence`${option("centre")} subtracts the mean of all vectors, and there ${count === 1 ? `is one ${noun}` : `is no ${noun}`} that is not empty`,
      advice: sentence`give two or more, or leave ${option("centre")} out`,
    });
  // As many independent directions as there are vectors; one fewer about their mean.
  const most = Math.min(D, centre ? count - 1 : count) - 1;
  if (components <= most) return;
  throw new UserError({
    option: "components",
    problem: sentence`${option("components", components)} would leave nothing of ${count} vectors of ${D} numbers`,
    advice: most < 1 ? `give more ${noun}s, or leave it out` : `take out ${most} at most`,
  });
}

/** The mean of the vectors that are not 0, and how many there are. */
function meanOf(vectors: VectorBlocks): { readonly count: number; readonly mean: Float64Array } {
  const mean = new Float64Array(vectors.width);
  let count = 0;
  for (const block of vectors.blocks())
    for (const row of rowsOf(block, vectors.width)) {
      if (isZero(row)) continue;
      count++;
      for (let d = 0; d < row.length; d++) mean[d]! += row[d]!;
    }
  for (let d = 0; d < mean.length; d++) mean[d]! /= Math.max(1, count);
  return { count, mean };
}

/** ‖v'‖ of each vector (N), 0 where nothing is left. */
export function remainingLengths(vectors: VectorBlocks, common: CommonPart | undefined): Float32Array {
  const lengths = new Float32Array(vectors.count);
  const rest = new Float32Array(vectors.width);
  let n = 0;
  for (const block of vectors.blocks())
    for (const row of rowsOf(block, vectors.width)) {
      rest.set(row);
      common?.remove(rest);
      lengths[n++] = lengthOf(rest);
    }
  return lengths;
}

const isZero = (vector: Float32Array): boolean => vector.every((x) => x === 0);

/** Σ (v − μ)(v − μ)ᵀ (D, D) over the vectors that are not 0. */
function productSums(engine: Engine, vectors: VectorBlocks, mean: Float64Array): Float64Array {
  const D = vectors.width;
  const sums = new Float64Array(D * D);
  const columns = new Float32Array(D * SUMMED);
  const [x, product] = [engine.tensor(D * SUMMED), engine.tensor(D * D)];
  let n = 0;
  const add = (): void => {
    // The vectors are columns of X (D, n), so that X Xᵀ is a product with weights that are not packed.
    for (let d = 0; d < D; d++) columns.fill(0, d * SUMMED + n, (d + 1) * SUMMED);
    engine.write(columns, x);
    engine.linearMany(x, x, product, D, SUMMED, D);
    const values = engine.read(product);
    for (let i = 0; i < sums.length; i++) sums[i]! += values[i]!;
    n = 0;
  };
  for (const block of vectors.blocks())
    for (const row of rowsOf(block, D)) {
      if (isZero(row)) continue;
      for (let d = 0; d < D; d++) columns[d * SUMMED + n] = row[d]! - mean[d]!;
      if (++n === SUMMED) add();
    }
  if (n > 0) add();
  // The two that are equal but for rounding, so that the matrix is symmetric to the bit.
  for (let i = 0; i < D; i++) for (let j = 0; j < i; j++) sums[j * D + i] = sums[i * D + j]!;
  return sums;
}
