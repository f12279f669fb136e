/**
 * AdaptiveDecoder: the adaptive softmax of Grave et al. (2017), as PyTorch's AdaptiveLogSoftmaxWithLoss has it. Tokens
 * are numbered from frequent to rare. The head holds the first c_0 of them and one entry for each cluster of the rest;
 * cluster i, tokens c_i … c_{i+1} − 1, is a softmax of its own over a narrower projection of h:
 *
 *   ln p(v) = ln softmax(W_head h + b)_v                                                     v < c_0
 *   ln p(v) = ln softmax(W_head h + b)_{c_0 + i} + ln softmax(W_i P_i h)_{v − c_i}            c_i ≤ v < c_{i+1}
 *
 * P_i is (d_i, H), W_i (c_{i+1} − c_i, d_i), with d_i = ⌊H / divisor^{i+1}⌋, at least 1. A training row passes through the
 * head and at most one cluster.
 */
import type { Engine, Floats, LossSums, PackedKind, PackedMatrix, Sums, Tensor } from "../engine/engine.js";
import { type AdaptiveCuts, clusterWidth } from "./adaptive-cuts.js";
import { Cluster } from "./adaptive-cluster.js";
import { KnownIds } from "./known-ids.js";
import {
  type Parameter,
  type WeightMatrix,
  Workspace,
  isParameter,
  isQuantized,
  rowsTimes,
  hostFloats,
  operandOf,
  parameter,
  trained,
  weightMatrix,
} from "./layer.js";
import type { OutputLayer } from "./output-layer.js";
import type { Pass } from "./pass.js";

/** Rows of the head's logits that exist at a time when tokens are ranked. */
const RANKED_ROWS = 256;

export class AdaptiveDecoder implements OutputLayer {
  /** (c_0 + K, H) and (c_0 + K) for K clusters. */
  readonly headWeight: WeightMatrix;
  readonly headBias: Parameter;
  readonly clusters: readonly Cluster[];
  readonly #engine: Engine;
  readonly #H: number;
  readonly #V: number;
  /** c_0, and c_0 + K. */
  readonly #first: number;
  readonly #headSize: number;
  /** By token: the entry of the head it is, or is found through. */
  readonly #entryOf: Int32Array;
  readonly #headForward: PackedMatrix;
  #fresh = false;
  readonly #headTargets: KnownIds;
  readonly #sums: Sums;
  /** Arrays of the last call: the head's logits, all logits (N, V), ln p by row. */
  #heads: Floats = new Float32Array(0);
  #allLogits: Floats = new Float32Array(0);
  #own = new Float64Array(1);
  readonly #headLogits: Workspace;
  readonly #headLogProbabilities: Workspace;

  constructor(
    engine: Engine,
    hidden: number,
    vocabulary: number,
    { cutoffs, divisor }: AdaptiveCuts,
    kind: PackedKind = "float",
  ) {
    const K = cutoffs.length;
    this.#engine = engine;
    this.#H = hidden;
    this.#V = vocabulary;
    this.#first = cutoffs[0]!;
    this.#headSize = this.#first + K;
    this.headWeight = weightMatrix(engine, kind, "decoder.head.weight", [this.#headSize, hidden]);
    this.headBias = parameter(engine, "decoder.head.bias", [this.#headSize]);
    this.clusters = cutoffs.map((start, i) => {
      const size = (cutoffs[i + 1] ?? vocabulary) - start;
      return new Cluster(engine, i, { start, size, hidden, width: clusterWidth(hidden, divisor, i) }, kind);
    });
    this.#entryOf = Int32Array.from({ length: vocabulary }, (_, v) => v);
    for (const [i, { start, size }] of this.clusters.entries())
      this.#entryOf.fill(this.#first + i, start, start + size);
    const head = this.headWeight;
    this.#headForward = isQuantized(head) ? head.packed[0]! : engine.packed(hidden, this.#headSize);
    this.#headTargets = new KnownIds(engine);
    this.#sums = engine.sums();
    this.#headLogits = new Workspace(engine);
    this.#headLogProbabilities = new Workspace(engine);
  }

  get weights(): readonly WeightMatrix[] {
    return [this.headWeight, this.headBias, ...this.clusters.flatMap((cluster) => cluster.weights)];
  }

  weightsChanged(): void {
    this.#fresh = false;
    for (const cluster of this.clusters) cluster.weightsChanged();
  }

  zeroGradient(): void {
    for (const { grad } of this.weights.filter(isParameter)) this.#engine.fill(grad, 0);
  }

  logits(h: Tensor, N: number, many = false): Floats {
    const V = this.#V;
    const first = this.#first;
    const headSize = this.#headSize;
    const head = this.#headLogits.take(N * headSize);
    rowsTimes(this.#engine, h, this.headWeight, head, N, this.headBias.value, many);
    this.#heads = hostFloats(this.#engine, this.#heads, N * headSize);
    this.#allLogits = hostFloats(this.#engine, this.#allLogits, N * V);
    const heads = this.#engine.read(head, this.#heads);
    const all = this.#allLogits;
    for (let n = 0; n < N; n++) all.set(heads.subarray(n * headSize, n * headSize + first), n * V);
    for (const [i, cluster] of this.clusters.entries()) {
      const own = cluster.logits(h, N, many);
      const { start, size } = cluster;
      for (let n = 0; n < N; n++) {
        // Up to the head's ln Σ e^l, which all tokens of the row share.
        const shift = heads[n * headSize + first + i]! - logSumExp(own, n * size, size);
        const to = n * V + start;
        const from = n * size;
        for (let v = 0; v < size; v++) all[to + v] = own[from + v]! + shift;
      }
    }
    return all;
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
    if (pass.sampler ?? pass.candidates)
      throw new TypeError("an adaptive softmax is not sampled: it is one or the other");
    if (pass.pastDecode) throw new TypeError("an adaptive softmax shares no weight to decode the past by");
    const { values } = targets;
    const weight = trained(this.headWeight);
    this.#engine.softmaxLoss({
      N,
      H: this.#H,
      V: this.#headSize,
      h,
      weight: weight.value,
      bias: this.headBias.value,
      targets: this.#targetEntries(values, N).tensor,
      sums,
      backward: { scale, dH, dWeight: weight.grad, dBias: this.headBias.grad },
    });
    for (const cluster of this.clusters) {
      const rows = cluster.gather(h, (n) => cluster.holds(values[n]!), values, N);
      if (rows) cluster.lossAndGradient(rows, scale, dH, sums);
    }
  }

  /** The head's and the clusters' log-probabilities are read back: they decide which cluster a row goes through. */
  loss(h: Tensor, { values: targets }: KnownIds, N: number, logProbabilities?: Tensor): LossSums {
    const headTargets = this.#targetEntries(targets, N);
    const out = this.#headLogProbabilities.take(N);
    this.#engine.softmaxLoss({
      N,
      H: this.#H,
      V: this.#headSize,
      h,
      weight: operandOf(this.headWeight),
      bias: this.headBias.value,
      targets: headTargets.tensor,
      logProbabilities: out,
      sums: this.#sums,
    });
    if (this.#own.length < N) this.#own = new Float64Array(N);
    const lp = this.#own.subarray(0, N);
    this.#engine.read(out, lp);
    const ranked = this.#rankHead(h, headTargets.values, lp, N);
    for (const [i, cluster] of this.clusters.entries()) {
      this.#throughCluster(cluster, ranked.ofCluster[i]!, h, targets, N, lp, ranked);
    }
    if (logProbabilities) this.#engine.write(lp, logProbabilities);
    let nats = 0;
    let count = 0;
    let correct = 0;
    for (let n = 0; n < N; n++) {
      if (targets[n]! < 0) continue;
      nats -= lp[n]!;
      count++;
      if (ranked.best[n] === targets[n]) correct++;
    }
    return { nats, count, correct };
  }

  /** Each row's most probable token of the head, and what its clusters' entries have: ln p, by rows. */
  #rankHead(h: Tensor, targets: Int32Array, lp: Floats, N: number): Ranked {
    const first = this.#first;
    const headSize = this.#headSize;
    const best = new Int32Array(N);
    const bestLog = new Float64Array(N);
    const ofCluster = this.clusters.map(() => new Float64Array(N));
    for (let from = 0; from < N; from += RANKED_ROWS) {
      const rows = Math.min(RANKED_ROWS, N - from);
      const l = this.#headLogits.take(rows * headSize);
      this.#packHead();
      const x = h.slice(from * this.#H, rows * this.#H);
      this.#engine.matmul(x, this.#headForward, l, rows, this.headBias.value);
      const data = this.#engine.read(l);
      for (let r = 0; r < rows; r++) {
        const n = from + r;
        if (targets[n]! < 0) continue;
        const row = r * headSize;
        let top = 0;
        for (let v = 1; v < first; v++) if (data[row + v]! > data[row + top]!) top = v;
        // ln Σ e^l, from a logit whose ln p is known
        const logSum = data[row + targets[n]!]! - lp[n]!;
        best[n] = top;
        bestLog[n] = data[row + top]! - logSum;
        for (const [i, logs] of ofCluster.entries()) logs[n] = data[row + first + i]! - logSum;
      }
    }
    return { best, bestLog, ofCluster };
  }

  /**
   * Adds a cluster's ln p to that of the rows whose target it holds, and finds whether its best token is the best of
   * all. Rows are skipped where the whole cluster is less probable than the best token so far.
   */
  #throughCluster(
    cluster: Cluster,
    ofCluster: Float64Array,
    h: Tensor,
    targets: Int32Array,
    N: number,
    lp: Floats,
    { best, bestLog }: Ranked,
  ): void {
    const wanted = (n: number) =>
      targets[n]! >= 0 && (cluster.holds(targets[n]!) || ofCluster[n]! > bestLog[n]!);
    const rows = cluster.gather(h, wanted, targets, N);
    if (!rows) return;
    const { own, greatest } = cluster.loss(rows);
    for (let r = 0; r < rows.count; r++) {
      const n = rows.rows.values[r]!;
      const holds = cluster.holds(targets[n]!);
      if (holds) lp[n]! += own[r]!;
      const log = ofCluster[n]! + greatest[r]!;
      if (log <= bestLog[n]!) continue;
      bestLog[n] = log;
      best[n] = holds && own[r] === greatest[r] ? targets[n]! : OTHER;
    }
  }

  /** By row the entry of the head that its target is, or is found through. */
  #targetEntries(targets: Int32Array, N: number): KnownIds {
    const entries = this.#headTargets.reserve(N);
    for (let n = 0; n < N; n++) entries[n] = targets[n]! < 0 ? -1 : this.#entryOf[targets[n]!]!;
    this.#headTargets.send(N);
    return this.#headTargets;
  }

  #packHead(): void {
    if (!this.#fresh && isParameter(this.headWeight))
      this.#engine.pack(this.headWeight.value, this.#headForward, true);
    this.#fresh = true;
  }
}

/** Stands for a token of a cluster that is not the row's target: which, need not be known. */
const OTHER = -2;

interface Ranked {
  /** By row: the most probable token so far, and its ln p. */
  readonly best: Int32Array;
  readonly bestLog: Float64Array;
  /** By cluster and row: ln p of the whole cluster. */
  readonly ofCluster: readonly Float64Array[];
}

function logSumExp(x: Floats, from: number, length: number): number {
  let max = x[from]!;
  for (let i = 1; i < length; i++) if (x[from + i]! > max) max = x[from + i]!;
  let sum = 0;
  for (let i = 0; i < length; i++) sum += Math.exp(x[from + i]! - max);
  return max + Math.log(sum);
}
