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
import type { Engine, IdTensor, Tensor } from "../engine/engine.js";
import { Random, seedOf } from "../engine/random.js";
import { AliasTable } from "./alias-table.js";
import { Workspace } from "./layer.js";
import type { TrainingLoss } from "./output-layer.js";

/** What candidates are drawn from. */
export class CandidateSampler {
  readonly samples: number;
  /** Tokens that there are counts of. */
  readonly size: number;
  readonly #table: AliasTable;
  /** ln(1 − q_v) */
  readonly #logMissed: Float64Array;

  /**
   * @param counts of every token in the training text; one more is added to each
   * @param samples draws a window, with replacement
   * @throws RangeError for draws that are not a whole number from 1 on, or counts that are none
   */
  constructor(counts: ArrayLike<number>, samples: number) {
    if (!(Number.isSafeInteger(samples) && samples >= 1))
      throw new RangeError(`samples is ${samples}; it has to be a whole number from 1 on`);
    this.samples = samples;
    this.size = counts.length;
    const weights = Float64Array.from(counts, (count) => count + 1);
    const total = weights.reduce((a, b) => a + b, 0);
    this.#table = new AliasTable(weights);
    this.#logMissed = weights.map((weight) => Math.log1p(-weight / total));
  }

  /** One token. */
  draw(random: Random): number {
    return this.#table.draw(random);
  }

  /** ln π_v where so many tokens are drawn. */
  logInclusion(id: number, draws: number): number {
    return Math.log(-Math.expm1(draws * this.#logMissed[id]!));
  }
}

/** The candidates of one window: the same three give the same ones, also on a resumed run. */
export interface CandidateDraw {
  readonly sampler: CandidateSampler;
  readonly seed: number;
  /** Number of the update. */
  readonly step: number;
}

interface SampledLoss {
  readonly N: number;
  /** (N, H) */
  readonly h: Tensor;
  /** (V, H) */
  readonly weight: Tensor;
  /** (V) */
  readonly bias: Tensor;
  /** (N) */
  readonly targets: IdTensor;
  readonly backward: {
    readonly scale: number;
    readonly dH: Tensor;
    readonly dWeight: Tensor;
    readonly dBias: Tensor;
  };
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
  /** The candidates, and each row's target as a place among them. */
  #candidates: IdTensor;
  #places: IdTensor;

  constructor(engine: Engine, hidden: number, vocabulary: number) {
    this.#engine = engine;
    this.#H = hidden;
    this.#placeOf = new Int32Array(vocabulary).fill(-1);
    this.#weight = new Workspace(engine);
    this.#dWeight = new Workspace(engine);
    this.#bias = new Workspace(engine);
    this.#dBias = new Workspace(engine);
    this.#logInclusion = new Workspace(engine);
    this.#candidates = engine.ids(1);
    this.#places = engine.ids(1);
  }

  /** The estimate's sums; the candidates, valid until the next call, are the rows of W (V, H) that its gradient has. */
  lossAndGradient(
    { N, h, weight, bias, targets, backward }: SampledLoss,
    draw: CandidateDraw,
  ): { sums: TrainingLoss; candidates: IdTensor; count: number } {
    const engine = this.#engine;
    const H = this.#H;
    if (draw.sampler.size !== this.#placeOf.length)
      throw new RangeError(
        `the candidates are drawn from ${draw.sampler.size} tokens, and the vocabulary has ${this.#placeOf.length}`,
      );
    const { count: U, draws } = this.#gather(targets.data, N, draw);
    const candidates = this.#candidates;
    const [w, b] = [this.#weight.take(U * H), this.#bias.take(U)];
    engine.embeddingForward(weight, candidates, w, U, H);
    engine.embeddingForward(bias, candidates, b, U, 1);
    // l_v − ln π_v for all candidates; a row's own target gets its ln π back.
    const targetBias = this.#logInclusion.take(U);
    for (let u = 0; u < U; u++) {
      const logInclusion = draw.sampler.logInclusion(candidates.data[u]!, draws);
      targetBias.data[u] = logInclusion;
      b.data[u]! -= logInclusion;
    }
    const [dWeight, dBias] = [this.#dWeight.take(U * H), this.#dBias.take(U)];
    engine.fill(dWeight, 0);
    engine.fill(dBias, 0);
    const { nats, count } = engine.softmaxLoss({
      N,
      H,
      V: U,
      h,
      weight: w,
      bias: b,
      targets: this.#places,
      targetBias,
      backward: { scale: backward.scale, dH: backward.dH, dWeight, dBias },
    });
    engine.embeddingBackward(dWeight, candidates, backward.dWeight, U, H);
    engine.embeddingBackward(dBias, candidates, backward.dBias, U, 1);
    return { sums: { nats, count }, candidates, count: U };
  }

  /** Lists the candidates, each once. */
  #gather(
    targets: Int32Array,
    N: number,
    { sampler, seed, step }: CandidateDraw,
  ): { count: number; draws: number } {
    const most = Math.min(N + sampler.samples, this.#placeOf.length);
    if (this.#candidates.length < most) this.#candidates = this.#engine.ids(most);
    if (this.#places.length < N) this.#places = this.#engine.ids(N);
    const [candidates, places, placeOf] = [this.#candidates.data, this.#places.data, this.#placeOf];
    let [count, draws] = [0, sampler.samples];
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
