/** Clipping of the gradient by its norm (Pascanu et al., 2013). */
import type { Engine, Sums } from "../engine/engine.js";
import type { Parameter } from "../model/parameter.js";
import type { UpdateRows } from "./optimizer.js";

/** Adds ‖g‖² of all gradients together. Rows that no window touched are zero, and need not be read. */
export function addSquares(
  engine: Engine,
  parameters: readonly Parameter[],
  sums: Sums,
  updateRows: UpdateRows = "all",
): void {
  for (const { grad, touched } of parameters) {
    if (touched && (updateRows === "touched" || touched.normed === "rows"))
      engine.sumOfSquaresRows(grad, touched.rows, touched.count, touched.width, sums);
    else engine.sumOfSquares(grad, sums);
  }
}

/** The factor of the gradient: min(1, max / (norm + 1e-6)), as PyTorch's clip_grad_norm_; 1 without `max`. */
export function clipScale(norm: number, max: number | undefined): number {
  return max === undefined ? 1 : Math.min(1, max / (norm + 1e-6));
}
