/*
 * Softmax cross-entropy fused with the output projection. The rows of a window go through in chunks: the logits of a
 * chunk (R, V) are made, turned into their gradient in place and used up, before the next chunk overwrites them.
 */
#ifndef RECURRA_SOFTMAX_H
#define RECURRA_SOFTMAX_H

#include "activations.h"
#include "gemm.h"
#include "recurrence.h"

/* What a row leaves: the greatest logit, Σ e^{l − max}, the target's logit, 1 if the target is the argmax. */
#define ROW_STATS 4

typedef struct {
  isize V;
  float *logits; /* (R, V): out, the gradient by the logits, when `scale` is not 0 */
  const int32_t *targets;
  float *stats;
  float scale;
  isize rows, parts;
} SoftmaxRows;

static void softmax_row(float *l, isize V, int32_t target, float scale, float *stats) {
  vf max_v = load_part(l, (int)imin(V, VL), l[0]);
  FOR_VECTORS(j, V, part) max_v = vmax(max_v, part ? load_part(l + j, (int)part, l[0]) : load(l + j));
  float max = max_lanes(max_v), at_target = l[target];
  int best = at_target == max;
  for (isize v = 0; best && v < target; v++) best = l[v] != max;
  /* Where gradients follow, e^{l − max} takes the logits' place. */
  vf sum_v = {0};
  FOR_VECTORS(j, V, part) {
    vf e = vexp(load_lanes(l + j, part) - max);
    if (part) {
      float t[VL] = {0};
      store_part(t, e, (int)part);
      e = load(t);
    }
    sum_v += e;
    if (scale != 0) store_lanes(l + j, e, part);
  }
  float sum = sum_lanes(sum_v);
  stats[0] = max;
  stats[1] = sum;
  stats[2] = at_target;
  stats[3] = (float)best;
  /* dl_v = scale (p_v − [v = target]) */
  if (scale == 0) return;
  float factor = scale / sum;
  FOR_VECTORS(j, V, part) store_lanes(l + j, load_lanes(l + j, part) * factor, part);
  l[target] -= scale;
}

static void softmax_task(void *context, int task, int worker) {
  const SoftmaxRows *s = context;
  (void)worker;
  isize from, to;
  part_of(s->rows, 1, s->parts, task, &from, &to);
  for (isize n = from; n < to; n++) {
    float *l = s->logits + n * s->V;
    if (s->targets[n] >= 0) {
      softmax_row(l, s->V, s->targets[n], s->scale, s->stats + n * ROW_STATS);
    } else {
      for (int i = 0; i < ROW_STATS; i++) s->stats[n * ROW_STATS + i] = 0;
      if (s->scale != 0)
        for (isize v = 0; v < s->V; v++) l[v] = 0;
    }
  }
}

#endif
