/** What the contract is held with: operands that are the same in an engine and in the reference in float64. */
import { expect } from "vitest";
import type { Engine, Floats, IdTensor, PackedMatrix, Tensor } from "../../src/engine/engine.js";
import { Random } from "../../src/engine/random.js";
import { ReferenceEngine } from "../../src/engine/reference.js";
import { dataOf, idsOf } from "./tensor-data.js";

export const exact: Engine = new ReferenceEngine("f64");

/** One operand in both engines, filled with the same numbers. */
export interface Pair {
  readonly tested: Tensor;
  readonly exact: Tensor;
}

export class Bench {
  readonly engine: Engine;
  readonly random: Random;

  constructor(engine: Engine, seed: number) {
    this.engine = engine;
    this.random = new Random(seed);
  }

  tensor(length: number, scale = 1): Pair {
    const tested = this.engine.tensor(length);
    const wide = exact.tensor(length);
    for (let i = 0; i < length; i++) {
      const x = Math.fround(this.random.normal() * scale);
      dataOf(tested)[i] = x;
      dataOf(wide)[i] = x;
    }
    return { tested, exact: wide };
  }

  ids(length: number, below: number, holes = 0): { tested: IdTensor; exact: IdTensor } {
    const tested = this.engine.ids(length);
    const wide = exact.ids(length);
    for (let i = 0; i < length; i++) {
      idsOf(wide)[i] = idsOf(tested)[i] = this.random.next() < holes ? -1 : this.random.below(below);
    }
    return { tested, exact: wide };
  }
}

/** Every element within `tolerance` of the exact one, relative to the largest of the tensor (or to 1). */
export function expectClose(pair: Pair, label: string, tolerance = 2e-5): void {
  const a: Floats = dataOf(pair.tested);
  const b: Floats = dataOf(pair.exact);
  let scale = 1;
  for (const x of b) scale = Math.max(scale, Math.abs(x));
  let worst = 0;
  for (let i = 0; i < b.length; i++) {
    const error = Math.abs(a[i]! - b[i]!);
    if (!(error <= worst)) worst = error;
  }
  expect(worst / scale, `${label}: largest error`).toBeLessThan(tolerance);
}

/** Random int8 weights (n, k), the extremes among them, packed in both engines. */
export function int8(
  bench: Bench,
  k: number,
  n: number,
): readonly [tested: PackedMatrix, exact: PackedMatrix] {
  const q = new Int8Array(n * k).map(() => bench.random.below(256) - 128);
  const scales = new Float32Array(n).map(() => bench.random.next() / (64 * Math.sqrt(k)));
  return [bench.engine, exact].map((engine) => {
    const packed = engine.packed(k, n, "int8");
    engine.packQuantized(q, scales, packed);
    return packed;
  }) as unknown as readonly [PackedMatrix, PackedMatrix];
}

/** Rows of the left-hand side are rounded to 16 bits, or a little fewer. */
export const INT8_TOLERANCE = 1e-4;
