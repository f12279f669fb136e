/*
 * Operands of products rounded to bfloat16, to the nearest with ties to the even, and laid out in pairs of successive k
 * (vec.h); an odd k's missing partner is zero. Products of two such numbers are exact in float32, and so are summed.
 */
#ifndef RECURRA_BF16_H
#define RECURRA_BF16_H

#include "vec.h"

typedef ptrdiff_t isize;

/* Elements of a matrix: row i, column j stands at p[i·row + j·column]. */
typedef struct {
  const float *p;
  isize row, column;
} View;

INLINE isize pairs_of(isize K) { return (K + 1) / 2; }

/* The bits of x rounded, in the upper halves; what the lower hold is to be masked. NaN stays one. */
INLINE vu rounded_bits(vf x) {
  vu bits = (vu)x, up = bits + 0x7fff + (bits >> 16 & 1);
  return (vu)choose((vi)(x == x), (vf)up, (vf)(bits | 0x400000));
}

INLINE vf rounded_floats(vf x) { return (vf)(rounded_bits(x) & UPPER_HALF); }
INLINE vu paired(vf even, vf odd) { return (rounded_bits(odd) & UPPER_HALF) | rounded_bits(even) >> 16; }

#if VL == 16
#define EVEN_OF(a, b) __builtin_shufflevector(a, b, 0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30)
#define ODD_OF(a, b) __builtin_shufflevector(a, b, 1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25, 27, 29, 31)
#elif VL == 8
#define EVEN_OF(a, b) __builtin_shufflevector(a, b, 0, 2, 4, 6, 8, 10, 12, 14)
#define ODD_OF(a, b) __builtin_shufflevector(a, b, 1, 3, 5, 7, 9, 11, 13, 15)
#else
#define EVEN_OF(a, b) __builtin_shufflevector(a, b, 0, 2, 4, 6)
#define ODD_OF(a, b) __builtin_shufflevector(a, b, 1, 3, 5, 7)
#endif

/* The first n of VL floats, n from nothing or less to VL and more; the others are zero. */
INLINE vf load_upto(const float *p, isize n) {
  if (n >= VL) return load(p);
  return n > 0 ? load_part(p, (int)n, 0) : (vf){0};
}

/* K successive floats → their pairs; room for a multiple of VL pairs. */
INLINE void pair_row(const float *x, isize K, float *to) {
  for (isize k = 0; k < K; k += 2 * VL) {
    vf a = load_upto(x + k, K - k), b = load_upto(x + k + VL, K - k - VL);
    store(to + k / 2, (vf)paired(EVEN_OF(a, b), ODD_OF(a, b)));
  }
}

/* Floats of a row of K elements of the left-hand operand: whole vectors, as they are stored. */
INLINE isize left_row(isize K) { return ((PAIR_STEPS * pairs_of(K) + VL - 1) / VL) * VL; }

/* M rows of A, contiguous, each to `left_row(K)` floats. */
static void round_left_rows(View a, isize M, isize K, float *to) {
  for (isize i = 0; i < M; i++, to += left_row(K)) {
    const float *x = a.p + i * a.row;
#if PAIR_STEPS == 1
    pair_row(x, K, to);
#else
    for (isize k = 0; k < K; k += VL) store(to + k, rounded_floats(load_upto(x + k, K - k)));
#endif
  }
}

/* Pairs of columns that are transposed together. */
#define PAIRS_TOGETHER 64

/* Rows of B, or of its transpose, into panels of pairs_of(K) rows of pairs; the last panel is padded with zeros. */
static void pack_b_pairs(View b, isize K, isize N, float *to, isize panel) {
  float columns_paired[NR * PAIRS_TOGETHER];
  for (isize j = 0; j < N; j += NR, to += panel) {
    isize columns = N - j < NR ? N - j : NR;
    const float *from = b.p + j * b.column;
    if (b.column == 1) {
      for (isize k = 0; k < K; k += 2) {
        /* Rows are too far apart for the processor to fetch them ahead by itself. */
        UNROLL for (int v = 0; v < NV; v++) {
          __builtin_prefetch(from + (k + 16) * b.row + v * VL);
          __builtin_prefetch(from + (k + 17) * b.row + v * VL);
        }
        UNROLL for (int v = 0; v < NV; v++) {
          vf even = load_upto(from + k * b.row + v * VL, columns - v * VL);
          vf odd = k + 1 < K ? load_upto(from + (k + 1) * b.row + v * VL, columns - v * VL) : (vf){0};
          store(to + k / 2 * NR + v * VL, (vf)paired(even, odd));
        }
      }
      continue;
    }
    /* W as it lies, (n, k): the rows of the operand are contiguous. */
    for (isize i = columns * PAIRS_TOGETHER; i < NR * PAIRS_TOGETHER; i++) columns_paired[i] = 0;
    for (isize k = 0; k < K; k += 2 * PAIRS_TOGETHER) {
      isize kc = K - k < 2 * PAIRS_TOGETHER ? K - k : 2 * PAIRS_TOGETHER, pairs = pairs_of(kc), p = 0;
      for (isize i = 0; i < columns; i++) pair_row(from + i * b.column + k, kc, columns_paired + i * PAIRS_TOGETHER);
      float *rows = to + k / 2 * NR;
      for (; p + 4 <= pairs; p += 4)
        UNROLL for (int i = 0; i < NR; i += 4)
          transpose_4x4(columns_paired + i * PAIRS_TOGETHER + p, PAIRS_TOGETHER, rows + p * NR + i, NR);
      for (; p < pairs; p++)
        for (isize i = 0; i < NR; i++)
          ((uint32_any *)rows)[p * NR + i] = ((uint32_any *)columns_paired)[i * PAIRS_TOGETHER + p];
    }
  }
}

#endif
