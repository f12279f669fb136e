/** What an output layer is to a model: whatever stands between the last hidden state and the loss. */
import type { IdTensor, LossSums, Tensor } from "../engine/engine.js";
import type { WeightMatrix } from "./layer.js";

/** Sums of a training loss. It may be an estimate; which tokens were the most probable is not known. */
export type TrainingLoss = Pick<LossSums, "nats" | "count">;

export interface OutputLayer {
  /** In the order of the file; none that are tied to the embedding's. */
  readonly weights: readonly WeightMatrix[];

  /** To be called after the weights were changed. */
  weightsChanged(): void;

  /**
   * (N, V): ln p of every token, up to a constant a row; for a few rows, in generation. Valid until the next call.
   * @param h (N, H)
   */
  logits(h: Tensor, N: number): Tensor;

  /**
   * Sums of the exact loss over the counted rows.
   * @param h (N, H)
   * @param targets (N); −1 is not counted
   * @param logProbabilities (N), written where given: ln p(target), 0 where the target is −1
   */
  loss(h: Tensor, targets: IdTensor, N: number, logProbabilities?: Tensor): LossSums;

  /** Adds the gradients of `scale` · Σ loss to the parameters, writes dH (N, H), and returns the sums of the loss. */
  lossAndGradient(h: Tensor, targets: IdTensor, N: number, scale: number, dH: Tensor): TrainingLoss;

  /** Sets the parameters' gradients to zero. */
  zeroGradient(): void;
}
