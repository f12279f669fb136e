/**
 * Sampled softmax (Bengio and Senécal, 2003; Jean et al., 2015): in training the sum over the vocabulary, Z = Σ_v e^{l_v},
 * is estimated from a few candidates C: the window's targets and `samples` draws from the unigram distribution q.
 *
 *   π_v = 1 − (1 − q_v)^(draws + targets)                      the probability that v is a candidate
 *   loss = −l_t + ln(e^{l_t} + Σ_{v ∈ C, v ≠ t} e^{l_v} / π_v)
 *
 * The sum is the estimate of Horvitz and Thompson (1952), without bias where the targets are like draws from q too. All
 * rows share the candidates, so that what is left is a small softmax over rows of W that were gathered.
 */
import type { Engine, Mixture, SoftmaxLoss, Sums, Tensor } from "../engine/engine.js";
import { Random, seedOf } from "../engine/random.js";
import type { Draw } from "./draw.js";
import { KnownIds } from "./known-ids.js";
import { Workspace } from "./layer.js";

/** The source of candidates; see candidate-sampler.ts. */
export interface CandidateSource {
  readonly samples: number;
  /** Number of tokens. */
  readonly size: number;
  /** One token. */
  draw(random: Random): number;
  /** ln π_v where so many tokens are drawn. */
  logInclusion(id: number, draws: number): number;
}

/** A softmax with gradients, over all tokens or over candidates. */
export type TrainedSoftmax = SoftmaxLoss & {
  readonly weight: Tensor;
  readonly backward: NonNullable<SoftmaxLoss["backward"]>;
};

interface SampledLoss {
  readonly N: number;
  /** (N, H); of a mixture (N·K, H) */
  readonly h: Tensor;
  /** (V, H) */
  readonly weight: Tensor;
  /** (V) */
  readonly bias: Tensor;
  /** (N) */
  readonly targets: KnownIds;
  readonly backward: {
    readonly scale: number;
    readonly dH: Tensor;
    readonly dWeight: Tensor;
    readonly dBias: Tensor;
  };
  readonly sums: Sums;
  /** The candidates are then its components' in common. */
  readonly mixture?: Mixture | undefined;
  /** Takes the place of the engine's operation, over the candidates. */
  readonly compute?: ((loss: TrainedSoftmax) => void) | undefined;
}

export class SampledSoftmax {
  readonly #engine: Engine;
  readonly #H: number;
  /** By token: its place among the candidates, −1 when it has none. */
  readonly #placeOf: Int32Array;
  readonly #weight: Workspace;
  readonly #dWeight: Workspace;
  readonly #bias: Workspace;
  readonly #dBias: Workspace;
  readonly #logInclusion: Workspace;
  readonly #negative: Workspace;
  /** ln π of each candidate, then −ln π. */
  #logs = new Float64Array(0);
  /** The candidates, and each row's target as a place among them. */
  readonly #candidates: KnownIds;
  readonly #places: KnownIds;

  constructor(engine: Engine, hidden: number, vocabulary: number) {
    this.#engine = engine;
    this.#H = hidden;
    this.#placeOf = new Int32Array(vocabulary).fill(-1);
    const room = () => new Workspace(engine);
    this.#weight = room();
    this.#dWeight = room();
    this.#bias = room();
    this.#dBias = room();
    this.#logInclusion = room();
    this.#negative = room();
    this.#candidates = new KnownIds(engine);
    this.#places = new KnownIds(engine);
  }

  /**
   * Adds the estimate's gradients and nats. The candidates, valid until the next call, are the rows of W (V, H) that its
   * gradient has; the same sampler and draw give the same ones.
   * @throws RangeError where the sampler is of another vocabulary
   */
  lossAndGradient(
    { N, h, weight, bias, targets, backward, sums, mixture, compute }: SampledLoss,
    sampler: CandidateSource,
    draw: Draw,
  ): { candidates: Int32Array; count: number } {
    const engine = this.#engine;
    const H = this.#H;
    if (sampler.size !== this.#placeOf.length)
      throw new RangeError(
        `the candidates are drawn from ${sampler.size} tokens, and the vocabulary has ${this.#placeOf.length}`,
      );
    const { count: U, draws } = this.#gather(targets.values, N, sampler, draw);
    const candidates = this.#candidates.send(U);
    const w = this.#weight.take(U * H);
    const b = this.#bias.take(U);
    engine.embeddingForward(weight, candidates, w, U, H);
    engine.embeddingForward(bias, candidates, b, U, 1);
    // l_v − ln π_v for all candidates; a row's own target gets its ln π back.
    const { values } = this.#candidates;
    if (this.#logs.length < 2 * U) this.#logs = new Float64Array(2 * U);
    const logs = this.#logs;
    for (let u = 0; u < U; u++) {
      const log = sampler.logInclusion(values[u]!, draws);
      logs[u] = log;
      logs[U + u] = -log;
    }
    const targetBias = this.#logInclusion.take(U);
    const negative = this.#negative.take(U);
    engine.write(logs.subarray(0, U), targetBias);
    engine.write(logs.subarray(U, 2 * U), negative);
    engine.add(negative, b);
    const dWeight = this.#dWeight.take(U * H);
    const dBias = this.#dBias.take(U);
    engine.fill(dWeight, 0);
    engine.fill(dBias, 0);
    const { scale, dH } = backward;
    const small = {
      N,
      H,
      V: U,
      h,
      weight: w,
      bias: b,
      targets: this.#places.send(N),
      targetBias,
      sums,
      ...(mixture && { mixture }),
      backward: { scale, dH, dWeight, dBias },
    };
    if (compute) compute(small);
    else engine.softmaxLoss(small);
    engine.embeddingBackward(dWeight, candidates, backward.dWeight, U, H);
    engine.embeddingBackward(dBias, candidates, backward.dBias, U, 1);
    return { candidates: values, count: U };
  }

  /** Lists the candidates, each once. */
  #gather(
    targets: Int32Array,
    N: number,
    sampler: CandidateSource,
    { seed, step }: Draw,
  ): { count: number; draws: number } {
    const placeOf = this.#placeOf;
    const candidates = this.#candidates.reserve(Math.min(N + sampler.samples, placeOf.length));
    const places = this.#places.reserve(N);
    let count = 0;
    let draws = sampler.samples;
    const place = (id: number): number => {
      if (placeOf[id]! < 0) {
        placeOf[id] = count;
        candidates[count++] = id;
      }
      return placeOf[id]!;
    };
    for (let n = 0; n < N; n++) {
      places[n] = targets[n]! < 0 ? -1 : place(targets[n]!);
      if (targets[n]! >= 0) draws++;
    }
    const random = new Random(seedOf(seed, step));
    for (let s = 0; s < sampler.samples; s++) place(sampler.draw(random));
    for (let u = 0; u < count; u++) placeOf[candidates[u]!] = -1;
    return { count, draws };
  }
}
