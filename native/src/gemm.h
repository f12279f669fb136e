/*
 * Matrix products, C (M, N) = A (M, K) · B (K, N), in the manner of Goto and van de Geijn (2008).
 *
 * B is laid out in panels of NR columns, each panel K rows of NR floats one after the other, padded with zeros. A
 * tile of up to MR rows of C is summed in registers over K in blocks of KC, always in the order of k: so an element
 * of C has the same bits whichever tile, thread or path computed it.
 */
#ifndef RECURRA_GEMM_H
#define RECURRA_GEMM_H

#include "pool.h"
#include "vec.h"

/* 0 in a module that only reads models: what gradients alone need is then left out. */
#if defined(RECURRA_FORWARD_ONLY)
#define GRADIENTS 0
#else
#define GRADIENTS 1
#endif

#define KC 256
#define MC 96
#define NC 512

_Static_assert(KC * NC <= SCRATCH_B && KC * MC <= SCRATCH_A, "scratch memory is too small");
_Static_assert(NC % NR == 0 && MC % MR == 0, "blocks are whole panels and tiles");

typedef ptrdiff_t isize;

INLINE isize imin(isize a, isize b) { return a < b ? a : b; }
INLINE isize ceil_div(isize a, isize b) { return (a + b - 1) / b; }

/* Part `i` of `parts` of 0 … n, cut at multiples of `unit`. */
INLINE void part_of(isize n, isize unit, isize parts, isize i, isize *from, isize *to) {
  isize units = ceil_div(n, unit);
  *from = imin(n, units * i / parts * unit);
  *to = imin(n, units * (i + 1) / parts * unit);
}

/* Elements are handed out in whole units, so that a loop's tail falls in one place for any number of threads. */
#define ELEMENT_UNIT 1024

/* Parts of elementwise work on n floats: a few are not worth waking another thread for. */
INLINE isize element_parts(Pool *pool, isize n) { return n < 16 * ELEMENT_UNIT ? 1 : pool_threads(pool); }

/* Elements of a matrix: row i, column j stands at p[i·row + j·column]. */
typedef struct {
  const float *p;
  isize row, column;
} View;

/* What becomes of a block of C: it is written (with the bias, where there is one), or added to. */
typedef struct {
  float *p;
  isize stride;
  const float *bias;
  int add;
} Result;

/*
 * One tile: M rows × P panels, `columns` of them real. A stands at a[i·row + k·column]; with M rows packed together
 * row = 1 and column = M.
 */
INLINE void tile(const int M, const int P, const int packed, isize K, const float *a, isize row, const float *b,
                 isize panel, float *c, isize stride, isize columns, const float *bias, int add) {
  vf acc[MR][4 * NV];
  UNROLL for (int i = 0; i < M; i++) __builtin_prefetch(c + i * stride, 1);
  UNROLL for (int i = 0; i < M; i++)
    UNROLL for (int j = 0; j < P * NV; j++) acc[i][j] = (vf){0};
  for (isize k = 0; k < K; k++) {
    vf bk[4 * NV];
    UNROLL for (int q = 0; q < P; q++)
      UNROLL for (int j = 0; j < NV; j++) bk[q * NV + j] = load(b + q * panel + k * NR + j * VL);
    UNROLL for (int i = 0; i < M; i++) {
      float x = packed ? a[k * M + i] : a[i * row + k];
      UNROLL for (int j = 0; j < P * NV; j++) acc[i][j] = multiply_add(splat(x), bk[j], acc[i][j]);
    }
  }
  if (columns >= P * NR) {
    UNROLL for (int i = 0; i < M; i++)
      UNROLL for (int j = 0; j < P * NV; j++) {
        float *to = c + i * stride + j * VL;
        vf sum = acc[i][j];
        if (bias) sum += load(bias + j * VL);
        if (add) sum += load(to);
        store(to, sum);
      }
  } else {
    UNROLL for (int i = 0; i < M; i++) {
      float line[4 * NR];
      UNROLL for (int j = 0; j < P * NV; j++) store(line + j * VL, acc[i][j]);
      for (isize j = 0; j < columns; j++) {
        float sum = line[j];
        if (bias) sum += bias[j];
        if (add) sum += c[i * stride + j];
        c[i * stride + j] = sum;
      }
    }
  }
}

typedef void (*Tile)(isize K, const float *a, isize row, const float *b, isize panel, float *c, isize stride,
                     isize columns, const float *bias, int add);

#define TILE(M, P, packed, name)                                                                             \
  static void name(isize K, const float *a, isize row, const float *b, isize panel, float *c, isize stride,  \
                   isize columns, const float *bias, int add) {                                              \
    tile(M, P, packed, K, a, row, b, panel, c, stride, columns, bias, add);                                  \
  }

/* One and two rows take several panels at once: their few accumulators would wait for each other otherwise. */
TILE(1, 4, 0, rows_1x4)
TILE(2, 2, 0, rows_2x2)
TILE(1, 1, 0, rows_1)
TILE(2, 1, 0, rows_2)
TILE(3, 1, 0, rows_3)
TILE(4, 1, 0, rows_4)
TILE(5, 1, 0, rows_5)
TILE(6, 1, 0, rows_6)
TILE(1, 1, 1, packed_1)
TILE(2, 1, 1, packed_2)
TILE(3, 1, 1, packed_3)
TILE(4, 1, 1, packed_4)
TILE(5, 1, 1, packed_5)
TILE(6, 1, 1, packed_6)
#if MR > 6
TILE(7, 1, 0, rows_7)
TILE(8, 1, 0, rows_8)
TILE(9, 1, 0, rows_9)
TILE(10, 1, 0, rows_10)
TILE(11, 1, 0, rows_11)
TILE(12, 1, 0, rows_12)
TILE(7, 1, 1, packed_7)
TILE(8, 1, 1, packed_8)
TILE(9, 1, 1, packed_9)
TILE(10, 1, 1, packed_10)
TILE(11, 1, 1, packed_11)
TILE(12, 1, 1, packed_12)
static const Tile rows_tiles[MR + 1] = {0,      rows_1, rows_2, rows_3, rows_4,  rows_5, rows_6,
                                        rows_7, rows_8, rows_9, rows_10, rows_11, rows_12};
static const Tile packed_tiles[MR + 1] = {0,        packed_1, packed_2, packed_3,  packed_4,  packed_5, packed_6,
                                          packed_7, packed_8, packed_9, packed_10, packed_11, packed_12};
#else
static const Tile rows_tiles[MR + 1] = {0, rows_1, rows_2, rows_3, rows_4, rows_5, rows_6};
static const Tile packed_tiles[MR + 1] = {0, packed_1, packed_2, packed_3, packed_4, packed_5, packed_6};
#endif

/* M rows in tiles of nearly equal height: tile i of `tiles` begins at row M·i / tiles. */
INLINE isize tile_count(isize M) { return ceil_div(M, MR); }

/*
 * A block: M rows by N columns over K ≤ KC, B in panels `panel` floats apart. A is row-major (packed = 0) or already
 * in packed tiles, one after the other.
 */
static void block(isize M, isize N, isize K, const float *a, isize row, int packed, const float *b, isize panel,
                  Result c) {
  isize tiles = tile_count(M);
  for (isize j = 0; j < N;) {
    isize columns = N - j, wide = NR;
    const float *bj = b + j / NR * panel;
    const float *bias = c.bias ? c.bias + j : NULL;
    if (!packed && M <= 2 && columns >= (M == 1 ? 4 : 2) * NR) {
      wide = (M == 1 ? 4 : 2) * NR;
      (M == 1 ? rows_1x4 : rows_2x2)(K, a, row, bj, panel, c.p + j, c.stride, wide, bias, c.add);
    } else {
      const float *at = a;
      for (isize i = 0; i < tiles; i++) {
        isize from = M * i / tiles, m = M * (i + 1) / tiles - from;
        float *ci = c.p + from * c.stride + j;
        if (packed) packed_tiles[m](K, at, 1, bj, panel, ci, c.stride, imin(columns, NR), bias, c.add);
        else rows_tiles[m](K, a + from * row, row, bj, panel, ci, c.stride, imin(columns, NR), bias, c.add);
        at += m * K;
      }
    }
    j += wide;
  }
}

/* Rows of B, or of its transpose, into panels of K rows; the last panel is padded with zeros. */
static void pack_b(View b, isize K, isize N, float *to, isize panel) {
  for (isize j = 0; j < N; j += NR, to += panel) {
    isize columns = imin(N - j, NR);
    if (columns < NR)
      for (isize i = 0; i < K * NR; i++) to[i] = 0;
    if (b.column == 1) {
      for (isize k = 0; k < K; k++) {
        const float *from = b.p + k * b.row + j;
        if (columns == NR) {
          UNROLL for (int v = 0; v < NV; v++) store(to + k * NR + v * VL, load(from + v * VL));
        } else {
          for (isize i = 0; i < columns; i++) to[k * NR + i] = from[i];
        }
      }
    } else {
      /* W as it lies, (n, k): the rows of the operand are contiguous. */
      const float *from = b.p + j * b.column;
      isize k = 0;
      if (b.row == 1 && columns == NR)
        for (; k + 4 <= K; k += 4)
          UNROLL for (int i = 0; i < NR; i += 4) transpose_4x4(from + i * b.column + k, b.column, to + k * NR + i, NR);
      for (; k < K; k++)
        for (isize i = 0; i < columns; i++) to[k * NR + i] = from[i * b.column + k * b.row];
    }
  }
}

/* M rows of A, column by column within each tile. */
static void pack_a(View a, isize M, isize K, float *to) {
  isize tiles = tile_count(M);
  for (isize k = 0; k < K; k++) {
    const float *p = a.p + k * a.column;
    for (isize i = 0, from = 0; i < tiles; i++) {
      isize next = M * (i + 1) / tiles, m = next - from;
      float *tile = to + from * K + k * m;
      if (m == MR && a.row == 1) {
        __builtin_prefetch(p + from + 8 * a.column);
        __builtin_memcpy(tile, p + from, MR * sizeof(float));
      } else {
        for (isize r = 0; r < m; r++) tile[r] = p[(from + r) * a.row];
      }
      from = next;
    }
  }
}

/* The whole product with B packed beforehand, its panels `K` rows each. A is row-major. */
static void gemm_packed(isize M, isize N, isize K, const float *a, isize row, const float *b, Result c) {
  for (isize i = 0; i < M; i += MC) {
    isize m = imin(M - i, MC);
    for (isize k = 0; k < K; k += KC) {
      Result to = {c.p + i * c.stride, c.stride, k == 0 ? c.bias : NULL, c.add || k > 0};
      block(m, N, imin(K - k, KC), a + i * row + k, row, 0, b + k * NR, K * NR, to);
    }
  }
}

/* The whole product, packing blocks of B, and of A where its rows are not contiguous, into a worker's scratch. */
static void gemm(isize M, isize N, isize K, View a, View b, Result c, float *scratch_a, float *scratch_b) {
  for (isize j = 0; j < N; j += NC) {
    isize n = imin(N - j, NC);
    for (isize k = 0; k < K; k += KC) {
      isize kc = imin(K - k, KC);
      pack_b((View){b.p + k * b.row + j * b.column, b.row, b.column}, kc, n, scratch_b, kc * NR);
      for (isize i = 0; i < M; i += MC) {
        isize m = imin(M - i, MC);
        const float *ai = a.p + i * a.row + k * a.column;
        Result to = {c.p + i * c.stride + j, c.stride, c.bias && k == 0 ? c.bias + j : NULL, c.add || k > 0};
        if (a.column == 1 || !GRADIENTS) {
          block(m, n, kc, ai, a.row, 0, scratch_b, kc * NR, to);
        } else {
          pack_a((View){ai, a.row, a.column}, m, kc, scratch_a);
          block(m, n, kc, scratch_a, 1, 1, scratch_b, kc * NR, to);
        }
      }
    }
  }
}

typedef struct {
  Pool *pool;
  isize M, N, K;
  View a, b;
  const float *packed; /* B in panels, when it was packed beforehand */
  float *rounded;      /* where given, B is int8 and this is room for the rounded rows of A: see quantized.h */
  Result c;
  isize row_parts, column_parts;
} Product;

static void product_task(void *context, int task, int worker) {
  const Product *p = context;
  isize i0, i1, j0, j1;
  part_of(p->M, MR, p->row_parts, task % p->row_parts, &i0, &i1);
  part_of(p->N, NR, p->column_parts, task / p->row_parts, &j0, &j1);
  if (i0 == i1 || j0 == j1) return;
  Result c = {p->c.p + i0 * p->c.stride + j0, p->c.stride, p->c.bias ? p->c.bias + j0 : NULL, p->c.add};
  if (p->packed) {
    gemm_packed(i1 - i0, j1 - j0, p->K, p->a.p + i0 * p->a.row, p->a.row, p->packed + j0 * p->K, c);
  } else {
    View a = {p->a.p + i0 * p->a.row, p->a.row, p->a.column};
    View b = {p->b.p + j0 * p->b.column, p->b.row, p->b.column};
    gemm(i1 - i0, j1 - j0, p->K, a, b, c, pool_scratch_a(p->pool, worker), pool_scratch_b(p->pool, worker));
  }
}

/* Products below this many multiply-adds are not worth waking another thread for. */
#define WORTH_A_THREAD 200000
/* The same for the product of a single time step, which all threads meet after: meeting takes longer than waking. */
#define WORTH_MEETING 600000

/* A product on all threads: split by rows or by columns of C, never along the sum. */
static void product_worth(Product p, isize worth) {
  isize threads = pool_threads(p.pool);
  p.row_parts = p.column_parts = 1;
  if (threads > 1 && (double)p.M * p.N * p.K >= worth) {
    int by_rows = p.packed ? p.M >= 2 * MR * threads : p.M >= p.N;
    /* Packed: several parts a thread, so that a thread that was held up does not hold up the rest. */
    isize parts = p.packed ? 4 * threads : threads;
    if (by_rows) p.row_parts = imin(parts, ceil_div(p.M, p.packed ? 4 * MR : MR));
    else p.column_parts = imin(threads, ceil_div(p.N, NR));
  }
  pool_run(p.pool, (int)(p.row_parts * p.column_parts), product_task, &p);
}

static void product(Product p) { product_worth(p, WORTH_A_THREAD); }

#endif
