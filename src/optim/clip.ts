/** Clipping of the gradient by its norm (Pascanu et al., 2013). */
import type { Engine } from "../engine/engine.js";
import type { Parameter } from "../model/parameter.js";

/** ‖g‖₂ of all gradients together. Rows that a window did not touch are zero and are not read. */
export function gradientNorm(engine: Engine, parameters: readonly Parameter[]): number {
  let sum = 0;
  for (const { grad, touched } of parameters) {
    sum += touched
      ? engine.sumOfSquaresRows(grad, touched.rows, touched.count, touched.width)
      : engine.sumOfSquares(grad);
  }
  return Math.sqrt(sum);
}

/** What the gradient is multiplied by: min(1, max / (norm + 1e-6)), as PyTorch's clip_grad_norm_; 1 without `max`. */
export function clipScale(norm: number, max: number | undefined): number {
  return max === undefined ? 1 : Math.min(1, max / (norm + 1e-6));
}
