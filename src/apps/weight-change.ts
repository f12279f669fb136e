/**
 * What one time of learning changed of a model's weights, small enough to be kept: with D the sum of all changes since the
 * training, before and after it,
 *
 *   D_after ≈ c D_before + E,   c = ⟨D_after, D_before⟩ / ⟨D_before, D_before⟩   for each weight by itself
 *
 * where E is of low rank for a matrix, and whole for a vector. c is what remained: learning goes back to the trained
 * weights a little with every step, and the decay of all that was learned before is not of low rank. Factors are int8, vectors bfloat16.
 */
import { fromBf16 } from "../format/half-floats.js";
import { toBf16 } from "../format/to-bf16.js";
import type { WeightShape } from "../model/weight-shapes.js";
import { addLowRank, lowRank, type LowRank, quantized } from "./low-rank.js";

/** The change of one weight. */
export interface ChangedWeight {
  /** c */
  readonly keep: number;
  /** E: of a matrix, its factors; of a vector, its numbers. */
  readonly part: LowRank | Float32Array;
}

/** By the names of weights; of one that is not in it all remained, and nothing was added. */
export type WeightChange = ReadonlyMap<string, ChangedWeight>;

/** D by the names of weights, in their shapes. */
export type WeightSums = ReadonlyMap<string, Float32Array>;

/** Sums of no change. */
export function noSums(shapes: Iterable<WeightShape>): WeightSums {
  return new Map([...shapes].map(({ name, shape }) => [name, new Float32Array(sizeOf(shape))]));
}

/** @param rank r of each matrix, at most */
export function changeBetween(
  shapes: Iterable<WeightShape>,
  before: WeightSums,
  after: WeightSums,
  rank: number,
): WeightChange {
  const change = new Map<string, ChangedWeight>();
  for (const { name, shape } of shapes) {
    const [from, to] = [before.get(name)!, after.get(name)!];
    let [product, square] = [0, 0];
    for (const [i, x] of from.entries()) {
      product += x * to[i]!;
      square += x * x;
    }
    const keep = square > 0 ? product / square : 1;
    const E = to.map((x, i) => x - keep * from[i]!);
    const [n, k] = shape;
    change.set(name, { keep, part: k === undefined ? rounded(E) : quantized(lowRank(E, n!, k, rank)) });
  }
  return change;
}

/** Makes sums those after a change, in place. */
export function addChange(sums: WeightSums, change: WeightChange, shapes: Iterable<WeightShape>): void {
  for (const { name, shape } of shapes) {
    const found = change.get(name);
    if (!found) continue;
    const D = sums.get(name)!;
    const { keep, part } = found;
    if (keep !== 1) for (const [i, x] of D.entries()) D[i] = keep * x;
    if (part instanceof Float32Array) for (const [i, x] of part.entries()) D[i]! += x;
    else addLowRank(part, D, shape[1]!);
  }
}

/** The sums after some changes, one after the other. */
export function sumsOf(changes: Iterable<WeightChange>, shapes: readonly WeightShape[]): WeightSums {
  const sums = noSums(shapes);
  for (const change of changes) addChange(sums, change, shapes);
  return sums;
}

const rounded = (values: Float32Array): Float32Array => fromBf16(toBf16(values));

export const sizeOf = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1);
