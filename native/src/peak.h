/*
 * The fastest this processor multiplies and adds: what a product could reach at most. As many accumulators as the
 * largest tile has, or twelve, all in registers, no memory touched.
 *
 *   acc_i ← acc_i + f · acc_{i+1}        (the last one's neighbour is the first)
 *
 * Every product is of another value, so none can be hoisted or shared, and each fits one fused multiply-add on every
 * set. So many are under way at a time, more than a multiply-add takes cycles.
 */
#ifndef RECURRA_PEAK_H
#define RECURRA_PEAK_H

#include "gemm.h"
#include "pool.h"

#define ACCUMULATORS (MR * NV < 12 ? 12 : MR * NV)

typedef struct {
  isize iterations;
  float factor, start;
  float *means;
} Peak;

static void peak_task(void *context, int task, int worker) {
  const Peak *p = context;
  (void)worker;
  /* Read once for each accumulator, so that the compiler cannot know that they begin alike. */
  const volatile float start = p->start;
  const vf factor = splat(p->factor);
  vf acc[ACCUMULATORS];
  UNROLL for (int i = 0; i < ACCUMULATORS; i++) acc[i] = splat(start);
  for (isize n = 0; n < p->iterations; n++)
    _Pragma("GCC unroll 24") for (int i = 0; i < ACCUMULATORS; i++) acc[i] = multiply_add(acc[(i + 1) % ACCUMULATORS], factor, acc[i]);
  float sum = 0;
  for (int i = 0; i < ACCUMULATORS; i++) sum += sum_lanes(acc[i]);
  p->means[task] = sum / (ACCUMULATORS * VL);
}

#endif
