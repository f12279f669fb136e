/*
 * The kernels of one instruction set, float32. This file is compiled once a set; see vec.h.
 *
 * Letters: T time steps, B batch, H hidden, V vocabulary, E embedding, N rows. P(i), I(i), F(i) read argument i as an
 * address, a whole number, a float. Argument 0 is the thread pool wherever there is one.
 */
#include "kernels.h"

#include "gru.h"
#include "lstm.h"
#include "minimal.h"
#include "peak.h"
#include "quantized.h"
#include "rnn.h"
#include "softmax_blocks.h"
#include "update.h"

#define P(i) ((float *)(uintptr_t)a[i])
#define IDS(i) ((int32_t *)(uintptr_t)a[i])
#define POOL ((Pool *)(uintptr_t)a[0])
#define I(i) ((isize)a[i])
#define F(i) ((float)a[i])
#define ENTRY(name) static double name(const double *a)

/* (k, n, bf16) → floats that the packed matrix takes; here and below, with `bf16` products round their operands to it. */
ENTRY(packed_length) { return (double)(ceil_div(I(1), NR) * NR * panel_rows((int)I(2), I(0))); }

typedef struct {
  View b;
  isize K, N, parts;
  float *to;
  int bf16;
} Packing;

static void pack_task(void *context, int task, int worker) {
  const Packing *p = context;
  (void)worker;
  isize from, to;
  part_of(p->N, NR, p->parts, task, &from, &to);
  View b = {p->b.p + from * p->b.column, p->b.row, p->b.column};
  isize rows = panel_rows(p->bf16, p->K);
  if (from < to) pack_right(p->bf16, b, p->K, to - from, p->to + from * rows, rows * NR);
}

/* (pool, w, to, k, n, transposed, bf16): w (k, n), or (n, k) when transposed. */
ENTRY(pack) {
  isize K = I(3), N = I(4);
  Packing p = {{P(1), I(5) ? 1 : N, I(5) ? K : 1}, K, N, element_parts(POOL, K * N), P(2), (int)I(6)};
  pool_run(POOL, (int)p.parts, pack_task, &p);
  return 0;
}

/* (x, n, value) */
ENTRY(fill) {
  float *x = P(0), value = F(2);
  for (isize i = 0, n = I(1); i < n; i++) x[i] = value;
  return 0;
}

/* (x, y, n): y += x */
ENTRY(add) {
  const float *restrict x = P(0);
  float *restrict y = P(1);
  for (isize i = 0, n = I(2); i < n; i++) y[i] += x[i];
  return 0;
}

/*
 * (pool, x, packed, y, N, k, n, bias | 0, rounded | 0, bf16); with `rounded`, room for N rounded rows, the weights are
 * int8
 */
ENTRY(matmul) {
  Product p = {.pool = POOL, .M = I(4), .K = I(5), .N = I(6), .packed = P(2), .bf16 = (int)I(9)};
  p.a = (View){P(1), p.K, 1};
  p.c = (Result){P(3), p.N, P(7), 0};
  p.rounded = P(8);
  if (p.rounded) quantized_product(p, WORTH_A_THREAD);
  else product(p);
  return 0;
}

typedef struct {
  const float *x, *w, *bias;
  float *y;
  isize N, K, n, parts;
} Linear;

/* Four rows of W at a time, read once for two rows of X: in generation the passage of W is what takes the time. */
INLINE void dot_block(const Linear *l, isize j, const int rows, isize i) {
  vf sums[2][4];
  isize K = l->K;
  UNROLL for (int r = 0; r < rows; r++)
    UNROLL for (int c = 0; c < 4; c++) sums[r][c] = (vf){0};
  const float *w[4];
  for (int c = 0; c < 4; c++) w[c] = l->w + imin(j + c, l->n - 1) * K;
  FOR_VECTORS(k, K, part) {
    UNROLL for (int r = 0; r < rows; r++) {
      vf x = load_lanes(l->x + (i + r) * K + k, part);
      UNROLL for (int c = 0; c < 4; c++) sums[r][c] = multiply_add(x, load_lanes(w[c] + k, part), sums[r][c]);
    }
  }
  for (int r = 0; r < rows; r++)
    for (int c = 0; c < 4 && j + c < l->n; c++)
      l->y[(i + r) * l->n + j + c] = sum_lanes(sums[r][c]) + (l->bias ? l->bias[j + c] : 0);
}

static void linear_task(void *context, int task, int worker) {
  const Linear *l = context;
  (void)worker;
  isize from, to;
  part_of(l->n, 4, l->parts, task, &from, &to);
  for (isize j = from; j < to; j += 4) {
    isize i = 0;
    for (; i + 2 <= l->N; i += 2) dot_block(l, j, 2, i);
    if (i < l->N) dot_block(l, j, 1, i);
  }
}

/* (pool, x, w, y, N, k, n, bias | 0): Y (N, n) = X (N, k) · Wᵀ, w (n, k), for few rows: W is read as it lies */
ENTRY(linear) {
  Linear l = {P(1), P(2), P(7), P(3), I(4), I(5), I(6), 1};
  if ((double)l.N * l.K * l.n >= WORTH_A_THREAD) l.parts = pool_threads(POOL);
  pool_run(POOL, (int)l.parts, linear_task, &l);
  return 0;
}

/* (pool, dY, x, dW, N, m, n, stride, bf16): dW (m, n) += dYᵀ · X */
ENTRY(weight_gradient) {
  isize m = I(5), n = I(6), stride = I(7);
  Product p = {.pool = POOL, .M = m, .N = n, .K = I(4), .bf16 = (int)I(8)};
  p.a = (View){P(1), 1, stride};
  p.b = (View){P(2), n, 1};
  p.c = (Result){P(3), n, NULL, 1};
  product(p);
  return 0;
}

/* (pool, dY, db, N, n, stride): db (n) += Σ dY rows */
ENTRY(bias_gradient) {
  sum_rows(POOL, P(1), P(2), I(3), I(4), I(5));
  return 0;
}

/* (pool, w, ids, y, N, E) */
ENTRY(embedding_forward) {
  Rows r = {P(1), P(3), IDS(2), I(4), I(5), 0, element_parts(POOL, I(4) * I(5))};
  pool_run(POOL, (int)r.parts, embedding_forward_task, &r);
  return 0;
}

/* (pool, dY, ids, dW, N, E): split by columns, so that each sum keeps the order of the rows */
ENTRY(embedding_backward) {
  Rows r = {P(1), P(3), IDS(2), I(4), I(5), 0, element_parts(POOL, I(4) * I(5))};
  pool_run(POOL, (int)r.parts, embedding_backward_task, &r);
  return 0;
}

/* (pool, T, B, H, relu, w, z, hs, rounded | 0, bf16): with `rounded`, room for B rounded rows, w is int8; so below */
ENTRY(rnn_forward) {
  Rnn cell = {.relu = (int)I(4), .w = P(5), .z = P(6), .hs = P(7)};
  Recurrence r = {POOL, I(1), I(2), I(3), 0, rnn_forward_products, rnn_forward_elements, &cell, 0, P(8), (int)I(9)};
  recurrence_run(&r);
  return 0;
}

/* (pool, T, B, H, relu, w, dz, hs, dy, dh, bf16) */
ENTRY(rnn_backward) {
  Rnn cell = {.relu = (int)I(4), .w = P(5), .z = P(6), .hs = P(7), .dy = P(8), .dh = P(9)};
  Recurrence r = {POOL, I(1), I(2), I(3), 1, rnn_backward_products, rnn_backward_elements, &cell, 0, NULL, (int)I(10)};
  recurrence_run(&r);
  return 0;
}

/* (pool, T, B, H, w, gates, hs, cs, rounded | 0, bf16) */
ENTRY(lstm_forward) {
  Lstm cell = {.w = P(4), .gates = P(5), .hs = P(6), .cs = P(7)};
  Recurrence r = {POOL, I(1), I(2), I(3), 0, lstm_forward_products, lstm_forward_elements, &cell, 0, P(8), (int)I(9)};
  recurrence_run(&r);
  return 0;
}

/* (pool, T, B, H, w, gates, cs, dy, dh, dc, bf16) */
ENTRY(lstm_backward) {
  Lstm cell = {.w = P(4), .gates = P(5), .cs = P(6), .dy = P(7), .dh = P(8), .dc = P(9)};
  Recurrence r = {POOL, I(1), I(2), I(3), 1, lstm_backward_products, lstm_backward_elements, &cell, 0, NULL, (int)I(10)};
  recurrence_run(&r);
  return 0;
}

/* (pool, T, B, H, w_rz, w_n, bias, gates, q, hs, rounded | 0, bf16) */
ENTRY(gru_forward) {
  Gru cell = {.w_rz = P(4), .w_n = P(5), .bias = P(6), .gates = P(7), .q = P(8), .hs = P(9)};
  Recurrence r = {POOL, I(1), I(2), I(3), 0, gru_forward_products, gru_forward_elements, &cell, 0, P(10), (int)I(11)};
  recurrence_run(&r);
  return 0;
}

/* (pool, T, B, H, w_rz, w_n, gates, q, hs, dy, dh, bf16) */
ENTRY(gru_backward) {
  Gru cell = {.w_rz = P(4), .w_n = P(5), .gates = P(6), .q = P(7), .hs = P(8), .dy = P(9), .dh = P(10)};
  Recurrence r = {POOL, I(1), I(2), I(3), 1, gru_backward_products, gru_backward_elements, &cell, 0, NULL, (int)I(11)};
  recurrence_run(&r);
  return 0;
}

/* (pool, rows, H, V, gradients, again) → floats of working memory that softmax_loss takes for a chunk of so many rows */
ENTRY(softmax_room) {
  Softmax rows = {.pool = POOL, .R = I(1), .H = I(2), .V = I(3), .scale = (float)I(4), .again = (int)I(5)};
  Blocks s = {.in = rows};
  return (double)(rows.V < BLOCKS_SUIT ? rows.R * rows.V : blocks_lay_out(&s, NULL));
}

/*
 * (pool, N, H, V, h, w, bias | 0, targets, stats, room, chunk, scale, dH | 0, dW, db | 0, rounded | 0, bf16,
 * target_bias | 0, again)
 * stats (N, 4): see softmax.h. room: softmax_room(chunk, H, V, dH ≠ 0, again) floats. With dH, the gradients: dH written,
 * dW and db added to. With `rounded`, room for `chunk` rounded rows, w is an int8 operand; then there are no gradients.
 */
ENTRY(softmax_loss) {
  isize N = I(1), H = I(2), V = I(3), chunk = I(10);
  Softmax all = {.pool = POOL, .H = H, .V = V, .w = P(5), .bias = P(6), .dw = P(13), .db = P(14), .rounded = P(15)};
  all.bf16 = (int)I(16);
  all.target_bias = P(17);
  all.again = (int)I(18);
  all.scale = P(12) ? F(11) : 0;
  for (isize n = 0; n < N; n += chunk) {
    Softmax rows = all;
    rows.R = imin(chunk, N - n);
    rows.h = P(4) + n * H;
    rows.targets = IDS(7) + n;
    rows.stats = P(8) + n * ROW_STATS;
    rows.dh = P(12) ? P(12) + n * H : NULL;
    if (V < BLOCKS_SUIT) whole_softmax(&rows, P(9));
    else blocks_softmax(&rows, P(9));
  }
  return 0;
}

/* The finalizer of MurmurHash3 (Appleby, 2011). */
INLINE uint32_t mix(uint32_t x) {
  x = (x ^ x >> 16) * 0x85ebca6bu;
  x = (x ^ x >> 13) * 0xc2b2ae35u;
  return x ^ x >> 16;
}

typedef struct {
  const float *x;
  float *y;
  isize n, parts;
  uint32_t key0, key1, threshold;
  float scale;
} Dropout;

static void dropout_task(void *context, int task, int worker) {
  const Dropout *d = context;
  (void)worker;
  isize from, to;
  part_of(d->n, ELEMENT_UNIT, d->parts, task, &from, &to);
  const float *x = d->x;
  float *y = d->y, scale = d->scale;
  uint32_t key0 = d->key0, key1 = d->key1, threshold = d->threshold;
  for (isize i = from; i < to; i++) {
    uint32_t bits = mix(mix((uint32_t)i * 0x9e3779b1u ^ key0) ^ key1);
    y[i] = bits < threshold ? 0.0f : x[i] * scale;
  }
}

/* (pool, x, y, n, key0, key1, threshold, scale) */
ENTRY(dropout) {
  Dropout d = {P(1), P(2), I(3), element_parts(POOL, I(3)), (uint32_t)(int64_t)a[4], (uint32_t)(int64_t)a[5],
               (uint32_t)a[6], F(7)};
  pool_run(POOL, (int)d.parts, dropout_task, &d);
  return 0;
}

/* (pool, x, n) → Σ x² */
ENTRY(sum_of_squares) {
  double sums[MAX_SUMS], total = 0;
  Update u = {.n = I(2), .g = P(1), .sums = sums};
  u.parts = imin(MAX_SUMS, ceil_div(u.n, 16 * ELEMENT_UNIT));
  pool_run(POOL, (int)u.parts, squares_task, &u);
  for (isize i = 0; i < u.parts; i++) total += sums[i];
  return total;
}

/* (pool, w, g, v | 0, n, lr, momentum, decay, scale) */
ENTRY(sgd) {
  Update u = {.w = P(1), .g = P(2), .v = P(3), .n = I(4), .lr = F(5), .momentum = F(6), .decay = F(7), .scale = F(8)};
  u.parts = element_parts(POOL, u.n);
  pool_run(POOL, (int)u.parts, sgd_task, &u);
  return 0;
}

/* (pool, w, g, m, v, n, lr, beta1, beta2, epsilon, decay, decoupled, scale, step_size, root_correction) */
ENTRY(adam) {
  Update u = {.w = P(1), .g = P(2), .m = P(3), .v = P(4), .n = I(5), .lr = F(6), .beta1 = F(7), .beta2 = F(8)};
  u.epsilon = F(9);
  u.decay = F(10);
  u.decoupled = (int)I(11);
  u.scale = F(12);
  u.step_size = F(13);
  u.root_correction = F(14);
  u.parts = element_parts(POOL, u.n);
  pool_run(POOL, (int)u.parts, adam_task, &u);
  return 0;
}

/* (which, x, y, n): y = exp (0), sigmoid (1) or tanh (2) of x; so that their error can be measured */
ENTRY(activation) {
  isize n = I(3);
  FOR_VECTORS(j, n, part) {
    vf x = load_lanes(P(1) + j, part);
    store_lanes(P(2) + j, I(0) == 0 ? vexp(x) : I(0) == 1 ? vsigmoid(x) : vtanh(x), part);
  }
  return 0;
}

/* (x, n) → the greatest */
ENTRY(greatest) { return (double)greatest_of(P(0), I(1)); }

/* (x, n, shift, scale, y | 0) → Σ e^{(x − shift) · scale}, each in y too */
ENTRY(sum_of_exponentials) {
  isize n = I(1);
  const float *x = P(0), shift = F(2), scale = F(3);
  float *y = P(4);
  vf sum = {0};
  FOR_VECTORS(j, n, part) {
    vf e = vexp((load_lanes(x + j, part) - shift) * scale);
    if (part) {
      float lanes[VL] = {0};
      store_part(lanes, e, (int)part);
      e = load(lanes);
    }
    sum += e;
    if (y) store_lanes(y + j, e, part);
  }
  return (double)sum_lanes(sum);
}

/* (k, n) → floats that an int8 operand takes. */
ENTRY(quantized_length) { return (double)quantized_floats(I(0), I(1)); }

/* (k) → floats that a rounded row takes. */
ENTRY(rounded_length) { return (double)rounded_stride(I(0)); }

typedef struct {
  const int8_t *q;
  const float *scales;
  float *to;
  isize K, N, parts;
} QuantizedPacking;

static void pack_quantized_task(void *context, int task, int worker) {
  const QuantizedPacking *p = context;
  (void)worker;
  isize from, to;
  part_of(p->N, QC, p->parts, task, &from, &to);
  pack_quantized_rows(p->q, p->scales, p->K, p->N, from, to, p->to);
}

/* (pool, q, scales, to, k, n): q (n, k) int8, scales (n) */
ENTRY(pack_quantized) {
  QuantizedPacking p = {(const int8_t *)P(1), P(2), P(3), I(4), I(5), pool_threads(POOL)};
  pool_run(POOL, (int)p.parts, pack_quantized_task, &p);
  return 0;
}

/* (pool, w, ids, y, N, E, V): y (N, E) = rows `ids` of an int8 operand (V, E) */
ENTRY(embedding_quantized) {
  isize N = I(4), E = I(5), V = I(6);
  for (isize n = 0; n < N; n++) {
    isize id = IDS(2)[n], at = id % QC;
    const int8_t *panel = quantized_panel(P(1), E, V, id - at);
    float *y = P(3) + n * E, scale = P(1)[id];
    for (isize e = 0; e < E; e++) y[e] = scale * (float)panel[(e / 2 * QC + at) * 2 + e % 2];
  }
  return 0;
}

/* (pool, T, B, H, lstm, gates, hs): minLSTM, or minGRU */
ENTRY(minimal_forward) {
  Minimal m = {.T = I(1), .B = I(2), .H = I(3), .lstm = (int)I(4), .gates = P(5), .hs = P(6)};
  minimal_run(POOL, &m);
  return 0;
}

/* (pool, T, B, H, lstm, gates, hs, dy, dh) */
ENTRY(minimal_backward) {
  Minimal m = {.T = I(1), .B = I(2), .H = I(3), .lstm = (int)I(4), .gates = P(5), .hs = P(6), .dy = P(7), .dh = P(8)};
  minimal_run(POOL, &m);
  return 0;
}

/*
 * (pool, iterations, factor, start, means, n) → multiplications and additions made, to be timed by the caller.
 * n tasks, each leaving the mean of its accumulators: start · (1 + factor)^iterations, but for factor².
 */
ENTRY(peak) {
  Peak p = {I(1), F(2), F(3), P(4)};
  isize n = I(5);
  pool_run(POOL, (int)n, peak_task, &p);
  return 2.0 * (double)n * (double)p.iterations * ACCUMULATORS * VL;
}

const Kernel ISA(recurra_kernels)[KERNEL_COUNT] = {
#define KERNEL(name) name,
#include "kernels.def"
#undef KERNEL
};
