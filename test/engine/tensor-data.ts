/** Inside of tensors: what an engine's own tests look at and write, element by element. */
import type {
  Floats,
  IdTensor,
  LossSums,
  SoftmaxLoss,
  Sums,
  Tensor,
  Engine,
} from "../../src/engine/engine.js";

/** A tensor's elements, as the engine holds them. Engines that compute where JavaScript runs have them as `data`. */
export const dataOf = (x: Tensor): Floats => (x as unknown as { readonly data: Floats }).data;

/** The same of ids. */
export const idsOf = (x: IdTensor): Int32Array => (x as unknown as { readonly data: Int32Array }).data;

/** The sums of one softmax. */
export function softmaxSums(engine: Engine, loss: Omit<SoftmaxLoss, "sums">): LossSums {
  const sums: Sums = engine.sums();
  engine.softmaxLoss({ ...loss, sums });
  const { nats, correct } = sums.readNow();
  const count = idsOf(loss.targets)
    .subarray(0, loss.N)
    .reduce((n, id) => n + (id < 0 ? 0 : 1), 0);
  return { nats, count, correct };
}

/** Σ x² of one tensor. */
export function squaresOf(engine: Engine, x: Tensor): number {
  const sums = engine.sums();
  engine.sumOfSquares(x, sums);
  return sums.readNow().squares;
}
