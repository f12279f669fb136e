/**
 * The Engine: the handful of fused operations that a recurrent language model needs.
 *
 * It is not a tensor library. Every operation works on a whole window of T time steps and B sequences,
 * time-major: row n = t·B + b. Matrices are row-major and dense. Nothing here allocates but `tensor`,
 * `ids` and `workspace`, so a training step runs in memory laid out beforehand.
 *
 * Letters: T time steps, B batch, I input, H hidden, V vocabulary, N = T·B rows, G gates of a cell.
 * `dX` is the gradient of the loss by `X`.
 *
 * Every implementation gives the same bits for any number of threads.
 */

/** The storage of a float tensor: float32 on every engine, float64 on the reference engine only. */
export type Floats = Float32Array | Float64Array;

/** The two floating-point formats an engine may compute in. */
export type Precision = "f32" | "f64";

/**
 * A dense run of floats that belongs to one engine, wherever that keeps them: `Engine.read` and `write` copy them out
 * and in. Its shape is known only to the code that made it.
 */
export interface Tensor {
  readonly length: number;
  /** Never present at run time: distinguishes the type from that of ids. */
  readonly holds?: "floats";
  /** A tensor over `length` floats from `start`, sharing the same memory. */
  slice(start: number, length: number): Tensor;
}

/** Token numbers, as an engine reads them; `Engine.writeIds` puts them in. −1 as a target means "not counted". */
export interface IdTensor {
  readonly length: number;
  /** Never present at run time: distinguishes the type from that of floats. */
  readonly holds?: "ids";
  slice(start: number, length: number): IdTensor;
}

/**
 * The rounding of a product's operands: not at all, or to bfloat16 (8 bits of precision, to the nearest, ties to even).
 * The sum is one of floats either way.
 */
export type Operands = "float" | "bf16";

/**
 * The format of a packed matrix's weights: floats; floats rounded to bfloat16, to which a product rounds the other
 * operand too; or int8 with one scale a column (an output of the product).
 */
export type PackedKind = Operands | "int8";

/**
 * A weight matrix laid out for the kernels of one engine: of floats, made by `pack` and refreshed after each update; or
 * of int8, made by `packQuantized` once and only read (the products forward and the lookup take it, `…Backward` not).
 */
export interface PackedMatrix {
  readonly kind: PackedKind;
  /** Rows of the right-hand operand: the length of the sum. */
  readonly k: number;
  /** Columns of the right-hand operand: the width of the result. */
  readonly n: number;
}

/** The nonlinearities of the Elman RNN. */
export type Nonlinearity = "tanh" | "relu";

/** The input gate of an LSTM: i = σ(·), or capped to what the forget gate leaves, min(σ(·), 1 − f). */
export type InputGate = "free" | "capped";

/** The cells whose gates do not read the state, so that the recurrence is linear in h and has no matrix in it. */
export type MinimalCell = "minlstm" | "mingru";

/** Sizes of one window for one layer. */
export interface WindowShape {
  readonly T: number;
  readonly B: number;
  readonly H: number;
}

/**
 * One round of a Mogrifier LSTM over a window: y = s ⊙ u, s = 2σ(a), a = W v + b. It changes u, of width n, by v, of width m: an odd round
 * x (n = I) by h (m = H), an even one h by x.
 */
export interface MogrifierRound {
  /**
   * Forward: what stands for Wᵀ (m, n). Of rank k, W = left · right: what stands for rightᵀ (m, k) and leftᵀ (k, n).
   * Backward: what stands for W (n, m), or for left (n, k) and right (k, m).
   */
  readonly weights: readonly PackedMatrix[];
  /** b (n) */
  readonly bias: Tensor;
  /** (T·B, n). Forward, out: s. Backward, in: s; out: the gradient by a. */
  readonly gate: Tensor;
  /** (T·B, n). Forward, out: y. Backward, in: y. */
  readonly y: Tensor;
  /** (T·B, k), of rank k. Forward, out: right v. Backward, out: the gradient by it. */
  readonly low?: Tensor | undefined;
}

/** What the operations of a Mogrifier LSTM take beside an LSTM's operands. */
export interface Mogrifier {
  readonly I: number;
  readonly inputGate: InputGate;
  /** Rounds 1 … r, all of full rank or all of rank k. */
  readonly rounds: readonly MogrifierRound[];
  /** (T·B, I) */
  readonly x: Tensor;
}

/** The values of `Sums`. */
export interface SumValues {
  /** Σ −ln p(target) over the counted rows, in nats. */
  readonly nats: number;
  /** Counted rows whose most probable token is the target (the lower id wins a tie). */
  readonly correct: number;
  /** Σ x² of the tensors given to `sumOfSquares`. */
  readonly squares: number;
}

/**
 * Sums that operations add to, in double precision, where the engine computes: a training step reads its loss and its
 * gradients' norm together, once.
 */
export interface Sums {
  /** All to zero. */
  clear(): void;
  /** The values once all earlier operations are computed: at once on a CPU, later elsewhere. */
  read(): SumValues | Promise<SumValues>;
  /** The same, blocking until they are computed. */
  readNow(): SumValues;
}

/** Sums of a loss, over the counted rows only. */
export interface LossSums {
  /** Σ −ln p(target), in nats. */
  readonly nats: number;
  /** Rows counted: those whose target is not −1. */
  readonly count: number;
  /** Rows whose most probable token is the target (the lower id wins a tie). */
  readonly correct: number;
}

/** One SGD update. */
export interface SgdSettings {
  readonly learningRate: number;
  readonly momentum: number;
  readonly weightDecay: number;
  /** Every gradient is multiplied by this first (clipping by norm). */
  readonly gradientScale: number;
}

/** One Adam or AdamW update. */
export interface AdamSettings {
  readonly learningRate: number;
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
  readonly weightDecay: number;
  /** True: AdamW, the decay acts on the weight. False: Adam, it is added to the gradient. */
  readonly decoupled: boolean;
  readonly gradientScale: number;
  /** True: AdaBelief, whose second moment is that of the gradient about the first. False where not said. */
  readonly belief?: boolean;
  /** Updates made so far, this one included (1, 2, …): for the bias correction. */
  readonly step: number;
}

/** One step of dynamic evaluation. */
export interface DynamicStepSettings {
  readonly learningRate: number;
  /** λ: how far a weight goes back to the one it began as; with `rms`, by one unit of that. */
  readonly decay: number;
  /** ε: added to `rms`. */
  readonly epsilon: number;
}

/** One update of schedule-free AdamW. */
export interface ScheduleFreeSettings extends Pick<
  AdamSettings,
  "learningRate" | "beta1" | "beta2" | "epsilon" | "weightDecay" | "gradientScale" | "step"
> {
  /** c: the share of the newest z in x. */
  readonly share: number;
}

/** Which dropout mask: the same three numbers give the same mask, forward, backward and on a resumed run. */
export interface DropoutSettings {
  /** Probability of a zero, 0 ≤ p < 1. */
  readonly p: number;
  readonly seed: number;
  /** A number of its own for every (update, place in the model). */
  readonly stream: number;
  /** Elements after which the mask repeats: B·H for one that all time steps share. Absent: it does not repeat. */
  readonly period?: number;
}

/** The most components that a mixture of softmaxes has. */
export const MOST_COMPONENTS = 64;

/**
 * A mixture of K softmaxes (Yang et al., 2018) over one W: each of the N rows has K rows of h, one after the other, and
 *   p = Σ_k π_k p_k,  π = softmax(prior),  p_k = softmax(h_k Wᵀ + b)
 * With r_k = π_k p_k(t) / Σ_j π_j p_j(t) the gradients are dl_k = scale r_k (p_k − [v = t]) and
 * dPrior = scale (π − r).
 */
export interface Mixture {
  /** From 2 to MOST_COMPONENTS. */
  readonly K: number;
  /** (N, K) */
  readonly prior: Tensor;
  /** (N, K), written with `backward`. */
  readonly dPrior?: Tensor;
}

/** Softmax cross-entropy fused with the output projection: what goes in and comes out. */
export interface SoftmaxLoss {
  readonly N: number;
  readonly H: number;
  readonly V: number;
  /** (N, H); of a mixture (N·K, H). */
  readonly h: Tensor;
  /** (V, H); or, without `backward`, an int8 matrix that stands for Wᵀ (H, V). */
  readonly weight: Tensor | PackedMatrix;
  /** (V), where there is one. */
  readonly bias?: Tensor;
  /** (N) ids; −1 is not counted. */
  readonly targets: IdTensor;
  /** (V), where given: added to a row's logit of its own target. */
  readonly targetBias?: Tensor;
  /** Absent: one softmax. */
  readonly mixture?: Mixture;
  /** `nats` and `correct` are added to these; of a mixture with gradients only `nats`. */
  readonly sums: Sums;
  /** (N), written when given: ln p(target), 0 where the target is −1. */
  readonly logProbabilities?: Tensor;
  /** (N), written when given, not of a mixture: the greatest ln p of the row, 0 where the target is −1. */
  readonly bestLogProbabilities?: Tensor;
  /** Given for training only. */
  readonly backward?: {
    /** The loss is `scale` · Σ −ln p(target). */
    readonly scale: number;
    /** As `h`, written. */
    readonly dH: Tensor;
    /** (V, H), added to. */
    readonly dWeight: Tensor;
    /** (V), added to; where there is a bias. */
    readonly dBias?: Tensor;
  };
}

/** The mean row of W under a softmax: what goes in and comes out. */
export interface SoftmaxMean {
  readonly N: number;
  readonly H: number;
  readonly V: number;
  /** (N, H) */
  readonly h: Tensor;
  /** (V, H) */
  readonly weight: Tensor;
  /** (V), where there is one. */
  readonly bias?: Tensor;
  /** (N) ids; where it is −1, p is 0. */
  readonly targets: IdTensor;
  /** (V), where given: added to a row's logit of its own target. */
  readonly targetBias?: Tensor;
}

/** Gradients of a `SoftmaxMean`, and of −ln p(target) beside it. */
export interface SoftmaxMeanGradients {
  /** (N, H): the gradient by e. */
  readonly dE: Tensor;
  /** The gradient of `scale` · Σ −ln p(target) is added to those by dE. */
  readonly scale: number;
  /** (N, H), written. */
  readonly dH: Tensor;
  /** (V, H), added to. */
  readonly dWeight: Tensor;
  /** (V), added to; where there is a bias. */
  readonly dBias?: Tensor;
}

export interface Engine {
  readonly name: "reference" | "native" | "wasm";
  readonly precision: Precision;
  /**
   * Operands of the products that only training makes: `weightGradient`, the three of `softmaxLoss` with `backward`, and
   * those of `softmaxMean`.
   * The layers pack what they train with for the same.
   */
  readonly trainingOperands: Operands;
  /** The instruction set in use: "avx512bf16", "avx512", "avx2", "neon", "baseline"; "typescript" for the reference. */
  readonly isa: string;
  readonly threads: number;

  /** `length` zeros. */
  tensor(length: number): Tensor;
  /** `length` zeros. */
  ids(length: number): IdTensor;
  /** Sums, all zero. */
  sums(): Sums;

  /**
   * The elements of x. Copied to the beginning of `into` where that is given. Without `into` they may be the engine's own
   * memory: read-only, and valid until the engine's next computation, even if tensors are made meanwhile. Waits until they
   * are computed.
   */
  read(x: Tensor, into?: Floats): Floats;
  /** The first elements of x become these. */
  write(values: ArrayLike<number>, x: Tensor): void;
  /** The first elements of `ids` become the first `count` of these; all of them where not said. */
  writeIds(values: Int32Array, ids: IdTensor, count?: number): void;

  /** Room for a packed (k, n) right-hand operand, of floats unless said otherwise. */
  packed(k: number, n: number, kind?: PackedKind): PackedMatrix;
  /** Packs W (k, n) as it is, or W (n, k) transposed: `into` then stands for Wᵀ (k, n). */
  pack(w: Tensor, into: PackedMatrix, transposed: boolean): void;
  /**
   * Packs W (n, k) = scales (n) ⊙ Q (n, k), row by row; `into`, of kind int8, then stands for Wᵀ (k, n). In products
   * with it a compiled engine may round each row of the left-hand side to 16 bits (docs/numerics.md says how).
   */
  packQuantized(q: Int8Array, scales: Floats, into: PackedMatrix): void;

  /** x = value */
  fill(x: Tensor, value: number): void;
  /** The first elements of y become x. */
  copy(x: Tensor, y: Tensor): void;
  /** y += x */
  add(x: Tensor, y: Tensor): void;
  /**
   * y = keep · y + factor · x; `keep` is 1 where not said, and with 0 nothing of y is read, whatever it held. x and y may
   * be one tensor.
   */
  addScaled(x: Tensor, factor: number, y: Tensor, keep?: number): void;

  /** Y (N, n) = X (N, k) · P (k, n) + bias (n), the bias where given. */
  matmul(x: Tensor, p: PackedMatrix, y: Tensor, N: number, bias?: Tensor): void;
  /** Y (N, n) = X (N, k) · Wᵀ + bias (n) with W (n, k) not packed: for weights used once, and for one row. */
  linear(x: Tensor, w: Tensor, y: Tensor, N: number, k: number, n: number, bias?: Tensor): void;
  /** The same for many rows, where W is packed on the way, block by block. */
  linearMany(x: Tensor, w: Tensor, y: Tensor, N: number, k: number, n: number, bias?: Tensor): void;
  /** dW (m, n) += dYᵀ · X with dY (N, m) whose rows stand `stride` apart and X (N, n). */
  weightGradient(dY: Tensor, x: Tensor, dW: Tensor, N: number, m: number, n: number, stride?: number): void;
  /** db (n) += Σ_rows dY (N, n) whose rows stand `stride` apart. */
  biasGradient(dY: Tensor, db: Tensor, N: number, n: number, stride?: number): void;

  /** Y (N, E) = rows `ids` of W (V, E), or of the W for whose transpose (E, V) an int8 matrix stands. */
  embeddingForward(w: Tensor | PackedMatrix, ids: IdTensor, y: Tensor, N: number, E: number): void;
  /** dW[ids[n]] += dY[n], in the order of n. */
  embeddingBackward(dY: Tensor, ids: IdTensor, dW: Tensor, N: number, E: number): void;

  /**
   * h_t = φ(z_t + W_hh h_{t−1})
   * z (T, B, H): W_xh x_t + b; it may be overwritten. hs (T+1, B, H): block 0 is the initial state, block t+1 becomes h_t.
   * wHh stands for W_hhᵀ (H, H).
   */
  rnnForward(shape: WindowShape, phi: Nonlinearity, wHh: PackedMatrix, z: Tensor, hs: Tensor): void;
  /**
   * dz_t = (dy_t + dh_t) ⊙ φ′, dh_{t−1} = W_hhᵀ dz_t
   * dY (T, B, H). dZ (T, B, H), written. dH (B, H): in, the gradient by the last state; out, by the initial one.
   * wHhT stands for W_hh (H, H).
   */
  rnnBackward(
    shape: WindowShape,
    phi: Nonlinearity,
    wHhT: PackedMatrix,
    hs: Tensor,
    dY: Tensor,
    dZ: Tensor,
    dH: Tensor,
  ): void;

  /**
   * i, f, o = σ(·), g = tanh(·) of gates_t + W_hh h_{t−1};  c_t = f ⊙ c_{t−1} + i ⊙ g;  h_t = o ⊙ tanh c_t
   * gates (T, B, 4H) in the order i f g o: in, the projected input with both biases; out, the activated gates.
   * hs, cs (T+1, B, H): block 0 is the initial state. wHh stands for W_hhᵀ (H, 4H).
   * @param inputGate "free" by default; of a capped one the gates hold min(i, 1 − f)
   */
  lstmForward(
    shape: WindowShape,
    wHh: PackedMatrix,
    gates: Tensor,
    hs: Tensor,
    cs: Tensor,
    inputGate?: InputGate,
  ): void;
  /**
   * gates: in, the activated gates; out, the gradient by the gates before activation.
   * dH, dC (B, H): in, the gradient by the last state; out, by the initial one. wHhT stands for W_hh (4H, H).
   */
  lstmBackward(
    shape: WindowShape,
    wHhT: PackedMatrix,
    gates: Tensor,
    cs: Tensor,
    dY: Tensor,
    dH: Tensor,
    dC: Tensor,
    inputGate?: InputGate,
  ): void;

  /**
   * Mogrifier LSTM (Melis, Kočiský and Blunsom, 2020, arXiv 1909.01792): before each time step x and h gate each other
   * for rounds i = 1 … r. With x^{−1} = x_t and h^0 = h_{t−1}, σ and ⊙ element by element:
   *   odd i:   x^i = 2σ(Q^i h^{i−1} + b^i) ⊙ x^{i−2}
   *   even i:  h^i = 2σ(R^i x^{i−1} + b^i) ⊙ h^{i−2}
   * Q^i (I, H) and R^i (H, I) are full, or the product of two matrices, left (·, k) · right (k, ·). Then the LSTM:
   *   gates_t = W_ih x + bias + W_hh h with the last x and the last h, and on as in `lstmForward`.
   * bias (4H). gates (T, B, 4H), written: the activated gates. hs, cs as in `lstmForward`; hs is not changed by the
   * rounds. wIh stands for W_ihᵀ (I, 4H), wHh for W_hhᵀ (H, 4H).
   */
  mogrifierForward(
    shape: WindowShape,
    mogrifier: Mogrifier,
    wIh: PackedMatrix,
    wHh: PackedMatrix,
    bias: Tensor,
    gates: Tensor,
    hs: Tensor,
    cs: Tensor,
  ): void;
  /**
   * With y = s ⊙ u, s = 2σ(a) for the round's new and old x or h, and v the other one:
   *   da = dy ⊙ u ⊙ s (1 − s / 2),  du = dy ⊙ s,  dv += Wᵀ da
   * gates, dH, dC as in `lstmBackward`; dX (T, B, I), written. wIhT stands for W_ih (4H, I), wHhT for W_hh (4H, H).
   */
  mogrifierBackward(
    shape: WindowShape,
    mogrifier: Mogrifier,
    wIhT: PackedMatrix,
    wHhT: PackedMatrix,
    gates: Tensor,
    hs: Tensor,
    cs: Tensor,
    dY: Tensor,
    dX: Tensor,
    dH: Tensor,
    dC: Tensor,
  ): void;

  /**
   * r, z = σ(gates_t + W_h{r,z} h_{t−1} + b_h{r,z});  q_t = W_hn h_{t−1} + b_hn;
   * n = tanh(gates_t + r ⊙ q_t);  h_t = (1 − z) ⊙ n + z ⊙ h_{t−1}
   * gates (T, B, 3H) in the order r z n: in, the projected input with its bias; out, the activated gates.
   * q (T, B, H), written. bHh (3H). wRz and wN stand for the two parts of W_hhᵀ: (H, 2H) for r and z, (H, H) for n.
   */
  gruForward(
    shape: WindowShape,
    wRz: PackedMatrix,
    wN: PackedMatrix,
    bHh: Tensor,
    gates: Tensor,
    q: Tensor,
    hs: Tensor,
  ): void;
  /**
   * gates: in, activated; out, the gradient by the gates before activation. q: in q_t; out, the gradient by q_t.
   * dH (B, H) as in `rnnBackward`. wRzT and wNT stand for the two parts of W_hh: (2H, H) and (H, H).
   */
  gruBackward(
    shape: WindowShape,
    wRzT: PackedMatrix,
    wNT: PackedMatrix,
    gates: Tensor,
    q: Tensor,
    hs: Tensor,
    dY: Tensor,
    dH: Tensor,
  ): void;

  /**
   * h_t = a_t ⊙ h_{t−1} + b_t, a and b from the gates of x_t alone (Feng et al., 2024, arXiv 2410.01201):
   *   mingru:   z = σ(·);  a = 1 − z,  b = z ⊙ h̃
   *   minlstm:  f, i = σ(·);  a = f / (f + i),  b = i / (f + i) ⊙ h̃
   * h̃ = g(·), with g(x) = x + 0.5 for x ≥ 0 and σ(x) below.
   * gates (T, B, GH): the projected input with its bias, kept as it is; mingru G = 2, order z h̃; minlstm G = 3,
   * order f i h̃. hs (T+1, B, H): block 0 is the initial state, block t+1 becomes h_t.
   */
  minimalForward(shape: WindowShape, cell: MinimalCell, gates: Tensor, hs: Tensor): void;
  /**
   * db_t = dh_t = dy_t + a_{t+1} ⊙ dh_{t+1},  da_t = dh_t ⊙ h_{t−1}, and from these the gradient by the gates.
   * gates: in, as `minimalForward` was given them; out, their gradient. dH (B, H) as in `rnnBackward`.
   */
  minimalBackward(
    shape: WindowShape,
    cell: MinimalCell,
    gates: Tensor,
    hs: Tensor,
    dY: Tensor,
    dH: Tensor,
  ): void;

  /** −ln softmax(h Wᵀ + b)[target] and its gradients; the (N, V) logits are never held whole. */
  softmaxLoss(loss: SoftmaxLoss): void;

  /**
   * e (N, H) = Σ_v p_v W_v with p = softmax(h Wᵀ + b), and Σ −ln p(target) to `sums`. An operation of training: its products
   * take `trainingOperands`, as those of its gradients do.
   */
  softmaxMean(mean: SoftmaxMean, e: Tensor, sums: Sums): void;
  /**
   * dl_v = scale (p_v − [v = target]) + p_v (dp_v − Σ_u p_u dp_u) with dp_v = dE · W_v;
   * dH = dl W, dW += dlᵀ h + pᵀ dE, db += Σ dl
   */
  softmaxMeanBackward(mean: SoftmaxMean, gradients: SoftmaxMeanGradients): void;

  /** y = tanh x; x and y may be one tensor. */
  tanhForward(x: Tensor, y: Tensor): void;
  /** dY becomes the gradient by x of y = tanh x: dx = dy ⊙ (1 − y²) */
  tanhBackward(y: Tensor, dY: Tensor): void;

  /** The greatest element. */
  greatest(x: Tensor): number;
  /** Σ e^{(x − shift) · scale}; each of them in y too, where given. Nothing of x may be above the shift. */
  sumOfExponentials(x: Tensor, shift: number, scale: number, y?: Tensor): number;

  /** y = x ⊙ mask / (1 − p), the mask drawn from a counter (no state); x and y may be one tensor. */
  dropout(x: Tensor, y: Tensor, settings: DropoutSettings): void;
  /**
   * y_n = x_n · mask[ids[n]] / (1 − p), rows of (N, E): the mask has one element for each id, so that equal ids are
   * dropped together. x and y may be one tensor. No period.
   */
  dropoutRows(x: Tensor, y: Tensor, ids: IdTensor, N: number, E: number, settings: DropoutSettings): void;

  /** Adds Σ x² to the squares, summed in a fixed order. */
  sumOfSquares(x: Tensor, sums: Sums): void;
  /** Adds Σ x² over some rows of X (·, E). */
  sumOfSquaresRows(x: Tensor, rows: IdTensor, count: number, E: number, sums: Sums): void;
  /** Sets some rows of X (·, E) to zero. */
  zeroRows(x: Tensor, rows: IdTensor, count: number, E: number): void;
  /** v = momentum · v + (s·g + decay · w);  w −= lr · v. Without `v`: w −= lr · (s·g + decay · w). */
  sgd(w: Tensor, g: Tensor, v: Tensor | undefined, settings: SgdSettings): void;
  /** The same on some rows of W (·, E), each once; the other rows, of the velocity too, are neither read nor written. */
  sgdRows(
    w: Tensor,
    g: Tensor,
    v: Tensor | undefined,
    rows: IdTensor,
    count: number,
    E: number,
    settings: SgdSettings,
  ): void;
  /**
   * Adam (Kingma and Ba, 2015) and AdamW (Loshchilov and Hutter, 2019), as PyTorch writes them:
   *   m = β₁ m + (1 − β₁) g;  v = β₂ v + (1 − β₂) g²;  w −= lr · m / (1 − β₁ᵗ) / (√(v / (1 − β₂ᵗ)) + ε)
   * With `belief` AdaBelief (Zhuang et al., 2020), as its authors write it: v = β₂ v + (1 − β₂) (g − m)² + ε.
   */
  adam(w: Tensor, g: Tensor, m: Tensor, v: Tensor, settings: AdamSettings): void;
  /**
   * Schedule-free AdamW (Defazio et al., 2024). The gradient is that at y = (1 − β₁) z + β₁ x, where x, the average of all
   * z, is the model; only y and z are held:
   *   v = β₂ v + (1 − β₂) g²;  d = g / (√(v / (1 − β₂ᵗ)) + ε) + decay · y
   *   y += c (z − y) − lr (1 − β₁ (1 − c)) d;  z −= lr · d
   */
  scheduleFree(y: Tensor, g: Tensor, z: Tensor, v: Tensor, settings: ScheduleFreeSettings): void;
  /** Adam on some rows of W (·, E), each once; the other rows, of the moments too, are neither read nor written. */
  adamRows(
    w: Tensor,
    g: Tensor,
    m: Tensor,
    v: Tensor,
    rows: IdTensor,
    count: number,
    E: number,
    settings: AdamSettings,
  ): void;
  /**
   * A step of dynamic evaluation (Krause et al., 2018), with decay toward w0, the weights as they were trained:
   *   w += min(1, λ rms) ⊙ (w0 − w) − lr · g / (rms + ε);  without `rms`: w += min(1, λ) (w0 − w) − lr · g
   * Then g = 0, in the same passage over memory.
   */
  dynamicStep(w: Tensor, g: Tensor, w0: Tensor, rms: Tensor | undefined, settings: DynamicStepSettings): void;
  /** The same on some rows, each listed once, of matrices (·, E); the others stay as they are. */
  dynamicStepRows(
    w: Tensor,
    g: Tensor,
    w0: Tensor,
    rms: Tensor | undefined,
    rows: IdTensor,
    count: number,
    E: number,
    settings: DynamicStepSettings,
  ): void;
}
