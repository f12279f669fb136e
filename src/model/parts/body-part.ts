/** A part that stands at a place of a model's body: after the embedding, or after a layer. */
import type { Tensor } from "../../engine/engine.js";
import type { WeightMatrix } from "../../layers/layer.js";
import type { Pass } from "../../layers/pass.js";

export interface BodyPart {
  /** In the order of the file; of parts that have any. */
  readonly weights: readonly WeightMatrix[];

  /** Whether the pass changes rows; where no part of a place does, equal rows can be shared. */
  changes(pass: Pass): boolean;

  /**
   * Y from X (T·B, ·), row by row; X itself where nothing changes. X is not changed and stays as it is until `backward`;
   * Y is valid until the next call.
   */
  forward(x: Tensor, T: number, pass: Pass): Tensor;

  /** The gradient by X of the last `forward`, from dY, which may be overwritten. Adds to its weights' gradients. */
  backward(dY: Tensor): Tensor;

  /** To be called after the weights were changed. */
  weightsChanged(): void;
}
