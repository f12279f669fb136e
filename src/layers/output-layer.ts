/** The interface of output layers: all that lies between the last hidden state and the loss. */
import type { Floats, LossSums, Sums, Tensor } from "../engine/engine.js";
import type { KnownIds } from "./known-ids.js";
import type { WeightMatrix } from "./layer.js";
import type { Pass } from "./pass.js";

export interface OutputLayer {
  /** In the order of the file; none that are tied to the embedding's. */
  readonly weights: readonly WeightMatrix[];

  /** To be called after the weights were changed. */
  weightsChanged(): void;

  /**
   * (N, V): ln p of every token, up to a constant a row; of a step, in generation, or of a window. Not to be written; valid until
   * the next call.
   * @param h (N, H)
   * @param many whether they are rows of a window, of which many go through a product in another order; default false
   */
  logits(h: Tensor, N: number, many?: boolean): Floats;

  /**
   * Sums of the exact loss over the counted rows.
   * @param h (N, H)
   * @param targets (N); −1 is not counted
   * @param logProbabilities (N), written where given: ln p(target), 0 where the target is −1
   */
  loss(h: Tensor, targets: KnownIds, N: number, logProbabilities?: Tensor): LossSums;

  /**
   * Adds the gradients of `scale` · Σ loss to the parameters, writes dH (N, H), and adds the loss, which may be an
   * estimate, to `sums`, whose `correct` is then meaningless.
   * @throws TypeError where the pass has a sampler and the layer cannot be sampled, or decodes the past and it cannot
   */
  lossAndGradient(
    h: Tensor,
    targets: KnownIds,
    N: number,
    scale: number,
    dH: Tensor,
    pass: Pass,
    sums: Sums,
  ): void;

  /** Sets the parameters' gradients to zero. */
  zeroGradient(): void;
}

/** Rows that count: those whose target is not −1. */
export function countedRows({ values }: KnownIds, N: number): number {
  let count = 0;
  for (let n = 0; n < N; n++) if (values[n]! >= 0) count++;
  return count;
}
