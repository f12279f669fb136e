/** Tensors of the reference engine: plain arrays. */
import { roundToBf16 } from "./bf16.js";
import { checkSlice } from "./check-arguments.js";
import type { Floats, IdTensor, PackedKind, PackedMatrix, Tensor } from "./engine.js";

export class ReferenceTensor implements Tensor {
  declare readonly holds?: "floats";
  readonly data: Floats;

  constructor(data: Floats) {
    this.data = data;
  }

  get length(): number {
    return this.data.length;
  }

  slice(start: number, length: number): ReferenceTensor {
    checkSlice(this, start, length);
    return new ReferenceTensor(this.data.subarray(start, start + length));
  }
}

export class ReferenceIds implements IdTensor {
  declare readonly holds?: "ids";
  readonly data: Int32Array;

  constructor(data: Int32Array) {
    this.data = data;
  }

  get length(): number {
    return this.data.length;
  }

  slice(start: number, length: number): ReferenceIds {
    checkSlice(this, start, length);
    return new ReferenceIds(this.data.subarray(start, start + length));
  }
}

/** Here "packed" is simply (k, n) row-major. */
export interface ReferencePacked extends PackedMatrix {
  readonly data: Floats;
  /** Of kind int8: W (n, k), the floats that the int8 stand for. */
  readonly rows: Floats;
}

/** W (n, k) row-major. */
export const rowsOf = (w: ReferenceTensor | PackedMatrix): Floats =>
  "kind" in w ? (w as ReferencePacked).rows : w.data;

/** As an operand of a product. */
export const asOperand = (x: number, operands: PackedKind): number =>
  operands === "bf16" ? roundToBf16(x) : x;
