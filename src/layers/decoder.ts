/**
 * Decoder: the linear output layer y_t = W_hy h_t + b_y with softmax cross-entropy on top. The two are one
 * operation in training and evaluation, so that the logits of a window are never held whole.
 */
import type { Engine, IdTensor, LossSums, Tensor } from "../engine/engine.js";
import { type Parameter, Workspace, parameter } from "./layer.js";

export class Decoder {
  /** (V, H); the embedding's when tied. */
  readonly weight: Parameter;
  /** (V) */
  readonly bias: Parameter;
  readonly #engine: Engine;
  readonly #H: number;
  readonly #V: number;
  readonly #logits: Workspace;

  constructor(engine: Engine, hidden: number, vocabulary: number, tied?: Parameter) {
    this.#engine = engine;
    this.#H = hidden;
    this.#V = vocabulary;
    this.#logits = new Workspace(engine);
    this.weight = tied ?? parameter(engine, "decoder.weight", [vocabulary, hidden]);
    this.bias = parameter(engine, "decoder.bias", [vocabulary]);
  }

  /** (N, V) logits; for a few rows, in generation. Valid until the next call. */
  logits(h: Tensor, N: number): Tensor {
    const y = this.#logits.take(N * this.#V);
    this.#engine.linear(h, this.weight.value, y, N, this.#H, this.#V, this.bias.value);
    return y;
  }

  /** Sums of the loss over the counted rows, and ln p(target) of each row where asked for. */
  loss(h: Tensor, targets: IdTensor, N: number, logProbabilities?: Tensor): LossSums {
    const [weight, bias] = [this.weight.value, this.bias.value];
    const loss = { N, H: this.#H, V: this.#V, h, weight, bias, targets };
    return this.#engine.softmaxLoss(logProbabilities ? { ...loss, logProbabilities } : loss);
  }

  /** The same, adding the gradients of `scale` · Σ loss to the parameters and writing dH (N, H). */
  lossAndGradient(h: Tensor, targets: IdTensor, N: number, scale: number, dH: Tensor): LossSums {
    return this.#engine.softmaxLoss({
      N,
      H: this.#H,
      V: this.#V,
      h,
      weight: this.weight.value,
      bias: this.bias.value,
      targets,
      backward: { scale, dH, dWeight: this.weight.grad, dBias: this.bias.grad },
    });
  }
}
