/*
 * Softmax cross-entropy of a large vocabulary, fused with the output projection. The words go through in blocks, small
 * enough that a block's logits, its rows of W and their gradient stay in a core's cache from one use to the next:
 *
 *   forward, a task a block b:   l = h W_bᵀ + bias,  m_b = max l,  e = e^{l − m_b},  s_b = Σ e
 *   between, row by row:         m = max m_b,  S = Σ s_b e^{m_b − m},  factor_b = scale e^{m_b − m} / S
 *   backward, a task some blocks:  dl = e factor_b − scale [v = target],  dW_b += dlᵀ h,  db_b += Σ dl,  dh += dl W_b
 *
 * With `again`, the blocks' e are not kept from forward to backward but made again there: a product more, and hardly any
 * memory. That is the faster way where what is kept would let only a few rows through at a time, as each such chunk reads
 * all of W and of its gradient.
 *
 * Of a mixture (see softmax.h) factor_b has r_k or, without gradients, π_k besides; then e is kept to find the argmax of p.
 *
 * The blocks are dealt into a fixed number of backward tasks, each with a dh of its own, which are summed in order:
 * the bits do not depend on the number of threads.
 */
#ifndef RECURRA_SOFTMAX_BLOCKS_H
#define RECURRA_SOFTMAX_BLOCKS_H

#include "softmax.h"

/* From this many words on, blocks are the faster way. */
#define BLOCKS_SUIT 2048
/* Words of a block. */
#define BLOCK 256
/* Floats from one row of a block's logits to the next: no power of two, or the rows would share few cache lines. */
#define BLOCK_ROW (BLOCK + 16)
/* Backward tasks, at most: as many whatever the number of threads. */
#define DH_PARTS 16

_Static_assert(BLOCK <= NC && BLOCK <= KC && BLOCK_ROW - BLOCK >= VL && BLOCK % QC == 0, "a block is one block of a product");

typedef struct {
  Softmax in;
  isize blocks, row_parts;
  isize dh_count;  /* backward tasks */
  float *max;      /* (R, blocks): m_b */
  float *sum;      /* (R, blocks): s_b, then factor_b */
  int keep;        /* e is kept for the backward tasks, or to be mixed */
  float *logits;   /* (blocks, R, BLOCK_ROW): e; where it is not kept, one block a worker */
  float *packed_h; /* h in panels */
  float *dh_parts; /* (dh_count, R, H) */
} Blocks;

/* Lays the working memory out from `room` and returns the floats it takes. */
static isize blocks_lay_out(Blocks *s, float *room) {
  isize threads = pool_threads(s->in.pool), R = s->in.R, at = 0;
  s->blocks = ceil_div(s->in.V, BLOCK);
  s->dh_count = imin(DH_PARTS, s->blocks);
  s->max = room + at, at += R * s->blocks;
  s->sum = room + at, at += R * s->blocks;
  s->keep = s->in.scale == 0 ? s->in.K > 1 : GRADIENTS && !s->in.again;
  s->logits = room + at, at += (s->keep ? s->blocks : threads) * R * BLOCK_ROW;
  if (s->in.scale == 0) return at;
  s->packed_h = room + at, at += ceil_div(s->in.H, NR) * NR * R;
  s->dh_parts = room + at, at += s->dh_count * R * s->in.H;
  return at;
}

/* The forward product as one of int8 weights. */
static Product blocks_product(const Softmax *in) {
  Product p = {.pool = in->pool, .M = in->R, .N = in->V, .K = in->H, .packed = in->w, .rounded = in->rounded};
  p.a = (View){in->h, in->H, 1};
  return p;
}

/* Where the logits of block b stand while a worker has it. */
INLINE float *block_logits(const Blocks *s, isize b, int worker) {
  return s->logits + (s->keep ? b : worker) * s->in.R * BLOCK_ROW;
}

/* l = h W_bᵀ + bias for block b of n words. */
static void block_product(const Blocks *s, isize b, isize n, float *l, int worker) {
  isize v0 = b * BLOCK;
  View h = {s->in.h, s->in.H, 1}, w = {s->in.w + v0 * s->in.H, 1, s->in.H};
  Result to = {l, BLOCK_ROW, s->in.bias ? s->in.bias + v0 : NULL, 0};
  if (s->in.rounded) {
    Product p = blocks_product(&s->in);
    quantized_part(&p, 0, s->in.R, v0, v0 + n, to);
  } else {
    gemm(s->in.bf16, s->in.R, n, s->in.H, h, w, to, pool_scratch_a(s->in.pool, worker), pool_scratch_b(s->in.pool, worker));
  }
}

static void blocks_forward_task(void *context, int task, int worker) {
  const Blocks *s = context;
  isize v0 = task * (isize)BLOCK, n = imin(BLOCK, s->in.V - v0);
  float *l = block_logits(s, task, worker);
  block_product(s, task, n, l, worker);
  for (isize r = 0; r < s->in.R; r++, l += BLOCK_ROW) {
    isize target = target_of(&s->in, r) - v0;
    float *stats = s->in.stats + r * ROW_STATS, *max = s->max + r * s->blocks + task;
    int here = target >= 0 && target < n;
    if (here) {
      if (s->in.target_bias) l[target] += s->in.target_bias[v0 + target];
      stats[2] = l[target];
      stats[3] = (float)first_of_equals(l, target);
    }
    s->sum[r * s->blocks + task] = exp_row(l, n, s->keep, max);
    if (here && stats[2] != *max) stats[3] = 0;
  }
}

__attribute__((noinline)) static void blocks_row(const Blocks *s, isize r, float scale) {
  isize blocks = s->blocks;
  float *stats = s->in.stats + r * ROW_STATS, *max = s->max + r * blocks, *sum = s->sum + r * blocks;
  int32_t target = target_of(&s->in, r);
  if (target < 0) {
    for (int i = 0; i < ROW_STATS; i++) stats[i] = 0;
    for (isize b = 0; b < blocks; b++) sum[b] = 0;
    return;
  }
  float m = max[0], total = 0;
  isize first = 0;
  for (isize b = 1; b < blocks; b++)
    if (max[b] > m) m = max[first = b];
  FOR_VECTORS(b, blocks, part) store_lanes(max + b, vexp(load_lanes(max + b, part) - m), part);
  for (isize b = 0; b < blocks; b++) total += sum[b] * max[b];
  stats[0] = m;
  stats[1] = total;
  if (target / BLOCK != first) stats[3] = 0;
  for (isize b = 0; b < blocks; b++) sum[b] = scale / total * max[b];
}

/* Whether the target is the argmax of the mixture whose rows begin at r; p takes the place of its first row's e. */
static void blocks_argmax(const Blocks *s, isize r) {
  float best = 0, *stats = s->in.stats + r * ROW_STATS;
  isize first = 0, at = target_of(&s->in, r);
  for (isize b = 0; b < s->blocks; b++) {
    isize n = imin(BLOCK, s->in.V - b * BLOCK);
    float *p = s->logits + (b * s->in.R + r) * BLOCK_ROW;
    mix_rows(p, n, BLOCK_ROW, s->in.K, s->sum + r * s->blocks + b, s->blocks);
    float greatest = greatest_of(p, n);
    if (b == 0 || greatest > best) best = greatest, first = b;
    if (at / BLOCK == b) stats[3] = (float)(p[at % BLOCK] == greatest && first_of_equals(p, at % BLOCK));
  }
  if (first != at / BLOCK) stats[3] = 0;
}

/* The K rows of a mixture. */
static void blocks_mixture(const Blocks *s, isize r) {
  isize K = s->in.K;
  float weights[MAX_COMPONENTS];
  for (isize k = 0; k < K; k++) blocks_row(s, r + k, 1);
  if (target_of(&s->in, r) < 0) {
    for (isize k = 0; k < K && GRADIENTS && s->in.scale != 0; k++) s->in.dprior[r + k] = 0;
    return;
  }
  mixture_weights(&s->in, r, weights);
  for (isize k = 0; k < K; k++)
    for (isize b = 0; b < s->blocks; b++) s->sum[(r + k) * s->blocks + b] *= weights[k];
  if (s->in.scale == 0) blocks_argmax(s, r);
}

static void blocks_rows_task(void *context, int task, int worker) {
  const Blocks *s = context;
  (void)worker;
  isize from, to;
  part_of(s->in.R, s->in.K, s->row_parts, task, &from, &to);
  for (isize r = from; r < to; r += s->in.K) {
    if (s->in.K == 1) blocks_row(s, r, s->in.scale);
    else blocks_mixture(s, r);
  }
}

/* e of a block once more, as the forward task had it. */
static void block_again(const Blocks *s, isize b, isize n, float *l, int worker) {
  block_product(s, b, n, l, worker);
  for (isize r = 0; r < s->in.R; r++, l += BLOCK_ROW) {
    isize target = target_of(&s->in, r) - b * BLOCK;
    float max;
    if (s->in.target_bias && target >= 0 && target < n) l[target] += s->in.target_bias[b * BLOCK + target];
    exp_row(l, n, 1, &max);
  }
}

/* dl of a block in the place of e, and db. */
static void block_gradient(const Blocks *s, isize b, isize n, float *l) {
  float sums[BLOCK_ROW] = {0}, *db = s->in.db ? s->in.db + b * BLOCK : sums;
  for (isize r = 0; r < s->in.R; r++, l += BLOCK_ROW) {
    isize target = target_of(&s->in, r) - b * BLOCK;
    float factor = s->sum[r * s->blocks + b];
    float scale = s->in.K == 1 ? s->in.scale : s->in.stats[r * ROW_STATS + 3];
    for (isize j = 0; j < n; j += VL) {
      vf dl = load(l + j) * factor;
      store(l + j, dl);
      store(sums + j, load(sums + j) + dl);
    }
    if (target >= 0 && target < n) {
      l[target] -= scale;
      sums[target] -= scale;
    }
  }
  if (db != sums)
    for (isize j = 0; j < n; j++) db[j] += sums[j];
}

static void blocks_backward_task(void *context, int task, int worker) {
  const Blocks *s = context;
  isize R = s->in.R, H = s->in.H, from, to;
  float *scratch_a = pool_scratch_a(s->in.pool, worker), *scratch_b = pool_scratch_b(s->in.pool, worker);
  part_of(s->blocks, 1, s->dh_count, task, &from, &to);
  Result dh = {s->dh_parts + task * R * H, H, NULL, 0};
  for (isize b = from; b < to; b++, dh.add = 1) {
    isize v0 = b * BLOCK, n = imin(BLOCK, s->in.V - v0);
    float *l = block_logits(s, b, worker);
    if (!s->keep) block_again(s, b, n, l, worker);
    block_gradient(s, b, n, l);
    for (isize i = 0; i < n; i += MC) {
      isize m = imin(MC, n - i);
      for (isize k = 0; k < R; k += KC) {
        isize kc = imin(KC, R - k);
        const float *h = s->packed_h + panel_rows(s->in.bf16, k) * NR;
        Result dw = {s->in.dw + (v0 + i) * H, H, NULL, 1};
        View dl = {l + k * BLOCK_ROW + i, 1, BLOCK_ROW};
        block_of(s->in.bf16, m, H, kc, dl, h, panel_rows(s->in.bf16, R) * NR, dw, scratch_a);
      }
    }
    gemm(s->in.bf16, R, H, n, (View){l, BLOCK_ROW, 1}, (View){s->in.w + v0 * H, H, 1}, dh, scratch_a, scratch_b);
  }
}

/* dh = Σ of the backward tasks' own, in order. */
static void blocks_sum_task(void *context, int task, int worker) {
  const Blocks *s = context;
  (void)worker;
  isize from, to, size = s->in.R * s->in.H;
  part_of(size, 16, s->row_parts, task, &from, &to);
  float *restrict dh = s->in.dh;
  for (isize i = from; i < to; i++) dh[i] = s->dh_parts[i];
  for (isize p = 1; p < s->dh_count; p++) {
    const float *restrict part = s->dh_parts + p * size;
    for (isize i = from; i < to; i++) dh[i] += part[i];
  }
}

static void blocks_softmax(const Softmax *in, float *room) {
  Blocks s = {.in = *in};
  blocks_lay_out(&s, room);
  s.row_parts = 4 * pool_threads(in->pool);
  if (in->rounded) round_all(blocks_product(in));
  pool_run(in->pool, (int)s.blocks, blocks_forward_task, &s);
  pool_run(in->pool, (int)s.row_parts, blocks_rows_task, &s);
  if (in->scale == 0 || !GRADIENTS) return;
  pack_right(in->bf16, (View){in->h, in->H, 1}, in->R, in->H, s.packed_h, panel_rows(in->bf16, in->R) * NR);
  pool_run(in->pool, (int)s.dh_count, blocks_backward_task, &s);
  pool_run(in->pool, (int)s.row_parts, blocks_sum_task, &s);
}

#endif
