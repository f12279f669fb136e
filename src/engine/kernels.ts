/**
 * The kernels of native/src/kernels.c as TypeScript calls them: the seam to the addon and to WebAssembly.
 * Made from native/src/kernels.def by scripts/make-kernel-types.ts ("npm run kernel-types"): change it there.
 */

declare const addressed: unique symbol;

/** Where something stands in an engine's memory: a number that kernels read or write at. */
export type Address = number & { readonly [addressed]: true };

/** Yes (1) or no (0). */
export type Flag = 0 | 1;

/** The most arguments that a kernel takes. */
export const MOST_ARGUMENTS = 22;

/** The position of the argument of `softmax_loss` that says whether to compute gradients. */
export const SOFTMAX_LOSS_DH = 12;

/** The kernels of one instruction set, by their C names. */
export interface Kernels {
  /** Floats that a packed matrix (k, n) takes. */
  readonly packed_length: (k: number, n: number, bf16: Flag) => number;
  /** Packs w (k, n), or (n, k) when transposed. */
  readonly pack: (
    pool: Address,
    w: Address,
    to: Address,
    k: number,
    n: number,
    transposed: Flag,
    bf16: Flag,
  ) => number;
  /** Every one of n elements = value. */
  readonly fill: (x: Address, n: number, value: number) => number;
  /** y (n) += x (n) */
  readonly add: (x: Address, y: Address, n: number) => number;
  /** y (N, n) = x (N, k) · packed (k, n) + bias (n) */
  readonly matmul: (
    pool: Address,
    x: Address,
    packed: Address,
    y: Address,
    N: number,
    k: number,
    n: number,
    bias: Address | 0,
    rounded: Address | 0,
    bf16: Flag,
  ) => number;
  /** y (N, n) = x (N, k) · wᵀ + bias (n), w (n, k), for few rows: w is read as it lies. */
  readonly linear: (
    pool: Address,
    x: Address,
    w: Address,
    y: Address,
    N: number,
    k: number,
    n: number,
    bias: Address | 0,
  ) => number;
  /** The same for many rows: w is packed block by block. */
  readonly linear_many: (
    pool: Address,
    x: Address,
    w: Address,
    y: Address,
    N: number,
    k: number,
    n: number,
    bias: Address | 0,
  ) => number;
  /** dW (m, n) += dYᵀ · x, x (N, n), dY (N, m) in rows of `stride`. */
  readonly weight_gradient: (
    pool: Address,
    dY: Address,
    x: Address,
    dW: Address,
    N: number,
    m: number,
    n: number,
    stride: number,
    bf16: Flag,
  ) => number;
  /** db (n) += Σ rows of dY, dY (N, n) in rows of `stride`. */
  readonly bias_gradient: (
    pool: Address,
    dY: Address,
    db: Address,
    N: number,
    n: number,
    stride: number,
  ) => number;
  /** y (N, E) = rows `ids` (N) of w. */
  readonly embedding_forward: (
    pool: Address,
    w: Address,
    ids: Address,
    y: Address,
    N: number,
    E: number,
  ) => number;
  /** Rows `ids` of dW += dY (N, E); split by columns, so that each sum keeps the order of the rows. */
  readonly embedding_backward: (
    pool: Address,
    dY: Address,
    ids: Address,
    dW: Address,
    N: number,
    E: number,
  ) => number;
  /**
   * The recurrences: see rnn.h, lstm.h, gru.h, mogrifier.h; and minimal.h for minGRU and, with `lstm`,
   * minLSTM.
   */
  readonly rnn_forward: (
    pool: Address,
    T: number,
    B: number,
    H: number,
    relu: Flag,
    w: Address,
    z: Address,
    hs: Address,
    rounded: Address | 0,
    bf16: Flag,
  ) => number;
  readonly rnn_backward: (
    pool: Address,
    T: number,
    B: number,
    H: number,
    relu: Flag,
    w: Address,
    dZ: Address,
    hs: Address,
    dY: Address,
    dH: Address,
    bf16: Flag,
  ) => number;
  readonly lstm_forward: (
    pool: Address,
    T: number,
    B: number,
    H: number,
    capped: Flag,
    w: Address,
    gates: Address,
    hs: Address,
    cs: Address,
    rounded: Address | 0,
    bf16: Flag,
  ) => number;
  readonly lstm_backward: (
    pool: Address,
    T: number,
    B: number,
    H: number,
    capped: Flag,
    w: Address,
    gates: Address,
    cs: Address,
    dY: Address,
    dH: Address,
    dC: Address,
    bf16: Flag,
  ) => number;
  /** rounds: for each round of r six addresses, as mogrifier.h lists them. */
  readonly mogrifier_forward: (
    pool: Address,
    T: number,
    B: number,
    H: number,
    I: number,
    r: number,
    rank: number,
    capped: Flag,
    rounds: Address,
    w_ih: Address,
    w_hh: Address,
    bias: Address,
    x: Address,
    gates: Address,
    hs: Address,
    cs: Address,
    rounded: Address | 0,
    bf16: Flag,
  ) => number;
  readonly mogrifier_backward: (
    pool: Address,
    T: number,
    B: number,
    H: number,
    I: number,
    r: number,
    rank: number,
    capped: Flag,
    rounds: Address,
    w_ih: Address,
    w_hh: Address,
    x: Address,
    gates: Address,
    hs: Address,
    cs: Address,
    dY: Address,
    dX: Address,
    dH: Address,
    dC: Address,
    bf16: Flag,
  ) => number;
  readonly gru_forward: (
    pool: Address,
    T: number,
    B: number,
    H: number,
    w_rz: Address,
    w_n: Address,
    bias: Address,
    gates: Address,
    q: Address,
    hs: Address,
    rounded: Address | 0,
    bf16: Flag,
  ) => number;
  readonly gru_backward: (
    pool: Address,
    T: number,
    B: number,
    H: number,
    w_rz: Address,
    w_n: Address,
    gates: Address,
    q: Address,
    hs: Address,
    dY: Address,
    dH: Address,
    bf16: Flag,
  ) => number;
  readonly minimal_forward: (
    pool: Address,
    T: number,
    B: number,
    H: number,
    lstm: Flag,
    gates: Address,
    hs: Address,
  ) => number;
  readonly minimal_backward: (
    pool: Address,
    T: number,
    B: number,
    H: number,
    lstm: Flag,
    gates: Address,
    hs: Address,
    dY: Address,
    dH: Address,
  ) => number;
  /** Floats of working memory that softmax_loss takes for a chunk of so many rows. */
  readonly softmax_room: (
    pool: Address,
    rows: number,
    H: number,
    V: number,
    gradients: Flag,
    again: Flag,
    components: number,
  ) => number;
  /**
   * The loss of N rows, h (N, H), w (V, H), and with dH its gradients: dH written, dW and db added to. stats
   * (N, 4): see softmax.h. room: softmax_room(chunk, H, V, dH ≠ 0, again, components) floats. With `rounded`,
   * room for `chunk` rounded rows, w is an int8 operand; then there are no gradients. With more than one
   * component h, dH, stats, prior and dprior have N · components rows, and `chunk`, in such rows, is a
   * multiple of the components (at most 64).
   */
  readonly softmax_loss: (
    pool: Address,
    N: number,
    H: number,
    V: number,
    h: Address,
    w: Address,
    bias: Address | 0,
    targets: Address,
    stats: Address,
    room: Address,
    chunk: number,
    scale: number,
    dH: Address | 0,
    dW: Address | 0,
    db: Address | 0,
    rounded: Address | 0,
    bf16: Flag,
    target_bias: Address | 0,
    again: Flag,
    components: number,
    prior: Address | 0,
    dprior: Address | 0,
  ) => number;
  /**
   * e (N, H) = Σ_v p_v W_v with p = softmax(h Wᵀ + bias): see softmax_mean.h. With dE (N, H) in place of e
   * its gradients: dH written, dW and db added to. stats (N, 4); room: chunk · V floats, with dE twice as
   * many.
   */
  readonly softmax_mean: (
    pool: Address,
    N: number,
    H: number,
    V: number,
    h: Address,
    w: Address,
    bias: Address | 0,
    targets: Address,
    target_bias: Address | 0,
    stats: Address,
    room: Address,
    chunk: number,
    bf16: Flag,
    e: Address | 0,
    dE: Address | 0,
    scale: number,
    dH: Address | 0,
    dW: Address | 0,
    db: Address | 0,
  ) => number;
  /** y (n) = tanh x */
  readonly tanh_forward: (pool: Address, x: Address, y: Address, n: number) => number;
  /** dY (n) becomes dY ⊙ (1 − y²), y = tanh x */
  readonly tanh_backward: (pool: Address, y: Address, dY: Address, n: number) => number;
  /**
   * y (n) = x · scale, or 0 where the bits drawn for an element's place in its run of `period` are below the
   * threshold.
   */
  readonly dropout: (
    pool: Address,
    x: Address,
    y: Address,
    n: number,
    period: number,
    key0: number,
    key1: number,
    threshold: number,
    scale: number,
  ) => number;
  /**
   * Rows of y (N, E) = those of x · scale, or 0 where the bits drawn for a row's id are below the threshold.
   */
  readonly dropout_rows: (
    pool: Address,
    x: Address,
    y: Address,
    ids: Address,
    N: number,
    E: number,
    key0: number,
    key1: number,
    threshold: number,
    scale: number,
  ) => number;
  /** y (n) = keep · y + factor · x; with 0 nothing of y is read. */
  readonly add_scaled: (
    pool: Address,
    x: Address,
    y: Address,
    n: number,
    factor: number,
    keep: number,
  ) => number;
  /** → Σ x² */
  readonly sum_of_squares: (pool: Address, x: Address, n: number) => number;
  /** → Σ x² of the first `count` of `rows` of x (·, E) */
  readonly sum_of_squares_rows: (
    pool: Address,
    x: Address,
    rows: Address,
    count: number,
    E: number,
  ) => number;
  /** The same rows = 0. */
  readonly zero_rows: (x: Address, rows: Address, count: number, E: number) => number;
  /** The updates of weights w by gradients g, n elements: see update.h. */
  readonly sgd: (
    pool: Address,
    w: Address,
    g: Address,
    v: Address | 0,
    n: number,
    lr: number,
    momentum: number,
    decay: number,
    scale: number,
  ) => number;
  readonly adam: (
    pool: Address,
    w: Address,
    g: Address,
    m: Address,
    v: Address,
    n: number,
    lr: number,
    beta1: number,
    beta2: number,
    epsilon: number,
    decay: number,
    decoupled: Flag,
    scale: number,
    step_size: number,
    root_correction: number,
    belief: Flag,
  ) => number;
  /** The same updates of the first `count` of `rows`, each once, of w (·, E). */
  readonly sgd_rows: (
    pool: Address,
    w: Address,
    g: Address,
    v: Address | 0,
    rows: Address,
    count: number,
    E: number,
    lr: number,
    momentum: number,
    decay: number,
    scale: number,
  ) => number;
  readonly adam_rows: (
    pool: Address,
    w: Address,
    g: Address,
    m: Address,
    v: Address,
    rows: Address,
    count: number,
    E: number,
    lr: number,
    beta1: number,
    beta2: number,
    epsilon: number,
    decay: number,
    decoupled: Flag,
    scale: number,
    step_size: number,
    root_correction: number,
    belief: Flag,
  ) => number;
  /** w += min(1, decay · rms) (w0 − w) − lr · g / (rms + epsilon); g = 0: see update.h. */
  readonly dynamic_step: (
    pool: Address,
    w: Address,
    g: Address,
    w0: Address,
    rms: Address | 0,
    n: number,
    lr: number,
    decay: number,
    epsilon: number,
  ) => number;
  /** The same on `count` rows of matrices (·, E), each listed once. */
  readonly dynamic_step_rows: (
    pool: Address,
    w: Address,
    g: Address,
    w0: Address,
    rms: Address | 0,
    rows: Address,
    count: number,
    E: number,
    lr: number,
    decay: number,
    epsilon: number,
  ) => number;
  readonly schedule_free: (
    pool: Address,
    y: Address,
    g: Address,
    z: Address,
    v: Address,
    n: number,
    lr: number,
    beta1: number,
    beta2: number,
    epsilon: number,
    decay: number,
    scale: number,
    root_correction: number,
    share: number,
  ) => number;
  /** y (n) = exp (0), sigmoid (1) or tanh (2) of x; so that their error can be measured. */
  readonly activation: (which: number, x: Address, y: Address, n: number) => number;
  /** → the greatest of x (n) */
  readonly greatest: (x: Address, n: number) => number;
  /** → Σ e^{(x − shift) · scale}, each in y (n) too */
  readonly sum_of_exponentials: (
    x: Address,
    n: number,
    shift: number,
    scale: number,
    y: Address | 0,
  ) => number;
  /** Floats that an int8 operand (k, n) takes. */
  readonly quantized_length: (k: number, n: number) => number;
  /** Floats that a rounded row of k takes. */
  readonly rounded_length: (k: number) => number;
  /** Packs q (n, k) int8 with scales (n). */
  readonly pack_quantized: (
    pool: Address,
    q: Address,
    scales: Address,
    to: Address,
    k: number,
    n: number,
  ) => number;
  /** y (N, E) = rows `ids` of an int8 operand (V, E). */
  readonly embedding_quantized: (
    pool: Address,
    w: Address,
    ids: Address,
    y: Address,
    N: number,
    E: number,
    V: number,
  ) => number;
  /**
   * → multiplications and additions made, to be timed by the caller. n tasks, each leaving the mean of its
   * accumulators: start · (1 + factor)^iterations, but for factor².
   */
  readonly peak: (
    pool: Address,
    iterations: number,
    factor: number,
    start: number,
    means: Address,
    n: number,
  ) => number;
}
