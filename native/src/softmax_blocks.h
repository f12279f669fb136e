/*
 * Softmax cross-entropy of a large vocabulary, fused with the output projection. The words go through in blocks, small
 * enough that a block's logits, its rows of W and their gradient stay in a core's cache from one use to the next:
 *
 *   forward, a task a block b:   l = h W_bᵀ + bias,  m_b = max l,  e = e^{l − m_b},  s_b = Σ e
 *   between, row by row:         m = max m_b,  S = Σ s_b e^{m_b − m},  factor_b = scale e^{m_b − m} / S
 *   backward, a task some blocks:  dl = e factor_b − scale [v = target],  dW_b += dlᵀ h,  db_b += Σ dl,  dh += dl W_b
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
  float *logits;   /* (blocks, R, BLOCK_ROW): e; without gradients, one block a worker */
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
  s->logits = room + at, at += (s->in.scale != 0 ? s->blocks : threads) * R * BLOCK_ROW;
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

static void blocks_forward_task(void *context, int task, int worker) {
  const Blocks *s = context;
  isize v0 = task * (isize)BLOCK, n = imin(BLOCK, s->in.V - v0), keep = s->in.scale != 0;
  float *l = s->logits + (keep ? task : worker) * s->in.R * BLOCK_ROW;
  View h = {s->in.h, s->in.H, 1}, w = {s->in.w + v0 * s->in.H, 1, s->in.H};
  Result to = {l, BLOCK_ROW, s->in.bias + v0, 0};
  if (s->in.rounded) {
    Product p = blocks_product(&s->in);
    quantized_part(&p, 0, s->in.R, v0, v0 + n, to);
  } else {
    gemm(s->in.R, n, s->in.H, h, w, to, pool_scratch_a(s->in.pool, worker), pool_scratch_b(s->in.pool, worker));
  }
  for (isize r = 0; r < s->in.R; r++, l += BLOCK_ROW) {
    isize target = s->in.targets[r] - v0;
    float *stats = s->in.stats + r * ROW_STATS, *max = s->max + r * s->blocks + task;
    int here = target >= 0 && target < n;
    if (here) {
      stats[2] = l[target];
      stats[3] = (float)first_of_equals(l, target);
    }
    s->sum[r * s->blocks + task] = exp_row(l, n, (int)keep, max);
    if (here && stats[2] != *max) stats[3] = 0;
  }
}

static void blocks_row(const Blocks *s, isize r) {
  isize blocks = s->blocks;
  float *stats = s->in.stats + r * ROW_STATS, *max = s->max + r * blocks, *sum = s->sum + r * blocks;
  if (s->in.targets[r] < 0) {
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
  if (s->in.targets[r] / BLOCK != first) stats[3] = 0;
  for (isize b = 0; b < blocks; b++) sum[b] = s->in.scale / total * max[b];
}

static void blocks_rows_task(void *context, int task, int worker) {
  const Blocks *s = context;
  (void)worker;
  isize from, to;
  part_of(s->in.R, 1, s->row_parts, task, &from, &to);
  for (isize r = from; r < to; r++) blocks_row(s, r);
}

/* dl of a block in the place of e, and db. */
static void block_gradient(const Blocks *s, isize b, isize n, float *l) {
  float sums[BLOCK_ROW] = {0}, *db = s->in.db + b * BLOCK;
  for (isize r = 0; r < s->in.R; r++, l += BLOCK_ROW) {
    isize target = s->in.targets[r] - b * BLOCK;
    float factor = s->sum[r * s->blocks + b];
    for (isize j = 0; j < n; j += VL) {
      vf dl = load(l + j) * factor;
      store(l + j, dl);
      store(sums + j, load(sums + j) + dl);
    }
    if (target >= 0 && target < n) {
      l[target] -= s->in.scale;
      sums[target] -= s->in.scale;
    }
  }
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
    float *l = s->logits + b * R * BLOCK_ROW;
    block_gradient(s, b, n, l);
    for (isize i = 0; i < n; i += MC) {
      isize m = imin(MC, n - i);
      for (isize k = 0; k < R; k += KC) {
        isize kc = imin(KC, R - k);
        pack_a((View){l + k * BLOCK_ROW + i, 1, BLOCK_ROW}, m, kc, scratch_a);
        Result dw = {s->in.dw + (v0 + i) * H, H, NULL, 1};
        block(m, H, kc, scratch_a, 1, 1, s->packed_h + k * NR, R * NR, dw);
      }
    }
    gemm(R, H, n, (View){l, BLOCK_ROW, 1}, (View){s->in.w + v0 * H, H, 1}, dh, scratch_a, scratch_b);
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
  pack_b((View){in->h, in->H, 1}, in->R, in->H, s.packed_h, in->R * NR);
  pool_run(in->pool, (int)s.dh_count, blocks_backward_task, &s);
  pool_run(in->pool, (int)s.row_parts, blocks_sum_task, &s);
}

#endif
