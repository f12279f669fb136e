/*
 * Products with int8 weights, C (M, N) = (A (M, K) · Qᵀ) ⊙ scales, with Q (N, K) int8 and one float scale a row of Q.
 *
 * A row of A is rounded to whole numbers of 16 bits with one scale of its own (that of its largest element), so that
 * the sum over K is a sum of integers: exact, and the same bits on every instruction set, in tiles of any shape, on
 * any number of threads. What follows is rounded step by step, never by a fused multiply-add, for the same reason.
 *
 * The operand: the scales, padded to whole panels, then panels of QC columns; a panel is ⌈K/2⌉ rows of QC pairs, the
 * pair of column j being Q[j][2p], Q[j][2p + 1]. Padding is zero. One operand serves any M, and lookups of its rows.
 */
#ifndef RECURRA_QUANTIZED_H
#define RECURRA_QUANTIZED_H

#include "gemm.h"

/* Vectors in a panel's row of pairs, and its columns. */
#define QV 4
#define QC (QV * VL)
/* Rows of A that pass through all panels together: their int16 stay in the second-level cache. */
#define ROWS_TOGETHER 192

/* Floats of a rounded row of A: its scale, then its pairs. */
INLINE isize rounded_stride(isize K) { return 1 + pairs_of(K); }
INLINE isize padded_columns(isize N) { return ceil_div(N, QC) * QC; }
INLINE isize quantized_floats(isize K, isize N) {
  return padded_columns(N) + padded_columns(N) * pairs_of(K) / 2;
}
/* The panel that begins at column j, a multiple of QC. */
INLINE int8_t *quantized_panel(float *operand, isize K, isize N, isize j) {
  return (int8_t *)(operand + padded_columns(N)) + j * pairs_of(K) * 2;
}

/* Rows from … to of Q and their scales, into the operand; `from` begins a panel, `to` ends one or all. */
static void pack_quantized_rows(const int8_t *q, const float *scales, isize K, isize N, isize from, isize to,
                                float *operand) {
  for (isize j = from; j < to; j += QC) {
    int8_t *panel = quantized_panel(operand, K, N, j);
    for (isize i = 0; i < QC; i++) {
      int real = j + i < to;
      const int8_t *row = q + (real ? j + i : 0) * K;
      operand[j + i] = real ? scales[j + i] : 0;
      for (isize k = 0; k < 2 * pairs_of(K); k++) panel[(k / 2 * QC + i) * 2 + k % 2] = real && k < K ? row[k] : 0;
    }
  }
}

/* The largest whole number of a rounded row: no sum of K products with an int8 leaves 32 bits. */
INLINE float rounding_limit(isize K) {
  isize limit = INT32_MAX / (256 * pairs_of(K));
  return (float)(limit > INT16_MAX ? INT16_MAX : limit);
}

/* Rounds to the nearest whole number (ties to even) of at most 22 bits: it then stands in the low bits. */
#define ROUNDING 12582912.0f
/* A row whose elements are all below this is zero. */
#define NOTHING 1e-30f

/* x (K) ≈ to[0] · pairs; where an element is not finite to[0] is NaN, and so becomes the whole result. */
static void round_row(const float *x, isize K, float *to) {
  vf largest = {0}, wrong = {0};
  for (isize k = 0; k < K; k += VL) {
    vf v = K - k < VL ? load_part(x + k, (int)(K - k), 0) : load(x + k);
    largest = vmax(vabs(v), largest);
    wrong += v * 0.0f;
  }
  float most = max_lanes(largest), limit = rounding_limit(K);
  float inverse = most < NOTHING ? 0 : limit / most;
  to[0] = (most < NOTHING ? 0 : most / limit) + sum_lanes(wrong);
  int16_t *out = (int16_t *)(to + 1);
  for (isize k = 0; k < 2 * pairs_of(K); k += VL) {
    isize n = imin(VL, 2 * pairs_of(K) - k);
    vf v = K - k < VL ? load_part(x + k, (int)(K - k), 0) : load(x + k);
    vi whole = (vi)(not_fused(v * inverse) + ROUNDING);
    int32_t lanes[VL];
    *(vi_any *)lanes = whole;
    for (isize i = 0; i < n; i++) out[k + i] = (int16_t)lanes[i];
  }
}

/* One tile: M rounded rows × a panel, `columns` of it real. */
INLINE void quantized_tile(const int M, isize K, const float *rows, const int8_t *panel, const float *scales, float *c,
                           isize stride, isize columns, const float *bias, int add) {
  vi acc[QM][QV];
  isize pairs = pairs_of(K), next = rounded_stride(K);
  UNROLL for (int i = 0; i < M; i++)
    UNROLL for (int v = 0; v < QV; v++) acc[i][v] = (vi){0};
  for (isize p = 0; p < pairs; p++, panel += 2 * QC) {
    vs x[QM];
    UNROLL for (int i = 0; i < M; i++) x[i] = (vs)(((const int32_any *)rows)[i * next + 1 + p] + (vi){0});
    UNROLL for (int v = 0; v < QV; v++) {
      vs w = widen(panel + v * 2 * VL);
      UNROLL for (int i = 0; i < M; i++) acc[i][v] = add_pair_products(acc[i][v], w, x[i]);
    }
  }
  UNROLL for (int i = 0; i < M; i++) {
    float line[QC], *to = columns < QC ? line : c + i * stride;
    if (columns < QC)
      for (isize j = 0; j < columns; j++) line[j] = add ? c[i * stride + j] : 0;
    UNROLL for (int v = 0; v < QV; v++) {
      vf y = not_fused(__builtin_convertvector(acc[i][v], vf) * (rows[i * next] * load(scales + v * VL)));
      if (bias) y += columns < QC ? load_part(bias + v * VL, (int)(columns - v * VL), 0) : load(bias + v * VL);
      if (add) y += load(to + v * VL);
      store(to + v * VL, y);
    }
    if (columns < QC)
      for (isize j = 0; j < columns; j++) c[i * stride + j] = line[j];
  }
}

typedef void (*QuantizedTile)(isize K, const float *rows, const int8_t *panel, const float *scales, float *c,
                              isize stride, isize columns, const float *bias, int add);

#define QUANTIZED_TILE(M)                                                                                        \
  static void quantized_##M(isize K, const float *rows, const int8_t *panel, const float *scales, float *c,      \
                            isize stride, isize columns, const float *bias, int add) {                           \
    quantized_tile(M, K, rows, panel, scales, c, stride, columns, bias, add);                                    \
  }
QUANTIZED_TILE(1)
QUANTIZED_TILE(2)
QUANTIZED_TILE(3)
#if QM > 3
QUANTIZED_TILE(4)
QUANTIZED_TILE(5)
QUANTIZED_TILE(6)
static const QuantizedTile quantized_tiles[QM + 1] = {0,           quantized_1, quantized_2, quantized_3,
                                                      quantized_4, quantized_5, quantized_6};
#else
static const QuantizedTile quantized_tiles[QM + 1] = {0, quantized_1, quantized_2, quantized_3};
#endif

/* Rows i0 … i1 and columns j0 … j1 (j0 begins a panel) of a product whose rows are rounded, to the block `c`. */
static void quantized_part(const Product *p, isize i0, isize i1, isize j0, isize j1, Result c) {
  for (isize from = i0; from < i1; from += ROWS_TOGETHER) {
    isize m = imin(i1 - from, ROWS_TOGETHER), tiles = ceil_div(m, QM);
    for (isize j = j0; j < j1; j += QC) {
      const int8_t *panel = quantized_panel((float *)p->packed, p->K, p->N, j);
      for (isize t = 0; t < tiles; t++) {
        isize i = from + m * t / tiles, height = from + m * (t + 1) / tiles - i;
        quantized_tiles[height](p->K, p->rounded + i * rounded_stride(p->K), panel, p->packed + j,
                                c.p + (i - i0) * c.stride + j - j0, c.stride, imin(QC, j1 - j),
                                c.bias ? c.bias + j - j0 : NULL, c.add);
      }
    }
  }
}

static void round_rows(const Product *p, isize i0, isize i1) {
  for (isize i = i0; i < i1; i++) round_row(p->a.p + i * p->a.row, p->K, p->rounded + i * rounded_stride(p->K));
}

static void round_task(void *context, int task, int worker) {
  const Product *p = context;
  (void)worker;
  isize i0, i1;
  part_of(p->M, 1, p->row_parts, task, &i0, &i1);
  round_rows(p, i0, i1);
}

static void quantized_task(void *context, int task, int worker) {
  const Product *p = context;
  (void)worker;
  isize i0, i1, j0, j1;
  part_of(p->M, QM, p->row_parts, task % p->row_parts, &i0, &i1);
  part_of(p->N, QC, p->column_parts, task / p->row_parts, &j0, &j1);
  Result c = {p->c.p + i0 * p->c.stride + j0, p->c.stride, p->c.bias ? p->c.bias + j0 : NULL, p->c.add};
  if (i0 < i1 && j0 < j1) quantized_part(p, i0, i1, j0, j1, c);
}

/* Rounding this many elements is worth another thread. */
#define WORTH_ROUNDING 100000

static void round_all(Product p) {
  p.row_parts = p.M * p.K < WORTH_ROUNDING ? 1 : imin(pool_threads(p.pool), p.M);
  pool_run(p.pool, (int)p.row_parts, round_task, &p);
}

/* On the calling thread alone. */
static void quantized_here(const Product *p) {
  round_rows(p, 0, p->M);
  quantized_part(p, 0, p->M, 0, p->N, p->c);
}

/* On all threads, split by columns, so that each passes through a part of the weights; by rows where columns are few. */
static void quantized_product(Product p, isize worth) {
  isize threads = pool_threads(p.pool);
  if (threads == 1 || (double)p.M * p.N * p.K < worth) {
    quantized_here(&p);
    return;
  }
  round_all(p);
  /* With many rows several parts a thread, so that one that was held up does not hold up the rest. */
  isize parts = p.M < QM ? threads : 4 * threads, panels = ceil_div(p.N, QC);
  int by_rows = panels < parts && p.M >= parts * QM;
  p.row_parts = by_rows ? parts : 1;
  p.column_parts = by_rows ? 1 : imin(parts, panels);
  pool_run(p.pool, (int)(p.row_parts * p.column_parts), quantized_task, &p);
}

#endif
