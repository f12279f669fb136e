/* Dropout: masks that are a hash of a counter, so that they need no state and no memory. */
#ifndef RECURRA_DROPOUT_H
#define RECURRA_DROPOUT_H

#include "gemm.h"

/* Which mask, and what is kept is multiplied by: 1 / (1 − p). */
typedef struct {
  uint32_t key0, key1, threshold;
  float scale;
} Mask;

/* The finalizer of MurmurHash3 (Appleby, 2011). */
INLINE uint32_t mix(uint32_t x) {
  x = (x ^ x >> 16) * 0x85ebca6bu;
  x = (x ^ x >> 13) * 0xc2b2ae35u;
  return x ^ x >> 16;
}

/* Whether the mask has a zero at `counter`. */
INLINE int dropped(uint32_t key0, uint32_t key1, uint32_t threshold, uint32_t counter) {
  return mix(mix(counter * 0x9e3779b1u ^ key0) ^ key1) < threshold;
}

typedef struct {
  const float *x;
  float *y;
  const int32_t *ids;
  isize n, period, parts;
  Mask mask;
} Dropout;

/* The mask repeats after `period` elements: a part goes through it run by run. */
static void dropout_task(void *context, int task, int worker) {
  const Dropout *d = context;
  (void)worker;
  isize from, to;
  part_of(d->n, ELEMENT_UNIT, d->parts, task, &from, &to);
  const float *x = d->x;
  float *y = d->y, scale = d->mask.scale;
  uint32_t key0 = d->mask.key0, key1 = d->mask.key1, threshold = d->mask.threshold;
  for (isize i = from; i < to;) {
    isize start = i - i % d->period, end = imin(to, start + d->period);
    for (; i < end; i++) y[i] = dropped(key0, key1, threshold, (uint32_t)(i - start)) ? 0.0f : x[i] * scale;
  }
}

/* Rows (n, period), each dropped whole, or not, by its id. */
static void dropout_rows_task(void *context, int task, int worker) {
  const Dropout *d = context;
  (void)worker;
  isize n0, n1;
  part_of(d->n, 1, d->parts, task, &n0, &n1);
  Mask m = d->mask;
  for (isize n = n0; n < n1; n++) {
    const float *x = d->x + n * d->period;
    float *y = d->y + n * d->period;
    if (dropped(m.key0, m.key1, m.threshold, (uint32_t)d->ids[n]))
      for (isize e = 0; e < d->period; e++) y[e] = 0;
    else
      for (isize e = 0; e < d->period; e++) y[e] = x[e] * m.scale;
  }
}

#endif
