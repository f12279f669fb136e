/**
 * The engine over compiled kernels: it lays out tensors in one linear memory and passes addresses and numbers. Which
 * kernels those are, and whose memory, the loader knows: the native addon's or (through the same seam) WebAssembly's.
 */
import type {
  AdamSettings,
  DropoutSettings,
  DynamicStepSettings,
  Engine,
  Floats,
  Operands,
  PackedKind,
  PackedMatrix,
  ScheduleFreeSettings,
  SgdSettings,
  SoftmaxLoss,
  SoftmaxMean,
  SoftmaxMeanGradients,
} from "./engine.js";
import {
  checkBiasGradient,
  checkDropout,
  checkDropoutRows,
  checkEmbedding,
  checkLength,
  checkLinear,
  checkMatmul,
  checkQuantized,
  checkSame,
  checkSizes,
  checkSoftmax,
  checkSomeRows,
  checkWeightGradient,
} from "./check-arguments.js";
import type { HostSums } from "./host-sums.js";
import type { Address, Flag, Kernels } from "./kernels.js";
import {
  type LinearMemory,
  LinearIds,
  type LinearPacked,
  LinearTensor,
  type ThreadPool,
  at,
  atOptional,
  atPacked,
  atTrained,
} from "./linear-memory.js";
import { LinearRecurrences, bf16Of } from "./linear-recurrences.js";
import { dropoutKeys, dropoutThreshold } from "./random.js";
import { ROW_STATS, chunkHeld, chunkRows, sumMixtures, sumRows } from "./softmax-rows.js";

/** A loss whose operands are this engine's own. */
type LinearSoftmax = SoftmaxLoss & {
  readonly targets: LinearIds;
  readonly logProbabilities?: LinearTensor;
  readonly bestLogProbabilities?: LinearTensor;
  readonly sums: HostSums;
};

/** A mask as the kernels take it. */
function maskOf({
  p,
  seed,
  stream,
}: DropoutSettings): readonly [key0: number, key1: number, threshold: number, scale: number] {
  return [...dropoutKeys(seed, stream), dropoutThreshold(p), 1 / (1 - p)];
}

export class LinearEngine extends LinearRecurrences implements Engine {
  readonly name: "native" | "wasm";
  readonly precision = "f32";
  readonly trainingOperands: Operands;
  readonly isa: string;
  readonly threads: number;
  readonly #memory: LinearMemory;
  #stats: LinearTensor | undefined;
  #softmaxRoom: LinearTensor | undefined;
  #rounded: LinearTensor | undefined;

  constructor(
    name: "native" | "wasm",
    isa: string,
    kernels: Kernels,
    memory: LinearMemory,
    pool: ThreadPool,
    trainingOperands: Operands = "float",
  ) {
    super(kernels, pool);
    this.trainingOperands = trainingOperands;
    this.name = name;
    this.isa = isa;
    this.threads = pool.threads;
    this.#memory = memory;
  }

  /** Without `into` the elements themselves, or a copy where they may move while somebody holds them. */
  override read(x: LinearTensor, into?: Floats): Floats {
    return !into && this.#memory.moves ? x.data.slice() : super.read(x, into);
  }

  tensor(length: number): LinearTensor {
    checkSizes(length);
    const allocation = this.#memory.allocate(4 * length);
    return new LinearTensor(allocation, allocation.address, length);
  }

  ids(length: number): LinearIds {
    checkSizes(length);
    const allocation = this.#memory.allocate(4 * length);
    return new LinearIds(allocation, allocation.address, length);
  }

  writeIds(values: Int32Array, ids: LinearIds, count = values.length): void {
    checkSizes(count);
    checkLength(values, count, "the values");
    checkLength(ids, count, "ids");
    ids.data.set(count === values.length ? values : values.subarray(0, count));
  }

  packed(k: number, n: number, kind: PackedKind = "float"): PackedMatrix {
    checkSizes(k, n);
    const length = kind === "int8" ? this.k.quantized_length(k, n) : this.k.packed_length(k, n, bf16Of(kind));
    const p: LinearPacked = { kind, k, n, storage: this.tensor(length) };
    return p;
  }

  pack(w: LinearTensor, into: PackedMatrix, transposed: boolean): void {
    const { k, n, kind } = into;
    checkLength(w, k * n, "the weight");
    this.k.pack(this.pool.address, at(w), atTrained(into), k, n, transposed ? 1 : 0, bf16Of(kind));
  }

  packQuantized(q: Int8Array, scales: Floats, into: PackedMatrix): void {
    const { k, n } = into;
    checkQuantized(q, scales, into);
    // Both pass through the engine's memory.
    const bytes = this.tensor(Math.ceil(q.length / 4));
    const floats = this.tensor(n);
    new Int8Array(bytes.data.buffer, bytes.data.byteOffset, q.length).set(q);
    floats.data.set(scales);
    this.k.pack_quantized(this.pool.address, at(bytes), at(floats), atPacked(into, "int8"), k, n);
    for (const tensor of [bytes, floats]) tensor.release(this.#memory);
  }

  fill(x: LinearTensor, value: number): void {
    this.k.fill(at(x), x.length, value);
  }

  copy(x: LinearTensor, y: LinearTensor): void {
    checkSame(x, y);
    x.copyTo(y);
  }

  add(x: LinearTensor, y: LinearTensor): void {
    checkSame(x, y);
    this.k.add(at(x), at(y), x.length);
  }

  addScaled(x: LinearTensor, factor: number, y: LinearTensor, keep = 1): void {
    checkSame(x, y);
    this.k.add_scaled(this.pool.address, at(x), at(y), x.length, factor, keep);
  }

  matmul(x: LinearTensor, p: PackedMatrix, y: LinearTensor, N: number, bias?: LinearTensor): void {
    checkMatmul(x, p, y, N, bias);
    const [weights, ...how] = this.weights(p, N);
    this.k.matmul(this.pool.address, at(x), weights, at(y), N, p.k, p.n, atOptional(bias), ...how);
  }

  linear(
    x: LinearTensor,
    w: LinearTensor,
    y: LinearTensor,
    N: number,
    k: number,
    n: number,
    bias?: LinearTensor,
  ): void {
    checkLinear(x, w, y, N, k, n, bias);
    this.k.linear(this.pool.address, at(x), at(w), at(y), N, k, n, atOptional(bias));
  }

  linearMany(
    x: LinearTensor,
    w: LinearTensor,
    y: LinearTensor,
    N: number,
    k: number,
    n: number,
    bias?: LinearTensor,
  ): void {
    checkLinear(x, w, y, N, k, n, bias);
    this.k.linear_many(this.pool.address, at(x), at(w), at(y), N, k, n, atOptional(bias));
  }

  weightGradient(
    dY: LinearTensor,
    x: LinearTensor,
    dW: LinearTensor,
    N: number,
    m: number,
    n: number,
    stride = m,
  ): void {
    checkWeightGradient(dY, x, dW, N, m, n, stride);
    const bf16 = bf16Of(this.trainingOperands);
    this.k.weight_gradient(this.pool.address, at(dY), at(x), at(dW), N, m, n, stride, bf16);
  }

  biasGradient(dY: LinearTensor, db: LinearTensor, N: number, n: number, stride = n): void {
    checkBiasGradient(dY, db, N, n, stride);
    this.k.bias_gradient(this.pool.address, at(dY), at(db), N, n, stride);
  }

  embeddingForward(
    w: LinearTensor | PackedMatrix,
    ids: LinearIds,
    y: LinearTensor,
    N: number,
    E: number,
  ): void {
    checkEmbedding(w, ids.data, y, N, E);
    if ("kind" in w) {
      const weights = atPacked(w, "int8");
      this.k.embedding_quantized(this.pool.address, weights, at(ids), at(y), N, E, w.n);
      return;
    }
    this.k.embedding_forward(this.pool.address, at(w), at(ids), at(y), N, E);
  }

  embeddingBackward(dY: LinearTensor, ids: LinearIds, dW: LinearTensor, N: number, E: number): void {
    checkEmbedding(dW, ids.data, dY, N, E);
    this.k.embedding_backward(this.pool.address, at(dY), at(ids), at(dW), N, E);
  }

  softmaxLoss(loss: SoftmaxLoss): void {
    const { N, H, V, h, weight, bias, targetBias, mixture } = loss;
    const { targets } = loss as LinearSoftmax;
    checkSoftmax(loss, targets.data);
    // A loss times zero has no gradient; to the kernel a scale of 0 means that none is requested.
    const backward = loss.backward?.scale === 0 ? undefined : loss.backward;
    if (loss.backward && !backward) {
      this.fill(loss.backward.dH as LinearTensor, 0);
      if (mixture) this.fill(mixture.dPrior as LinearTensor, 0);
    }
    const K = mixture?.K ?? 1;
    const roomOf = (rows: number, twice: boolean): number =>
      this.k.softmax_room(this.pool.address, rows, H, V, backward ? 1 : 0, twice ? 1 : 0, K);
    const held = backward ? V * K : roomOf(K, false);
    const { chunk, again } = chunkRows(N, V, held, backward !== undefined, K);
    const stats = (this.#stats = this.#atLeast(this.#stats, N * K * ROW_STATS));
    const room = (this.#softmaxRoom = this.#atLeast(this.#softmaxRoom, roomOf(chunk, again)));
    const [weights, rounded] =
      "kind" in weight ? this.weights(weight, chunk, "int8") : ([at(weight), 0] as const);
    if (rounded && backward) throw new TypeError("there are no gradients by int8 weights");
    const inputs = [at(h), weights, atOptional(bias), at(targets)] as const;
    const gradients: readonly [scale: number, dH: Address | 0, dW: Address | 0, db: Address | 0] = backward
      ? [backward.scale, at(backward.dH), at(backward.dWeight), atOptional(backward.dBias)]
      : [0, 0, 0, 0];
    const rows = [at(stats), at(room), chunk] as const;
    const bf16 = backward ? bf16Of(this.trainingOperands) : 0;
    const how = [rounded, bf16, atOptional(targetBias), again ? 1 : 0] as const;
    const mixed = [K, atOptional(mixture?.prior), atOptional(mixture?.dPrior)] as const;
    this.k.softmax_loss(this.pool.address, N, H, V, ...inputs, ...rows, ...gradients, ...how, ...mixed);
    const { logProbabilities: own, bestLogProbabilities: best, sums } = loss as LinearSoftmax;
    if (mixture) {
      const { data } = mixture.prior as LinearTensor;
      return sumMixtures(N, K, data, targets.data, stats.data, own?.data, sums);
    }
    sumRows(N, targets.data, stats.data, { own: own?.data, best: best?.data }, sums);
  }

  softmaxMean(mean: SoftmaxMean, e: LinearTensor, sums: HostSums): void {
    checkLength(e, mean.N * mean.H, "e");
    const stats = this.#softmaxMean(mean, 1, at(e));
    sumRows(mean.N, (mean.targets as LinearIds).data, stats.data, {}, sums);
  }

  softmaxMeanBackward(mean: SoftmaxMean, gradients: SoftmaxMeanGradients): void {
    const { dE, scale, dH, dWeight, dBias } = gradients;
    checkLength(dE, mean.N * mean.H, "dE");
    const wanted = [at(dE), scale, at(dH), at(dWeight), atOptional(dBias)] as const;
    this.#softmaxMean({ ...mean, backward: gradients }, 2, 0, ...wanted);
  }

  /** @returns the rows' statistics */
  #softmaxMean(
    mean: SoftmaxMean & Pick<SoftmaxLoss, "backward">,
    buffers: number,
    e: Address | 0,
    dE: Address | 0 = 0,
    scale = 0,
    dH: Address | 0 = 0,
    dW: Address | 0 = 0,
    db: Address | 0 = 0,
  ): LinearTensor {
    const { N, H, V, h, weight, bias, targets, targetBias } = mean;
    checkSoftmax(mean, (targets as LinearIds).data);
    const chunk = chunkHeld(N, V, buffers);
    const stats = (this.#stats = this.#atLeast(this.#stats, N * ROW_STATS));
    const room = (this.#softmaxRoom = this.#atLeast(this.#softmaxRoom, buffers * chunk * V));
    const inputs = [at(h), at(weight), atOptional(bias), at(targets), atOptional(targetBias)] as const;
    const rows = [at(stats), at(room), chunk, bf16Of(this.trainingOperands)] as const;
    this.k.softmax_mean(this.pool.address, N, H, V, ...inputs, ...rows, e, dE, scale, dH, dW, db);
    return stats;
  }

  tanhForward(x: LinearTensor, y: LinearTensor): void {
    checkSame(x, y);
    this.k.tanh_forward(this.pool.address, at(x), at(y), x.length);
  }

  tanhBackward(y: LinearTensor, dY: LinearTensor): void {
    checkSame(y, dY);
    this.k.tanh_backward(this.pool.address, at(y), at(dY), y.length);
  }

  greatest(x: LinearTensor): number {
    checkLength(x, 1, "x");
    return this.k.greatest(at(x), x.length);
  }

  sumOfExponentials(x: LinearTensor, shift: number, scale: number, y?: LinearTensor): number {
    checkSame(x, y);
    return this.k.sum_of_exponentials(at(x), x.length, shift, scale, atOptional(y));
  }

  dropout(x: LinearTensor, y: LinearTensor, settings: DropoutSettings): void {
    checkDropout(x, y, settings);
    // Nothing to divide by where there is nothing.
    const { period = Math.max(1, x.length) } = settings;
    this.k.dropout(this.pool.address, at(x), at(y), x.length, period, ...maskOf(settings));
  }

  dropoutRows(
    x: LinearTensor,
    y: LinearTensor,
    ids: LinearIds,
    N: number,
    E: number,
    settings: DropoutSettings,
  ): void {
    checkDropoutRows(x, y, ids.data, N, E, settings);
    this.k.dropout_rows(this.pool.address, at(x), at(y), at(ids), N, E, ...maskOf(settings));
  }

  sumOfSquares(x: LinearTensor, sums: HostSums): void {
    sums.squares += this.k.sum_of_squares(this.pool.address, at(x), x.length);
  }

  sumOfSquaresRows(x: LinearTensor, rows: LinearIds, count: number, E: number, sums: HostSums): void {
    checkSomeRows(x, rows.data, count, E);
    sums.squares += this.k.sum_of_squares_rows(this.pool.address, at(x), at(rows), count, E);
  }

  zeroRows(x: LinearTensor, rows: LinearIds, count: number, E: number): void {
    checkSomeRows(x, rows.data, count, E);
    this.k.zero_rows(at(x), at(rows), count, E);
  }

  sgd(w: LinearTensor, g: LinearTensor, v: LinearTensor | undefined, settings: SgdSettings): void {
    checkSame(w, g);
    checkSame(w, v);
    this.k.sgd(this.pool.address, at(w), at(g), atOptional(v), w.length, ...sgdNumbers(settings));
  }

  sgdRows(
    w: LinearTensor,
    g: LinearTensor,
    v: LinearTensor | undefined,
    rows: LinearIds,
    count: number,
    E: number,
    settings: SgdSettings,
  ): void {
    checkSomeRows(w, rows.data, count, E);
    checkSame(w, g);
    checkSame(w, v);
    const some = [at(rows), count, E] as const;
    this.k.sgd_rows(this.pool.address, at(w), at(g), atOptional(v), ...some, ...sgdNumbers(settings));
  }

  adam(w: LinearTensor, g: LinearTensor, m: LinearTensor, v: LinearTensor, settings: AdamSettings): void {
    checkSame(w, g);
    checkSame(w, m);
    checkSame(w, v);
    this.k.adam(this.pool.address, at(w), at(g), at(m), at(v), w.length, ...adamNumbers(settings));
  }

  scheduleFree(
    y: LinearTensor,
    g: LinearTensor,
    z: LinearTensor,
    v: LinearTensor,
    settings: ScheduleFreeSettings,
  ): void {
    for (const other of [g, z, v]) checkSame(y, other);
    const { learningRate, beta1, beta2, epsilon, weightDecay, gradientScale, step, share } = settings;
    const rates = [learningRate, beta1, beta2, epsilon, weightDecay, gradientScale] as const;
    const tensors = [at(y), at(g), at(z), at(v), y.length] as const;
    this.k.schedule_free(this.pool.address, ...tensors, ...rates, Math.sqrt(1 - beta2 ** step), share);
  }

  adamRows(
    w: LinearTensor,
    g: LinearTensor,
    m: LinearTensor,
    v: LinearTensor,
    rows: LinearIds,
    count: number,
    E: number,
    settings: AdamSettings,
  ): void {
    checkSomeRows(w, rows.data, count, E);
    for (const other of [g, m, v]) checkSame(w, other);
    const tensors = [at(w), at(g), at(m), at(v)] as const;
    this.k.adam_rows(this.pool.address, ...tensors, at(rows), count, E, ...adamNumbers(settings));
  }

  dynamicStep(
    w: LinearTensor,
    g: LinearTensor,
    w0: LinearTensor,
    rms: LinearTensor | undefined,
    { learningRate, decay, epsilon }: DynamicStepSettings,
  ): void {
    for (const other of [g, w0, rms]) checkSame(w, other);
    const weights = [at(w), at(g), at(w0), atOptional(rms)] as const;
    this.k.dynamic_step(this.pool.address, ...weights, w.length, learningRate, decay, epsilon);
  }

  dynamicStepRows(
    w: LinearTensor,
    g: LinearTensor,
    w0: LinearTensor,
    rms: LinearTensor | undefined,
    rows: LinearIds,
    count: number,
    E: number,
    { learningRate, decay, epsilon }: DynamicStepSettings,
  ): void {
    checkSomeRows(w, rows.data, count, E);
    for (const other of [g, w0, rms]) checkSame(w, other);
    const weights = [at(w), at(g), at(w0), atOptional(rms)] as const;
    const numbers = [learningRate, decay, epsilon] as const;
    this.k.dynamic_step_rows(this.pool.address, ...weights, at(rows), count, E, ...numbers);
  }

  /** exp, sigmoid or tanh of every element, by the kernels' own approximations: so that their error can be measured. */
  activation(which: "exp" | "sigmoid" | "tanh", x: LinearTensor, y: LinearTensor): void {
    checkSame(x, y);
    this.k.activation(["exp", "sigmoid", "tanh"].indexOf(which), at(x), at(y), x.length);
  }

  /**
   * Multiply-adds in registers on all threads, as fast as the processor makes them; the caller holds the watch.
   * @param means one a task; each becomes (1 + 2⁻²⁰)^iterations, to rounding
   * @returns how many multiplications and additions were made
   */
  multiplyAdds(iterations: number, means: LinearTensor): number {
    return this.k.peak(this.pool.address, iterations, 2 ** -20, 1, at(means), means.length);
  }

  /** Where packed weights stand; for int8, where N rows of the other operand may be rounded (else 0); `bf16`. */
  protected override weights(
    p: PackedMatrix,
    N: number,
    kind: PackedKind = p.kind,
  ): readonly [weights: Address, rounded: Address | 0, bf16: Flag] {
    if (p.kind !== "int8") return [atPacked(p, kind), 0, bf16Of(kind)];
    this.#rounded = this.#atLeast(this.#rounded, N * this.k.rounded_length(p.k));
    return [atPacked(p, kind), at(this.#rounded), 0];
  }

  #atLeast(tensor: LinearTensor | undefined, length: number): LinearTensor {
    if (tensor && tensor.length >= length) return tensor;
    tensor?.release(this.#memory);
    return this.tensor(length);
  }
}

const sgdNumbers = ({ learningRate, momentum, weightDecay, gradientScale }: SgdSettings) =>
  [learningRate, momentum, weightDecay, gradientScale] as const;

/** m̂ = m / (1 − β₁ᵗ),  v̂ = v / (1 − β₂ᵗ): the corrections are made here, in double precision. */
function adamNumbers(settings: AdamSettings) {
  const { learningRate, beta1, beta2, epsilon, weightDecay, decoupled, gradientScale, step, belief } =
    settings;
  const rates = [learningRate, beta1, beta2, epsilon] as const;
  const decay = [weightDecay, decoupled ? 1 : 0] as const;
  const corrections = [learningRate / (1 - beta1 ** step), Math.sqrt(1 - beta2 ** step)] as const;
  return [...rates, ...decay, gradientScale, ...corrections, belief ? 1 : 0] as const;
}
