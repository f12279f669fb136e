/**
 * PastDecode: past-decode regularisation (Brahma, 2018, "Improved language modeling by decoding the past", arXiv
 * 1808.05908). From the distribution that is predicted after token x, x itself is decoded, by the weight W that embedding
 * and decoder share and one layer between:
 *
 *   p = softmax(h Wᵀ + b)          the prediction, as it is without this
 *   e = Σ_v p_v W_v                its mean embedding
 *   r = tanh(W_r e + b_r)
 *   q = softmax(r Wᵀ + b′)
 *   loss = −ln p(target) − λ ln q(x)
 *
 * The sums get −ln p(target) alone. W_r (D, D), b_r and b′ serve training only: a run has them, a model does not.
 *
 * With a sampled softmax p is over the candidates, each weighted by one over the probability that it is one, so that e is
 * an estimate as the loss is; q is a sampled softmax of its own, whose targets are the x.
 */
import type { Engine, Sums, Tensor } from "../engine/engine.js";
import { Random, seedOf } from "../engine/random.js";
import type { Draw } from "./draw.js";
import type { KnownIds } from "./known-ids.js";
import { type Parameter, Workspace, isParameter, parameter } from "./layer.js";
import { Linear } from "./linear.js";
import { type CandidateSource, SampledSoftmax, type TrainedSoftmax } from "./sampled-softmax.js";
import type { TouchedRowList } from "./touched-rows.js";

/** What past tokens are decoded from and by. */
export interface PastTokens {
  /** (N) the x of each row; −1 is not counted. */
  readonly previous: KnownIds;
  /** W (V, D) of all tokens. */
  readonly weight: Parameter;
  /** The rows of its gradient. */
  readonly touched: TouchedRowList;
  /** Of a sampled softmax. */
  readonly sampling: { readonly source: CandidateSource; readonly draw: Draw } | undefined;
}

/** Tells the draws of q's candidates from those of p's, and its initial weights from the model's. */
const OWN_STREAM = 0x70617374;

export class PastDecode {
  /** λ */
  readonly strength: number;
  /** W_r and b_r */
  readonly linear: Linear;
  /** b′ (V) */
  readonly bias: Parameter;
  /** Σ −ln q(x) since it was cleared: no part of a reported loss. */
  readonly sums: Sums;
  readonly #engine: Engine;
  readonly #D: number;
  readonly #V: number;
  readonly #e: Workspace;
  readonly #dE: Workspace;
  readonly #r: Workspace;
  readonly #dR: Workspace;
  #sampled: SampledSoftmax | undefined;

  /**
   * @param width D, that of the shared weight
   * @param strength λ
   */
  constructor(engine: Engine, width: number, vocabulary: number, strength: number) {
    this.#engine = engine;
    this.#D = width;
    this.#V = vocabulary;
    this.strength = strength;
    this.linear = new Linear(engine, "past_decode", [width, width], { bias: true });
    this.bias = parameter(engine, "past_decode.decoder.bias", [vocabulary]);
    this.sums = engine.sums();
    const room = () => new Workspace(engine);
    this.#e = room();
    this.#dE = room();
    this.#r = room();
    this.#dR = room();
  }

  get parameters(): readonly Parameter[] {
    return [...this.linear.weights.filter(isParameter), this.bias];
  }

  /** W_r uniform in ±1/√D, the biases zero. */
  initialise(seed: number): void {
    const random = new Random(seedOf(seed, OWN_STREAM));
    const range = 1 / Math.sqrt(this.#D);
    const [weight] = this.parameters;
    const drawn = Float64Array.from({ length: weight!.value.length }, () => (2 * random.next() - 1) * range);
    this.#engine.write(drawn, weight!.value);
    this.weightsChanged();
  }

  /** To be called after the weights were changed. */
  weightsChanged(): void {
    this.linear.weightsChanged();
  }

  zeroGradient(): void {
    for (const { grad } of this.parameters) this.#engine.fill(grad, 0);
  }

  /** In the place of the engine's `softmaxLoss`: its loss and gradients, and those of the past decoded. */
  lossAndGradient(softmax: TrainedSoftmax, past: PastTokens): void {
    const engine = this.#engine;
    const D = this.#D;
    const { N, sums, backward } = softmax;
    const rows = () => N * D;
    const [e, dE] = [this.#e.take(rows()), this.#dE.take(rows())];
    const [r, dR] = [this.#r.take(rows()), this.#dR.take(rows())];
    engine.softmaxMean(softmax, e, sums);
    this.linear.forward(e, r, N, true);
    engine.tanhForward(r, r);
    this.#decode(r, dR, N, backward.scale, past);
    engine.tanhBackward(r, dR);
    this.linear.backward(dR, e, dE, N);
    engine.softmaxMeanBackward(softmax, { ...backward, dE });
  }

  /** −λ ln q(x): dR, and the gradients by W and b′. */
  #decode(r: Tensor, dR: Tensor, N: number, scale: number, past: PastTokens): void {
    const { previous, weight, touched, sampling } = past;
    const backward = {
      scale: scale * this.strength,
      dH: dR,
      dWeight: weight.grad,
      dBias: this.bias.grad,
    };
    const inputs = { N, h: r, weight: weight.value, bias: this.bias.value, backward, sums: this.sums };
    if (sampling) {
      const { source, draw } = sampling;
      this.#sampled ??= new SampledSoftmax(this.#engine, this.#D, this.#V);
      const own = { seed: seedOf(draw.seed, OWN_STREAM), step: draw.step };
      const { candidates, count } = this.#sampled.lossAndGradient(
        { ...inputs, targets: previous },
        source,
        own,
      );
      touched.add(candidates, count);
      return;
    }
    this.#engine.softmaxLoss({ ...inputs, H: this.#D, V: this.#V, targets: previous.tensor });
  }
}
