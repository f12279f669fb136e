/*
 * The kernels of one instruction set, float32. This file is compiled once a set; see vec.h. What each takes, in what
 * order, and what it computes stands in kernels.def; here `a` holds the arguments by their names.
 */
#include "kernels.h"

#include "arguments.h"
#include "dropout.h"
#include "gru.h"
#include "lstm.h"
#include "minimal.h"
#include "mogrifier.h"
#include "peak.h"
#include "quantized.h"
#include "rnn.h"
#include "softmax_blocks.h"
#include "softmax_mean.h"
#include "update.h"

#define ENTRY(name)                                                                           \
  INLINE double name##_kernel(name##_arguments a);                                            \
  static double name(const double *numbers) { return name##_kernel(name##_read(numbers)); }   \
  INLINE double name##_kernel(name##_arguments a)

ENTRY(packed_length) { return (double)(ceil_div(a.n, NR) * NR * panel_rows(a.bf16, a.k)); }

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

ENTRY(pack) {
  isize K = a.k, N = a.n;
  Packing p = {{a.w, a.transposed ? 1 : N, a.transposed ? K : 1}, K, N, element_parts(a.pool, K * N), a.to, a.bf16};
  pool_run(a.pool, (int)p.parts, pack_task, &p);
  return 0;
}

ENTRY(fill) {
  float *x = a.x, value = a.value;
  for (isize i = 0, n = a.n; i < n; i++) x[i] = value;
  return 0;
}

ENTRY(add) {
  const float *restrict x = a.x;
  float *restrict y = a.y;
  for (isize i = 0, n = a.n; i < n; i++) y[i] += x[i];
  return 0;
}

ENTRY(matmul) {
  Product p = {.pool = a.pool, .M = a.N, .K = a.k, .N = a.n, .packed = a.packed, .bf16 = a.bf16};
  p.a = (View){a.x, p.K, 1};
  p.c = (Result){a.y, p.N, a.bias, 0};
  p.rounded = a.rounded;
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

ENTRY(linear) {
  Linear l = {a.x, a.w, a.bias, a.y, a.N, a.k, a.n, 1};
  if ((double)l.N * l.K * l.n >= WORTH_A_THREAD) l.parts = pool_threads(a.pool);
  pool_run(a.pool, (int)l.parts, linear_task, &l);
  return 0;
}

ENTRY(linear_many) {
  Product p = {.pool = a.pool, .M = a.N, .N = a.n, .K = a.k};
  p.a = (View){a.x, a.k, 1};
  p.b = (View){a.w, 1, a.k};
  p.c = (Result){a.y, a.n, a.bias, 0};
  product(p);
  return 0;
}

ENTRY(weight_gradient) {
  Product p = {.pool = a.pool, .M = a.m, .N = a.n, .K = a.N, .bf16 = a.bf16};
  p.a = (View){a.dY, 1, a.stride};
  p.b = (View){a.x, a.n, 1};
  p.c = (Result){a.dW, a.n, NULL, 1};
  product(p);
  return 0;
}

ENTRY(bias_gradient) {
  sum_rows(a.pool, a.dY, a.db, a.N, a.n, a.stride);
  return 0;
}

ENTRY(embedding_forward) {
  Rows r = {a.w, a.y, a.ids, a.N, a.E, 0, element_parts(a.pool, a.N * a.E)};
  pool_run(a.pool, (int)r.parts, embedding_forward_task, &r);
  return 0;
}

ENTRY(embedding_backward) {
  Rows r = {a.dY, a.dW, a.ids, a.N, a.E, 0, element_parts(a.pool, a.N * a.E)};
  pool_run(a.pool, (int)r.parts, embedding_backward_task, &r);
  return 0;
}

ENTRY(rnn_forward) {
  Rnn cell = {.relu = a.relu, .w = a.w, .z = a.z, .hs = a.hs};
  Recurrence r = {a.pool, a.T, a.B, a.H, 0, rnn_forward_products, rnn_forward_elements, &cell, 0, a.rounded, a.bf16, a.H};
  recurrence_run(&r);
  return 0;
}

ENTRY(rnn_backward) {
  Rnn cell = {.relu = a.relu, .w = a.w, .z = a.dZ, .hs = a.hs, .dy = a.dY, .dh = a.dH};
  Recurrence r = {a.pool, a.T, a.B, a.H, 1, rnn_backward_products, rnn_backward_elements, &cell, 0, NULL, a.bf16, 0};
  recurrence_run(&r);
  return 0;
}

ENTRY(lstm_forward) {
  Lstm cell = {.w = a.w, .gates = a.gates, .hs = a.hs, .cs = a.cs, .capped = a.capped};
  Recurrence r = {a.pool, a.T, a.B, a.H, 0, lstm_forward_products, lstm_forward_elements, &cell, 0, a.rounded, a.bf16, a.H};
  recurrence_run(&r);
  return 0;
}

ENTRY(lstm_backward) {
  Lstm cell = {.w = a.w, .gates = a.gates, .cs = a.cs, .dy = a.dY, .dh = a.dH, .dc = a.dC, .capped = a.capped};
  Recurrence r = {a.pool, a.T, a.B, a.H, 1, lstm_backward_products, lstm_backward_elements, &cell, 0, NULL, a.bf16, 0};
  recurrence_run(&r);
  return 0;
}

ENTRY(mogrifier_forward) {
  Lstm lstm = {.w = a.w_hh, .gates = a.gates, .hs = a.hs, .cs = a.cs, .capped = a.capped};
  Mogrifier m = {.lstm = lstm, .I = a.I, .rounds = a.r, .rank = a.rank, .w_ih = a.w_ih, .bias = a.bias, .x = a.x};
  mogrifier_rounds(&m, a.rounds);
  Recurrence r = {a.pool, a.T * (a.r + 1), a.B, a.H, 0, mogrifier_forward_products, mogrifier_forward_elements, &m, 0,
                  a.rounded, a.bf16, mogrifier_widest(&m, a.H)};
  recurrence_run(&r);
  return 0;
}

ENTRY(mogrifier_backward) {
  Lstm lstm = {.w = a.w_hh, .gates = a.gates, .hs = a.hs, .cs = a.cs, .dy = a.dY, .dh = a.dH, .dc = a.dC};
  lstm.capped = a.capped;
  Mogrifier m = {.lstm = lstm, .I = a.I, .rounds = a.r, .rank = a.rank, .w_ih = a.w_ih, .x = a.x, .dx = a.dX};
  mogrifier_rounds(&m, a.rounds);
  Recurrence r = {a.pool, a.T * (a.r + 1), a.B, a.H, 1, mogrifier_backward_products, mogrifier_backward_elements, &m, 0,
                  NULL, a.bf16, 0};
  recurrence_run(&r);
  return 0;
}

ENTRY(gru_forward) {
  Gru cell = {.w_rz = a.w_rz, .w_n = a.w_n, .bias = a.bias, .gates = a.gates, .q = a.q, .hs = a.hs};
  Recurrence r = {a.pool, a.T, a.B, a.H, 0, gru_forward_products, gru_forward_elements, &cell, 0, a.rounded, a.bf16, a.H};
  recurrence_run(&r);
  return 0;
}

ENTRY(gru_backward) {
  Gru cell = {.w_rz = a.w_rz, .w_n = a.w_n, .gates = a.gates, .q = a.q, .hs = a.hs, .dy = a.dY, .dh = a.dH};
  Recurrence r = {a.pool, a.T, a.B, a.H, 1, gru_backward_products, gru_backward_elements, &cell, 0, NULL, a.bf16, 0};
  recurrence_run(&r);
  return 0;
}

ENTRY(softmax_room) {
  Softmax rows = {.pool = a.pool, .R = a.rows, .H = a.H, .V = a.V, .scale = (float)a.gradients, .again = a.again};
  rows.K = a.components;
  Blocks s = {.in = rows};
  return (double)(rows.V < BLOCKS_SUIT ? rows.R * rows.V : blocks_lay_out(&s, NULL));
}

ENTRY(softmax_loss) {
  isize K = a.components, N = a.N * K, H = a.H, V = a.V, chunk = a.chunk;
  Softmax all = {.pool = a.pool, .H = H, .V = V, .w = a.w, .bias = a.bias, .dw = a.dW, .db = a.db, .rounded = a.rounded};
  all.bf16 = a.bf16;
  all.target_bias = a.target_bias;
  all.again = a.again;
  all.K = K;
  all.scale = a.dH ? a.scale : 0;
  for (isize n = 0; n < N; n += chunk) {
    Softmax rows = all;
    rows.R = imin(chunk, N - n);
    rows.h = a.h + n * H;
    rows.targets = a.targets + n / K;
    rows.prior = a.prior ? a.prior + n : NULL;
    rows.dprior = a.dprior ? a.dprior + n : NULL;
    rows.stats = a.stats + n * ROW_STATS;
    rows.dh = a.dH ? a.dH + n * H : NULL;
    if (V < BLOCKS_SUIT) whole_softmax(&rows, a.room);
    else blocks_softmax(&rows, a.room);
  }
  return 0;
}

ENTRY(softmax_mean) {
  isize N = a.N, H = a.H, V = a.V, chunk = a.chunk;
  for (isize n = 0; n < N; n += chunk) {
    Softmax s = {.pool = a.pool, .H = H, .V = V, .w = a.w, .bias = a.bias, .target_bias = a.target_bias, .K = 1};
    s.R = imin(chunk, N - n);
    s.h = a.h + n * H;
    s.targets = a.targets + n;
    s.stats = a.stats + n * ROW_STATS;
    s.bf16 = a.bf16;
    s.scale = a.scale;
    s.dh = a.dH ? a.dH + n * H : NULL;
    s.dw = a.dW;
    s.db = a.db;
    Mean m = {.in = s, .p = a.room, .dl = a.room + chunk * V};
    m.e = a.e ? a.e + n * H : NULL;
    m.de = a.dE ? a.dE + n * H : NULL;
    softmax_mean_chunk(&m);
  }
  return 0;
}

typedef struct {
  const float *x; /* or y, backward */
  float *y;       /* or dY */
  isize n, parts;
  int backward;
} Tanh;

static void tanh_task(void *context, int task, int worker) {
  const Tanh *t = context;
  (void)worker;
  isize from, to;
  part_of(t->n, ELEMENT_UNIT, t->parts, task, &from, &to);
  const float *x = t->x + from;
  float *y = t->y + from;
  FOR_VECTORS(j, to - from, part) {
    vf v = load_lanes(x + j, part);
    store_lanes(y + j, GRADIENTS && t->backward ? load_lanes(y + j, part) * (1.0f - v * v) : vtanh(v), part);
  }
}

ENTRY(tanh_forward) {
  Tanh t = {a.x, a.y, a.n, element_parts(a.pool, a.n), 0};
  pool_run(a.pool, (int)t.parts, tanh_task, &t);
  return 0;
}

ENTRY(tanh_backward) {
  Tanh t = {a.y, a.dY, a.n, element_parts(a.pool, a.n), 1};
  pool_run(a.pool, (int)t.parts, tanh_task, &t);
  return 0;
}

ENTRY(dropout) {
  Dropout d = {.x = a.x, .y = a.y, .n = a.n, .period = a.period, .parts = element_parts(a.pool, a.n)};
  d.mask = (Mask){a.key0, a.key1, a.threshold, a.scale};
  pool_run(a.pool, (int)d.parts, dropout_task, &d);
  return 0;
}

ENTRY(dropout_rows) {
  Dropout d = {.x = a.x, .y = a.y, .n = a.N, .period = a.E, .ids = a.ids, .parts = element_parts(a.pool, a.N * a.E)};
  d.mask = (Mask){a.key0, a.key1, a.threshold, a.scale};
  pool_run(a.pool, (int)d.parts, dropout_rows_task, &d);
  return 0;
}

ENTRY(add_scaled) {
  ScaledSum s = {a.n, element_parts(a.pool, a.n), a.x, a.y, a.factor, a.keep};
  pool_run(a.pool, (int)s.parts, add_scaled_task, &s);
  return 0;
}

ENTRY(sum_of_squares) {
  return sum_of_squares_in(a.pool, a.x, a.n);
}

ENTRY(sum_of_squares_rows) {
  double total = 0;
  isize E = a.E;
  for (isize r = 0, count = a.count; r < count; r++) total += sum_of_squares_in(a.pool, a.x + a.rows[r] * E, E);
  return total;
}

ENTRY(zero_rows) {
  isize E = a.E;
  for (isize r = 0, count = a.count; r < count; r++) {
    float *x = a.x + a.rows[r] * E;
    for (isize e = 0; e < E; e++) x[e] = 0;
  }
  return 0;
}

ENTRY(sgd) {
  Update u = {.w = a.w, .g = a.g, .v = a.v, .n = a.n, .lr = a.lr, .momentum = a.momentum, .decay = a.decay};
  u.scale = a.scale;
  u.parts = element_parts(a.pool, u.n);
  pool_run(a.pool, (int)u.parts, sgd_task, &u);
  return 0;
}

ENTRY(sgd_rows) {
  Update u = {.w = a.w, .g = a.g, .v = a.v, .rows = a.rows, .n = a.count, .E = a.E, .lr = a.lr};
  u.momentum = a.momentum;
  u.decay = a.decay;
  u.scale = a.scale;
  u.parts = element_parts(a.pool, u.n * u.E);
  pool_run(a.pool, (int)u.parts, sgd_task, &u);
  return 0;
}

/* What Adam on all elements and on some rows share. */
#define ADAM_RATES(u)                    \
  (u).lr = a.lr;                         \
  (u).beta1 = a.beta1;                   \
  (u).beta2 = a.beta2;                   \
  (u).epsilon = a.epsilon;               \
  (u).decay = a.decay;                   \
  (u).decoupled = a.decoupled;           \
  (u).scale = a.scale;                   \
  (u).step_size = a.step_size;           \
  (u).root_correction = a.root_correction; \
  (u).belief = a.belief

ENTRY(adam) {
  Update u = {.w = a.w, .g = a.g, .m = a.m, .v = a.v, .n = a.n};
  ADAM_RATES(u);
  u.parts = element_parts(a.pool, u.n);
  pool_run(a.pool, (int)u.parts, adam_task, &u);
  return 0;
}

ENTRY(schedule_free) {
  Update u = {.w = a.y, .g = a.g, .m = a.z, .v = a.v, .n = a.n, .lr = a.lr, .beta1 = a.beta1, .beta2 = a.beta2};
  u.epsilon = a.epsilon;
  u.decay = a.decay;
  u.scale = a.scale;
  u.root_correction = a.root_correction;
  u.share = a.share;
  u.parts = element_parts(a.pool, u.n);
  pool_run(a.pool, (int)u.parts, schedule_free_task, &u);
  return 0;
}

ENTRY(adam_rows) {
  Update u = {.w = a.w, .g = a.g, .m = a.m, .v = a.v, .rows = a.rows, .n = a.count, .E = a.E};
  ADAM_RATES(u);
  u.parts = element_parts(a.pool, u.n * u.E);
  pool_run(a.pool, (int)u.parts, adam_task, &u);
  return 0;
}

ENTRY(dynamic_step) {
  DynamicStep s = {.w = a.w, .g = a.g, .w0 = a.w0, .rms = a.rms, .n = a.n, .lr = a.lr};
  s.decay = a.decay;
  s.epsilon = a.epsilon;
  s.parts = element_parts(a.pool, s.n);
  pool_run(a.pool, (int)s.parts, dynamic_step_task, &s);
  return 0;
}

ENTRY(dynamic_step_rows) {
  DynamicStep s = {.w = a.w, .g = a.g, .w0 = a.w0, .rms = a.rms, .rows = a.rows, .n = a.count, .E = a.E, .lr = a.lr};
  s.decay = a.decay;
  s.epsilon = a.epsilon;
  s.parts = element_parts(a.pool, a.count * a.E);
  pool_run(a.pool, (int)s.parts, dynamic_step_rows_task, &s);
  return 0;
}

ENTRY(activation) {
  isize n = a.n;
  FOR_VECTORS(j, n, part) {
    vf x = load_lanes(a.x + j, part);
    store_lanes(a.y + j, a.which == 0 ? vexp(x) : a.which == 1 ? vsigmoid(x) : vtanh(x), part);
  }
  return 0;
}

ENTRY(greatest) { return (double)greatest_of(a.x, a.n); }

ENTRY(sum_of_exponentials) {
  isize n = a.n;
  const float *x = a.x, shift = a.shift, scale = a.scale;
  float *y = a.y;
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

ENTRY(quantized_length) { return (double)quantized_floats(a.k, a.n); }

ENTRY(rounded_length) { return (double)rounded_stride(a.k); }

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

ENTRY(pack_quantized) {
  QuantizedPacking p = {a.q, a.scales, a.to, a.k, a.n, pool_threads(a.pool)};
  pool_run(a.pool, (int)p.parts, pack_quantized_task, &p);
  return 0;
}

ENTRY(embedding_quantized) {
  isize N = a.N, E = a.E, V = a.V;
  for (isize n = 0; n < N; n++) {
    isize id = a.ids[n], at = id % QC;
    const int8_t *panel = quantized_panel(a.w, E, V, id - at);
    float *y = a.y + n * E, scale = a.w[id];
    for (isize e = 0; e < E; e++) y[e] = scale * (float)panel[(e / 2 * QC + at) * 2 + e % 2];
  }
  return 0;
}

ENTRY(minimal_forward) {
  Minimal m = {.T = a.T, .B = a.B, .H = a.H, .lstm = a.lstm, .gates = a.gates, .hs = a.hs};
  minimal_run(a.pool, &m);
  return 0;
}

ENTRY(minimal_backward) {
  Minimal m = {.T = a.T, .B = a.B, .H = a.H, .lstm = a.lstm, .gates = a.gates, .hs = a.hs, .dy = a.dY, .dh = a.dH};
  minimal_run(a.pool, &m);
  return 0;
}

ENTRY(peak) {
  Peak p = {a.iterations, a.factor, a.start, a.means};
  pool_run(a.pool, (int)a.n, peak_task, &p);
  return 2.0 * (double)a.n * (double)p.iterations * ACCUMULATORS * VL;
}

const Kernel ISA(recurra_kernels)[KERNEL_COUNT] = {
#define KERNEL(name, arguments) name,
#include "kernels.def"
};
