/**
 * Decoder: the linear output layer y_t = W_hy h_t + b_y with softmax cross-entropy on top. The two are one
 * operation in training and evaluation, so that the logits of a window are never held whole.
 */
import type { Engine, IdTensor, LossSums, PackedKind, Tensor } from "../engine/engine.js";
import {
  type Parameter,
  type WeightMatrix,
  Workspace,
  fewRowsTimes,
  operandOf,
  parameter,
  trained,
  weightMatrix,
} from "./layer.js";
import type { OutputLayer, TrainingLoss } from "./output-layer.js";
import { type CandidateDraw, SampledSoftmax } from "./sampled-softmax.js";
import { TouchedRowList } from "./touched-rows.js";

export class Decoder implements OutputLayer {
  /** (V, H); the embedding's when tied. */
  readonly weight: WeightMatrix;
  /** (V) */
  readonly bias: Parameter;
  readonly #engine: Engine;
  readonly #H: number;
  readonly #V: number;
  readonly #logits: Workspace;
  #sampled: SampledSoftmax | undefined;
  /** The rows of the weight's gradient that were added to; undefined: it is tied, the embedding's. */
  readonly #touched: TouchedRowList | undefined;

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
    this.#touched = tied ? undefined : new TouchedRowList(engine, vocabulary, hidden);
    this.#logits = new Workspace(engine);
    const touched = () => this.#touched?.rows;
    this.weight = tied ?? weightMatrix(engine, kind, "decoder.weight", [vocabulary, hidden], { touched });
    this.bias = parameter(engine, "decoder.bias", [vocabulary]);
  }

  get weights(): readonly WeightMatrix[] {
    return this.#touched ? [this.weight, this.bias] : [this.bias];
  }

  weightsChanged(): void {}

  logits(h: Tensor, N: number): Tensor {
    const y = this.#logits.take(N * this.#V);
    fewRowsTimes(this.#engine, h, this.weight, y, N, this.bias.value);
    return y;
  }

  loss(h: Tensor, targets: IdTensor, N: number, logProbabilities?: Tensor): LossSums {
    const weight = operandOf(this.weight);
    const bias = this.bias.value;
    const loss = { N, H: this.#H, V: this.#V, h, weight, bias, targets };
    return this.#engine.softmaxLoss(logProbabilities ? { ...loss, logProbabilities } : loss);
  }

  lossAndGradient(h: Tensor, targets: IdTensor, N: number, scale: number, dH: Tensor): TrainingLoss {
    const weight = trained(this.weight);
    this.#touched?.addAll();
    const { nats, count } = this.#engine.softmaxLoss({
      N,
      H: this.#H,
      V: this.#V,
      h,
      weight: weight.value,
      bias: this.bias.value,
      targets,
      backward: { scale, dH, dWeight: weight.grad, dBias: this.bias.grad },
    });
    return { nats, count };
  }

  /** `lossAndGradient` of the sampled softmax: an estimate of the loss, over the candidates drawn for this window. */
  sampledLossAndGradient(
    h: Tensor,
    targets: IdTensor,
    N: number,
    scale: number,
    dH: Tensor,
    draw: CandidateDraw,
  ): TrainingLoss {
    this.#sampled ??= new SampledSoftmax(this.#engine, this.#H, this.#V);
    const weight = trained(this.weight);
    const backward = { scale, dH, dWeight: weight.grad, dBias: this.bias.grad };
    const { sums, candidates, count } = this.#sampled.lossAndGradient(
      { N, h, weight: weight.value, bias: this.bias.value, targets, backward },
      draw,
    );
    this.#touched?.add(candidates.data, count);
    return sums;
  }

  zeroGradient(): void {
    this.#engine.fill(this.bias.grad, 0);
    this.#touched?.clear(trained(this.weight).grad);
  }
}
