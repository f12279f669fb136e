/**
 * Decoder: the linear output layer y_t = W_hy h_t + b_y with softmax cross-entropy on top. The two are one
 * operation in training and evaluation, so that the logits of a window are never held whole.
 */
import type { Engine, Floats, LossSums, Mixture, PackedKind, Sums, Tensor } from "../engine/engine.js";
import type { KnownIds } from "./known-ids.js";
import {
  type Parameter,
  type WeightMatrix,
  Workspace,
  rowsTimes,
  operandOf,
  parameter,
  trained,
  weightMatrix,
} from "./layer.js";
import { type OutputLayer, countedRows } from "./output-layer.js";
import type { Draw, Pass } from "./pass.js";
import type { CandidateSource, SampledSoftmax, TrainedSoftmax } from "./sampled-softmax.js";
import { TouchedRowList } from "./touched-rows.js";

/** Candidates that were chosen need no draw. */
const CHOSEN: Draw = { seed: 0, step: 0 };
/** An embedding whose weight (V, H) is the decoder's too. */
export interface TiedEmbedding {
  readonly weight: WeightMatrix;
  readonly touched: TouchedRowList;
}

export class Decoder implements OutputLayer {
  /** (V, H); the embedding's when tied. */
  readonly weight: WeightMatrix;
  /** (V) */
  readonly bias: Parameter;
  readonly #engine: Engine;
  readonly #H: number;
  readonly #V: number;
  readonly #logits: Workspace;
  readonly #sums: Sums;
  #sampled: SampledSoftmax | undefined;
  readonly #tied: boolean;
  /** The rows of the weight's gradient that were added to, the embedding's among them when tied; and of the bias's. */
  readonly #touched: TouchedRowList;
  readonly #touchedBias: TouchedRowList;

  constructor(
    engine: Engine,
    hidden: number,
    vocabulary: number,
    tied?: TiedEmbedding,
    kind: PackedKind = "float",
  ) {
    this.#engine = engine;
    this.#H = hidden;
    this.#V = vocabulary;
    this.#tied = tied !== undefined;
    this.#touched = tied?.touched ?? new TouchedRowList(engine, vocabulary, hidden);
    this.#touchedBias = new TouchedRowList(engine, vocabulary, 1, "whole");
    this.#logits = new Workspace(engine);
    this.#sums = engine.sums();
    const touched = () => this.#touched.rows;
    this.weight =
      tied?.weight ?? weightMatrix(engine, kind, "decoder.weight", [vocabulary, hidden], { touched });
    this.bias = parameter(engine, "decoder.bias", [vocabulary], () => this.#touchedBias.rows);
  }

  get weights(): readonly WeightMatrix[] {
    return this.#tied ? [this.bias] : [this.weight, this.bias];
  }

  weightsChanged(): void {}

  logits(h: Tensor, N: number, many = false): Floats {
    return this.#engine.read(this.product(h, N, many));
  }

  /** h Wᵀ + b (N, V). Valid until the next call. @param many as in `logits` */
  product(h: Tensor, N: number, many: boolean): Tensor {
    const y = this.#logits.take(N * this.#V);
    rowsTimes(this.#engine, h, this.weight, y, N, this.bias.value, many);
    return y;
  }

  /** @param mixture where h (N·K, H) has K rows for each of the N: see `Mixture` */
  loss(h: Tensor, targets: KnownIds, N: number, logProbabilities?: Tensor, mixture?: Mixture): LossSums {
    const sums = this.#sums;
    sums.clear();
    this.#engine.softmaxLoss({
      N,
      H: this.#H,
      V: this.#V,
      h,
      weight: operandOf(this.weight),
      bias: this.bias.value,
      targets: targets.tensor,
      sums,
      ...(mixture && { mixture }),
      ...(logProbabilities && { logProbabilities }),
    });
    const { nats, correct } = sums.readNow();
    return { nats, count: countedRows(targets, N), correct };
  }

  /** @param mixture as in `loss`, with `dPrior` */
  lossAndGradient(
    h: Tensor,
    targets: KnownIds,
    N: number,
    scale: number,
    dH: Tensor,
    pass: Pass,
    sums: Sums,
    mixture?: Mixture,
  ): void {
    const weight = trained(this.weight);
    const bias = this.bias.value;
    const backward = { scale, dH, dWeight: weight.grad, dBias: this.bias.grad };
    const source = pass.draw ? pass.sampler : pass.candidates;
    const draw = pass.draw ?? CHOSEN;
    const compute = this.#pastDecode(pass, weight, source && { source, draw });
    if (source) {
      this.#sampled ??= source.softmax(this.#engine, this.#H, this.#V);
      const loss = { N, h, weight: weight.value, bias, targets, backward, sums, mixture, compute };
      const { candidates, count } = this.#sampled.lossAndGradient(loss, source, draw);
      this.#touched.add(candidates, count);
      this.#touchedBias.add(candidates, count);
      return;
    }
    this.#touched.addAll();
    this.#touchedBias.addAll();
    const softmax = {
      N,
      H: this.#H,
      V: this.#V,
      h,
      weight: weight.value,
      bias,
      targets: targets.tensor,
      backward,
      sums,
      ...(mixture && { mixture }),
    };
    if (compute) compute(softmax);
    else this.#engine.softmaxLoss(softmax);
  }

  /** What computes the softmax where the past is decoded, too. */
  #pastDecode(
    { pastDecode, previous }: Pass,
    weight: Parameter,
    sampling: { source: CandidateSource; draw: Draw } | undefined,
  ): ((softmax: TrainedSoftmax) => void) | undefined {
    if (!pastDecode || !previous) return undefined;
    if (!this.#tied) throw new TypeError("the past is decoded by the embedding's weight, which is not tied");
    const touched = this.#touched;
    return (softmax) => pastDecode.lossAndGradient(softmax, { previous, weight, touched, sampling });
  }

  zeroGradient(): void {
    this.#touchedBias.clear(this.bias.grad);
    if (!this.#tied) this.#touched.clear(trained(this.weight).grad);
  }
}
