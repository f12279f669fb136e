/*
 * The time loop that the cells share. A cell is two steps: a product of rows with the packed recurrent weights, and
 * an element-wise step. (A cell of several such pairs a time step goes through the loop that many times: mogrifier.h.) Rows of the batch do not meet, so with enough of them each thread takes some through the
 * whole window without waiting for another. With few rows (generation, evaluation of one text) the product of each
 * time step is split by columns instead.
 */
#ifndef RECURRA_RECURRENCE_H
#define RECURRA_RECURRENCE_H

#include "quantized.h"

typedef struct Recurrence Recurrence;
struct Recurrence {
  Pool *pool;
  isize T, B, H;
  int backward;
  /* The products of time step t: `count` of them, fills `out` for rows b0 … b1. */
  int (*products)(const Recurrence *r, isize t, isize b0, isize b1, Product *out);
  /* The element-wise step of time step t. Forward: after the products. Backward: before them. */
  void (*elements)(const Recurrence *r, isize t, isize b0, isize b1);
  const void *cell;
  isize parts;
  float *rounded; /* with int8 weights: room for B rounded rows of `widest` */
  int bf16;       /* weights of bfloat16, to which the rows are rounded too */
  isize widest;   /* the longest row that is multiplied forward */
};

/* The products of a time step; those of int8 weights round their rows where the batch's rows have their place. */
INLINE int products_of(const Recurrence *r, isize t, isize b0, isize b1, Product *out) {
  int count = r->products(r, t, b0, b1, out);
  for (int i = 0; i < count; i++) {
    out[i].rounded = r->rounded ? r->rounded + b0 * rounded_stride(r->widest) : NULL;
    out[i].bf16 = r->bf16;
  }
  return count;
}

INLINE void rows_through(const Recurrence *r, isize b0, isize b1, float *scratch_a) {
  for (isize s = 0; s < r->T; s++) {
    isize t = r->backward ? r->T - 1 - s : s;
    Product p[2];
    int count = products_of(r, t, b0, b1, p);
    if (r->backward) r->elements(r, t, b0, b1);
    for (int i = 0; i < count; i++) {
      if (p[i].rounded) quantized_here(&p[i]);
      else gemm_packed(p[i].bf16, p[i].M, p[i].N, p[i].K, p[i].a.p, p[i].a.row, p[i].packed, p[i].c, scratch_a);
    }
    if (!r->backward) r->elements(r, t, b0, b1);
  }
}

static void recurrence_task(void *context, int task, int worker) {
  const Recurrence *r = context;
  isize b0, b1;
  part_of(r->B, 1, r->parts, task, &b0, &b1);
  if (b0 < b1) rows_through(r, b0, b1, pool_scratch_a(r->pool, worker));
}

static void recurrence_run(Recurrence *r) {
  isize threads = pool_threads(r->pool);
  r->parts = imin(threads, r->B);
  if (threads == 1 || r->B >= 2 * threads) {
    pool_run(r->pool, (int)r->parts, recurrence_task, r);
    return;
  }
  for (isize s = 0; s < r->T; s++) {
    isize t = r->backward ? r->T - 1 - s : s;
    Product p[2];
    int count = products_of(r, t, 0, r->B, p);
    if (r->backward) r->elements(r, t, 0, r->B);
    for (int i = 0; i < count; i++) (p[i].rounded ? quantized_product : product_worth)(p[i], WORTH_MEETING);
    if (!r->backward) r->elements(r, t, 0, r->B);
  }
}

/* One product of a time step: C (M, N) from rows of A and packed weights. */
INLINE Product step_product(Pool *pool, isize M, isize N, isize K, const float *a, isize row, const float *packed,
                            float *c, isize stride, const float *bias, int add) {
  Product p = {.pool = pool, .M = M, .N = N, .K = K, .packed = packed};
  p.a = (View){a, row, 1};
  p.c = (Result){c, stride, bias, add};
  return p;
}

/* Runs `body` over 0 … n in vectors; in the last, `part` is the number of real lanes (0: all). */
#define FOR_VECTORS(j, n, part) \
  for (isize j = 0, part = 0; j < (n) && ((part = (n)-j < VL ? (n)-j : 0), 1); j += VL)

INLINE vf load_lanes(const float *p, isize part) { return part ? load_part(p, (int)part, 0) : load(p); }
INLINE void store_lanes(float *p, vf x, isize part) {
  if (part) store_part(p, x, (int)part);
  else store(p, x);
}

#endif
