/**
 * Decoder: the linear output layer y_t = W_hy h_t + b_y with softmax cross-entropy on top. The two are one
 * operation in training and evaluation, so that the logits of a window are never held whole.
 */
import type { Engine, IdTensor, LossSums, PackedKind, Tensor } from "../engine/engine.js";
import {
  type Parameter,
  type WeightMatrix,
  Workspace,
  isQuantized,
  parameter,
  trained,
  weightMatrix,
} from "./layer.js";

export class Decoder {
  /** (V, H); the embedding's when tied. */
  readonly weight: WeightMatrix;
  /** (V) */
  readonly bias: Parameter;
  readonly #engine: Engine;
  readonly #H: number;
  readonly #V: number;
  readonly #logits: Workspace;

  constructor(
    engine: Engine,
    hidden: number,
    vocabulary: number,
    tied?: WeightMatrix,
    kind: PackedKind = "float",
  ) {
    this.#engine = engine;
    this.#H = hidden;
    this.#V = vocabulary;
    this.#logits = new Workspace(engine);
    this.weight = tied ?? weightMatrix(engine, kind, "decoder.weight", [vocabulary, hidden]);
    this.bias = parameter(engine, "decoder.bias", [vocabulary]);
  }

  /** (N, V) logits; for a few rows, in generation. Valid until the next call. */
  logits(h: Tensor, N: number): Tensor {
    const y = this.#logits.take(N * this.#V);
    const { weight, bias } = this;
    if (isQuantized(weight)) this.#engine.matmul(h, weight.packed[0]!, y, N, bias.value);
    else this.#engine.linear(h, weight.value, y, N, this.#H, this.#V, bias.value);
    return y;
  }

  /** Sums of the loss over the counted rows, and ln p(target) of each row where asked for. */
  loss(h: Tensor, targets: IdTensor, N: number, logProbabilities?: Tensor): LossSums {
    const weight = isQuantized(this.weight) ? this.weight.packed[0]! : this.weight.value;
    const bias = this.bias.value;
    const loss = { N, H: this.#H, V: this.#V, h, weight, bias, targets };
    return this.#engine.softmaxLoss(logProbabilities ? { ...loss, logProbabilities } : loss);
  }

  /** The same, adding the gradients of `scale` · Σ loss to the parameters and writing dH (N, H). */
  lossAndGradient(h: Tensor, targets: IdTensor, N: number, scale: number, dH: Tensor): LossSums {
    const weight = trained(this.weight);
    return this.#engine.softmaxLoss({
      N,
      H: this.#H,
      V: this.#V,
      h,
      weight: weight.value,
      bias: this.bias.value,
      targets,
      backward: { scale, dH, dWeight: weight.grad, dBias: this.bias.grad },
    });
  }
}
