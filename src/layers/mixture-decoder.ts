/**
 * MixtureDecoder: a mixture of K softmaxes (Yang et al., 2018, "Breaking the softmax bottleneck") over one decoder:
 *
 *   π = softmax(W_π h)                     the prior (K)
 *   h_k = tanh(W_k h + b_k)                K latent states of the decoder's width D
 *   p = Σ_k π_k softmax(W h_k + b)
 *
 * One softmax's matrix of ln p, over all contexts, has at most the rank D + 1; a mixture's is not bound to that. Training
 * and measuring are one operation over N·K rows (`Mixture` in engine.ts): the K products with W are the cost.
 *
 * The W_k lie below each other in "decoder.latent.weight" (K·D, H): row n of its output is the K rows n·K … n·K + K − 1 of
 * the decoder's input, as they are.
 */
import type { Engine, Floats, LossSums, PackedKind, Sums, Tensor } from "../engine/engine.js";
import { Decoder, type TiedEmbedding } from "./decoder.js";
import type { KnownIds } from "./known-ids.js";
import { type WeightMatrix, Workspace, hostFloats } from "./layer.js";
import { Linear } from "./linear.js";
import type { OutputLayer } from "./output-layer.js";
import type { Pass } from "./pass.js";

/** Sizes of a mixture. */
export interface MixtureSizes {
  /** K, at least 2. */
  readonly components: number;
  /** H */
  readonly hidden: number;
  /** D: columns of W. */
  readonly width: number;
  /** V */
  readonly vocabulary: number;
}

export class MixtureDecoder implements OutputLayer {
  /** W_π (K, H) */
  readonly prior: Linear;
  /** W_k and b_k: (K·D, H) and (K·D) */
  readonly latent: Linear;
  /** W (V, D) and b (V) */
  readonly decoder: Decoder;
  readonly #engine: Engine;
  readonly #K: number;
  readonly #H: number;
  readonly #D: number;
  readonly #V: number;
  readonly #states: Workspace;
  readonly #dStates: Workspace;
  readonly #prior: Workspace;
  readonly #dPrior: Workspace;
  readonly #dH: Workspace;
  #logits: Floats = new Float32Array(0);

  constructor(
    engine: Engine,
    { components: K, hidden, width, vocabulary }: MixtureSizes,
    tied?: TiedEmbedding,
    kind: PackedKind = "float",
  ) {
    this.#engine = engine;
    this.#K = K;
    this.#H = hidden;
    this.#D = width;
    this.#V = vocabulary;
    this.prior = new Linear(engine, "decoder.prior", [K, hidden], { bias: false, kind });
    this.latent = new Linear(engine, "decoder.latent", [K * width, hidden], { bias: true, kind });
    this.decoder = new Decoder(engine, width, vocabulary, tied, kind);
    const room = () => new Workspace(engine);
    this.#states = room();
    this.#dStates = room();
    this.#prior = room();
    this.#dPrior = room();
    this.#dH = room();
  }

  get weights(): readonly WeightMatrix[] {
    return [...this.prior.weights, ...this.latent.weights, ...this.decoder.weights];
  }

  weightsChanged(): void {
    for (const part of [this.prior, this.latent, this.decoder]) part.weightsChanged();
  }

  zeroGradient(): void {
    for (const part of [this.prior, this.latent, this.decoder]) part.zeroGradient();
  }

  logits(h: Tensor, N: number, many = false): Floats {
    const engine = this.#engine;
    const K = this.#K;
    const V = this.#V;
    const prior = this.#prior.take(N * K);
    const states = this.#states.take(N * K * this.#D);
    this.prior.forwardFew(h, prior, N);
    this.latent.forwardFew(h, states, N);
    engine.tanhForward(states, states);
    const e = this.decoder.product(states, N * K, many);
    // p_v = Σ_k factor_k e_kv with factor_k = π_k / Σ_v e_kv
    const factors = new Float64Array(N * K);
    engine.read(prior, factors);
    for (let n = 0; n < N; n++) softmax(factors.subarray(n * K, (n + 1) * K));
    for (let row = 0; row < N * K; row++) {
      const l = e.slice(row * V, V);
      factors[row]! /= engine.sumOfExponentials(l, engine.greatest(l), 1, l);
    }
    const all = (this.#logits = hostFloats(engine, this.#logits, N * V));
    mixLogarithms(engine.read(e), factors, K, V, all);
    return all;
  }

  loss(h: Tensor, targets: KnownIds, N: number, logProbabilities?: Tensor): LossSums {
    const { prior, states } = this.#forward(h, N, false);
    return this.decoder.loss(states, targets, N, logProbabilities, { K: this.#K, prior });
  }

  lossAndGradient(
    h: Tensor,
    targets: KnownIds,
    N: number,
    scale: number,
    dH: Tensor,
    pass: Pass,
    sums: Sums,
  ): void {
    if (pass.pastDecode) throw new TypeError("the past is decoded from one softmax, not from a mixture");
    const engine = this.#engine;
    const K = this.#K;
    const { prior, states } = this.#forward(h, N, pass.train);
    const dPrior = this.#dPrior.take(N * K);
    const dStates = this.#dStates.take(N * K * this.#D);
    const mixture = { K, prior, dPrior };
    this.decoder.lossAndGradient(states, targets, N, scale, dStates, pass, sums, mixture);
    engine.tanhBackward(states, dStates);
    const byPrior = this.#dH.take(N * this.#H);
    this.latent.backward(dStates, h, dH, N);
    this.prior.backward(dPrior, h, byPrior, N);
    engine.add(byPrior, dH);
  }

  /** The logits of π (N, K), and the latent states (N·K, D). */
  #forward(h: Tensor, N: number, train: boolean): { prior: Tensor; states: Tensor } {
    const prior = this.#prior.take(N * this.#K);
    const states = this.#states.take(N * this.#K * this.#D);
    this.prior.forward(h, prior, N, train);
    this.latent.forward(h, states, N, train);
    this.#engine.tanhForward(states, states);
    return { prior, states };
  }
}

/** x becomes softmax(x). */
function softmax(x: Float64Array): void {
  const max = x.reduce((a, b) => Math.max(a, b));
  let sum = 0;
  for (let i = 0; i < x.length; i++) sum += x[i] = Math.exp(x[i]! - max);
  for (let i = 0; i < x.length; i++) x[i]! /= sum;
}

/** all (N, V) = ln Σ_k factors[n, k] e[n, k, v] */
function mixLogarithms(e: Floats, factors: Float64Array, K: number, V: number, all: Floats): void {
  for (let n = 0; n * V < all.length; n++) {
    for (let v = 0; v < V; v++) {
      let p = 0;
      for (let k = n * K; k < (n + 1) * K; k++) p += factors[k]! * e[k * V + v]!;
      // An exponential may have become 0: the logarithm stays finite.
      all[n * V + v] = Math.log(Math.max(p, Number.MIN_VALUE));
    }
  }
}
