/*
 * Matrix products, C (M, N) = A (M, K) · B (K, N), in the manner of Goto and van de Geijn (2008).
 *
 * B is laid out in panels of NR columns, each panel K rows of NR floats one after the other, padded with zeros. A
 * tile of up to MR rows of C is summed in registers over K in blocks of KC, always in the order of k: so an element
 * of C has the same bits whichever tile, thread or path computed it.
 *
 * With `bf16` the operands are rounded to bfloat16 as they are packed, and panels have a row for two successive k.
 */
#ifndef RECURRA_GEMM_H
#define RECURRA_GEMM_H

#include "bf16.h"
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
_Static_assert(KC % (2 * VL) == 0, "blocks of K are whole vectors of pairs");

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

/* What becomes of a block of C: it is written (with the bias, where there is one), or added to. */
typedef struct {
  float *p;
  isize stride;
  const float *bias;
  int add;
} Result;

/* Rows of a panel, and of a packed tile's columns, that K takes. */
INLINE isize panel_rows(int bf16, isize K) { return bf16 ? pairs_of(K) : K; }
INLINE isize left_rows(int bf16, isize K) { return bf16 ? PAIR_STEPS * pairs_of(K) : K; }

/*
 * One tile: M rows × P panels, `columns` of them real. A stands at a[i·row + k·column]; with M rows packed together
 * row = 1 and column = M. With `bf16`, K counts pairs, and k the elements that A keeps for them.
 */
INLINE void tile(const int M, const int P, const int packed, const int bf16, isize K, const float *a, isize row,
                 const float *b, isize panel, float *c, isize stride, isize columns, const float *bias, int add) {
  vf acc[MR][4 * NV];
  UNROLL for (int i = 0; i < M; i++) __builtin_prefetch(c + i * stride, 1);
  UNROLL for (int i = 0; i < M; i++)
    UNROLL for (int j = 0; j < P * NV; j++) acc[i][j] = (vf){0};
  for (isize k = 0; k < K; k++) {
    if (bf16) {
      UNROLL for (int s = 0; s < PAIR_STEPS; s++) {
        isize left = k * PAIR_STEPS + PAIR_STEPS - 1 - s;
        vu bk[4 * NV];
        UNROLL for (int q = 0; q < P; q++)
          UNROLL for (int j = 0; j < NV; j++) bk[q * NV + j] = pair_right(b + q * panel + k * NR + j * VL, s);
        UNROLL for (int i = 0; i < M; i++) {
          const float *x = packed ? a + left * M + i : a + i * row + left;
          UNROLL for (int j = 0; j < P * NV; j++) acc[i][j] = pair_step(acc[i][j], x, bk[j]);
        }
      }
    } else {
      vf bk[4 * NV];
      UNROLL for (int q = 0; q < P; q++)
        UNROLL for (int j = 0; j < NV; j++) bk[q * NV + j] = load(b + q * panel + k * NR + j * VL);
      UNROLL for (int i = 0; i < M; i++) {
        float x = packed ? a[k * M + i] : a[i * row + k];
        UNROLL for (int j = 0; j < P * NV; j++) acc[i][j] = multiply_add(splat(x), bk[j], acc[i][j]);
      }
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

#define TILE(M, P, packed, bf16, name)                                                                       \
  static void name(isize K, const float *a, isize row, const float *b, isize panel, float *c, isize stride,  \
                   isize columns, const float *bias, int add) {                                              \
    tile(M, P, packed, bf16, K, a, row, b, panel, c, stride, columns, bias, add);                            \
  }

#define HEIGHTS_TO_4(X) X(1) X(2) X(3) X(4)
#define HEIGHTS_TO_6(X) HEIGHTS_TO_4(X) X(5) X(6)
#if MR == 12
#define HEIGHTS(X) HEIGHTS_TO_6(X) X(7) X(8) X(9) X(10) X(11) X(12)
#elif MR == 6
#define HEIGHTS(X) HEIGHTS_TO_6(X)
#else
#define HEIGHTS(X) HEIGHTS_TO_4(X)
#endif

#define TILES(M)             \
  TILE(M, 1, 0, 0, rows_##M) \
  TILE(M, 1, 1, 0, packed_##M)
HEIGHTS(TILES)
/* One and two rows take several panels at once: their few accumulators would wait for each other otherwise. */
TILE(1, 4, 0, 0, rows_1x4)
TILE(2, 2, 0, 0, rows_2x2)
#define ROWS(M) , rows_##M
#define PACKED(M) , packed_##M

#if HAS_BF16
#define PAIRS_TILES(M)             \
  TILE(M, 1, 0, 1, pairs_rows_##M) \
  TILE(M, 1, 1, 1, pairs_packed_##M)
HEIGHTS(PAIRS_TILES)
TILE(1, 4, 0, 1, pairs_rows_1x4)
TILE(2, 2, 0, 1, pairs_rows_2x2)
#define PAIRS_ROWS(M) , pairs_rows_##M
#define PAIRS_PACKED(M) , pairs_packed_##M
#endif

/* By `bf16`, `packed` and the number of rows. */
static const Tile tiles_of[][2][MR + 1] = {
    {{0 HEIGHTS(ROWS)}, {0 HEIGHTS(PACKED)}},
#if HAS_BF16
    {{0 HEIGHTS(PAIRS_ROWS)}, {0 HEIGHTS(PAIRS_PACKED)}},
#endif
};
static const Tile wide_tiles[][3] = {
    {0, rows_1x4, rows_2x2},
#if HAS_BF16
    {0, pairs_rows_1x4, pairs_rows_2x2},
#endif
};

/* M rows in tiles of nearly equal height: tile i of `tiles` begins at row M·i / tiles. */
INLINE isize tile_count(int bf16, isize M) { return ceil_div(M, bf16 ? PAIR_MR : MR); }

/*
 * A block: M rows by N columns over K ≤ KC, B in panels `panel` floats apart. A is row-major (packed = 0) or already
 * in packed tiles, one after the other.
 */
static void block(int bf16, isize M, isize N, isize K, const float *a, isize row, int packed, const float *b,
                  isize panel, Result c) {
  bf16 = HAS_BF16 && bf16;
  isize tiles = tile_count(bf16, M), steps = panel_rows(bf16, K);
  for (isize j = 0; j < N;) {
    isize columns = N - j, wide = NR;
    const float *bj = b + j / NR * panel;
    const float *bias = c.bias ? c.bias + j : NULL;
    if (!packed && M <= 2 && columns >= (M == 1 ? 4 : 2) * NR) {
      wide = (M == 1 ? 4 : 2) * NR;
      wide_tiles[bf16][M](steps, a, row, bj, panel, c.p + j, c.stride, wide, bias, c.add);
    } else {
      const float *at = a;
      for (isize i = 0; i < tiles; i++) {
        isize from = M * i / tiles, m = M * (i + 1) / tiles - from;
        float *ci = c.p + from * c.stride + j;
        const float *ai = packed ? at : a + from * row;
        tiles_of[bf16][packed][m](steps, ai, row, bj, panel, ci, c.stride, imin(columns, NR), bias, c.add);
        at += m * left_rows(bf16, K);
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
  isize tiles = tile_count(0, M);
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

/* The same rounded to bfloat16; A's columns are contiguous. */
static void pack_a_pairs(View a, isize M, isize K, float *to) {
  isize tiles = tile_count(1, M), height = left_rows(1, K);
  for (isize k = 0; k < K; k += 2) {
    float line[PAIR_STEPS][MC + VL];
    const float *p = a.p + k * a.column;
    for (isize i = 0; i < M; i += VL) {
      vf even = load_upto(p + i, M - i), odd = k + 1 < K ? load_upto(p + a.column + i, M - i) : (vf){0};
#if PAIR_STEPS == 1
      store(line[0] + i, (vf)paired(even, odd));
#else
      store(line[0] + i, rounded_floats(even));
      store(line[1] + i, rounded_floats(odd));
#endif
    }
    for (isize i = 0, from = 0; i < tiles; i++) {
      isize next = M * (i + 1) / tiles, m = next - from;
      float *tile = to + from * height + k / 2 * PAIR_STEPS * m;
      for (int s = 0; s < PAIR_STEPS; s++, tile += m) {
        if (m == PAIR_MR) __builtin_memcpy(tile, line[s] + from, PAIR_MR * sizeof(float));
        else __builtin_memcpy(tile, line[s] + from, (size_t)m * sizeof(float));
      }
      from = next;
    }
  }
}

/* As far as `bf16` says, the one or the other. */
static void pack_right(int bf16, View b, isize K, isize N, float *to, isize panel) {
  (HAS_BF16 && bf16 ? pack_b_pairs : pack_b)(b, K, N, to, panel);
}

/* A block of A by packed panels: A as it lies, or through a worker's scratch. */
static void block_of(int bf16, isize M, isize N, isize K, View a, const float *b, isize panel, Result c, float *scratch) {
  bf16 = HAS_BF16 && bf16;
  if (GRADIENTS && a.column != 1) {
    (bf16 ? pack_a_pairs : pack_a)(a, M, K, scratch);
    block(bf16, M, N, K, scratch, 1, 1, b, panel, c);
  } else if (bf16) {
    round_left_rows(a, M, K, scratch);
    block(1, M, N, K, scratch, left_row(K), 0, b, panel, c);
  } else {
    block(0, M, N, K, a.p, a.row, 0, b, panel, c);
  }
}

/* The whole product with B packed beforehand, its panels panel_rows(K) rows each. A is row-major. */
static void gemm_packed(int bf16, isize M, isize N, isize K, const float *a, isize row, const float *b, Result c,
                        float *scratch_a) {
  isize panel = panel_rows(bf16, K) * NR;
  for (isize i = 0; i < M; i += MC) {
    isize m = imin(M - i, MC);
    for (isize k = 0; k < K; k += KC) {
      Result to = {c.p + i * c.stride, c.stride, k == 0 ? c.bias : NULL, c.add || k > 0};
      View ai = {a + i * row + k, row, 1};
      block_of(bf16, m, N, imin(K - k, KC), ai, b + panel_rows(bf16, k) * NR, panel, to, scratch_a);
    }
  }
}

/*
 * The whole product, packing blocks of B into a worker's scratch, and those of A where its rows are not contiguous or
 * are to be rounded.
 */
static void gemm(int bf16, isize M, isize N, isize K, View a, View b, Result c, float *scratch_a, float *scratch_b) {
  for (isize j = 0; j < N; j += NC) {
    isize n = imin(N - j, NC);
    for (isize k = 0; k < K; k += KC) {
      isize kc = imin(K - k, KC), panel = panel_rows(bf16, kc) * NR;
      pack_right(bf16, (View){b.p + k * b.row + j * b.column, b.row, b.column}, kc, n, scratch_b, panel);
      for (isize i = 0; i < M; i += MC) {
        View ai = {a.p + i * a.row + k * a.column, a.row, a.column};
        Result to = {c.p + i * c.stride + j, c.stride, c.bias && k == 0 ? c.bias + j : NULL, c.add || k > 0};
        block_of(bf16, imin(M - i, MC), n, kc, ai, scratch_b, panel, to, scratch_a);
      }
    }
  }
}

typedef struct {
  Pool *pool;
  isize M, N, K;
  View a, b;
  int bf16;            /* operands are rounded to bfloat16 */
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
  float *scratch_a = pool_scratch_a(p->pool, worker);
  if (p->packed) {
    const float *packed = p->packed + j0 * panel_rows(p->bf16, p->K);
    gemm_packed(p->bf16, i1 - i0, j1 - j0, p->K, p->a.p + i0 * p->a.row, p->a.row, packed, c, scratch_a);
  } else {
    View a = {p->a.p + i0 * p->a.row, p->a.row, p->a.column};
    View b = {p->b.p + j0 * p->b.column, p->b.row, p->b.column};
    gemm(p->bf16, i1 - i0, j1 - j0, p->K, a, b, c, scratch_a, pool_scratch_b(p->pool, worker));
  }
}

/* Products below this many multiply-adds are not worth waking another thread for. */
#define WORTH_A_THREAD 200000
/* The same for the product of a single time step, which all threads meet after: meeting takes longer than waking. */
#define WORTH_MEETING 600000

/* Rows of a thread that make it worth splitting by rows are counted in these, however low a tile is. */
#define SHARE (MR < 6 ? 6 : MR)

/* A product on all threads: split by rows or by columns of C, never along the sum. */
static void product_worth(Product p, isize worth) {
  isize threads = pool_threads(p.pool);
  p.row_parts = p.column_parts = 1;
  if (threads > 1 && (double)p.M * p.N * p.K >= worth) {
    int by_rows = p.packed ? p.M >= 2 * SHARE * threads : p.M >= p.N;
    /* Packed: several parts a thread, so that a thread that was held up does not hold up the rest. */
    isize parts = p.packed ? 4 * threads : threads;
    if (by_rows) p.row_parts = imin(parts, ceil_div(p.M, p.packed ? 4 * MR : MR));
    else p.column_parts = imin(threads, ceil_div(p.N, NR));
  }
  pool_run(p.pool, (int)(p.row_parts * p.column_parts), product_task, &p);
}

static void product(Product p) { product_worth(p, WORTH_A_THREAD); }

#endif
