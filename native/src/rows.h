/* Rows of matrices: summed, gathered by their numbers, and scattered back. */
#ifndef RECURRA_ROWS_H
#define RECURRA_ROWS_H

#include "gemm.h"

typedef struct {
  const float *from;
  float *to;
  const int32_t *ids;
  isize N, width, stride, parts;
} Rows;

static void sum_rows_task(void *context, int task, int worker) {
  const Rows *r = context;
  (void)worker;
  isize j0, j1;
  part_of(r->width, 64, r->parts, task, &j0, &j1);
  for (isize n = 0; n < r->N; n++) {
    const float *restrict from = r->from + n * r->stride;
    float *restrict to = r->to;
    for (isize j = j0; j < j1; j++) to[j] += from[j];
  }
}

/* to (width) += Σ of N rows, `stride` apart, in their order. */
static void sum_rows(Pool *pool, const float *from, float *to, isize N, isize width, isize stride) {
  Rows r = {from, to, NULL, N, width, stride, element_parts(pool, N * width)};
  pool_run(pool, (int)r.parts, sum_rows_task, &r);
}

static void embedding_forward_task(void *context, int task, int worker) {
  const Rows *r = context;
  (void)worker;
  isize n0, n1;
  part_of(r->N, 1, r->parts, task, &n0, &n1);
  for (isize n = n0; n < n1; n++)
    __builtin_memcpy(r->to + n * r->width, r->from + r->ids[n] * r->width, (size_t)r->width * sizeof(float));
}

static void embedding_backward_task(void *context, int task, int worker) {
  const Rows *r = context;
  (void)worker;
  isize j0, j1;
  part_of(r->width, 16, r->parts, task, &j0, &j1);
  for (isize n = 0; n < r->N; n++) {
    const float *restrict from = r->from + n * r->width;
    float *restrict to = r->to + r->ids[n] * r->width;
    for (isize j = j0; j < j1; j++) to[j] += from[j];
  }
}

#endif
