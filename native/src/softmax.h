/*
 * Softmax cross-entropy fused with the output projection, for small vocabularies: the logits (R, V) of a chunk of rows
 * are made, turned into their gradient in place and used up, before the next chunk's overwrite them.
 */
#ifndef RECURRA_SOFTMAX_H
#define RECURRA_SOFTMAX_H

#include "activations.h"
#include "quantized.h"
#include "recurrence.h"
#include "rows.h"

/* What a row leaves: the greatest logit, Σ e^{l − max}, the target's logit, 1 if the target is the argmax. */
#define ROW_STATS 4

/* The greatest of n logits, and Σ e^{l − max}; with `keep`, e^{l − max} takes the logits' place. */
INLINE float exp_row(float *l, isize n, int keep, float *max) {
  vf max_v[4];
  UNROLL for (int i = 0; i < 4; i++) max_v[i] = splat(l[0]);
  isize j = 0;
  for (; j + 4 * VL <= n; j += 4 * VL)
    UNROLL for (int i = 0; i < 4; i++) max_v[i] = vmax(max_v[i], load(l + j + i * VL));
  for (; j + VL <= n; j += VL) max_v[0] = vmax(max_v[0], load(l + j));
  float m = max_lanes(vmax(vmax(max_v[0], max_v[1]), vmax(max_v[2], max_v[3])));
  for (; j < n; j++) m = l[j] > m ? l[j] : m;
  *max = m;
  vf sum_v = {0};
  FOR_VECTORS(j, n, part) {
    vf e = vexp(load_lanes(l + j, part) - m);
    if (part) {
      float t[VL] = {0};
      store_part(t, e, (int)part);
      e = load(t);
    }
    sum_v += e;
    if (keep) store_lanes(l + j, e, part);
  }
  return sum_lanes(sum_v);
}

/* Whether no logit before the target's is as great: of equal ones the lower id wins. */
INLINE int first_of_equals(const float *l, isize target) {
  for (isize v = 0; v < target; v++)
    if (l[v] >= l[target]) return 0;
  return 1;
}

/* A chunk of rows: what goes in and comes out. */
typedef struct {
  Pool *pool;
  isize R, H, V;
  const float *h, *w, *bias; /* (R, H), (V, H), (V) */
  const int32_t *targets;    /* (R); −1: not counted */
  float *stats;              /* (R, ROW_STATS) */
  float scale;               /* the loss is scale · Σ −ln p(target); 0: no gradients */
  float *dh, *dw, *db;       /* (R, H), written; (V, H) and (V), added to */
  float *rounded;            /* with an int8 operand as w: room for R rounded rows; then there are no gradients */
} Softmax;

typedef struct {
  Softmax in;
  float *logits; /* (R, V): out, the gradient by the logits, when `scale` is not 0 */
  isize parts;
} Whole;

static void whole_row(float *l, isize V, int32_t target, float scale, float *stats) {
  float at_target = l[target];
  int first = first_of_equals(l, target);
  stats[1] = exp_row(l, V, scale != 0, stats);
  stats[2] = at_target;
  stats[3] = (float)(first && at_target == stats[0]);
  /* dl_v = scale (p_v − [v = target]) */
  if (scale == 0) return;
  float factor = scale / stats[1];
  FOR_VECTORS(j, V, part) store_lanes(l + j, load_lanes(l + j, part) * factor, part);
  l[target] -= scale;
}

static void whole_rows_task(void *context, int task, int worker) {
  const Whole *s = context;
  (void)worker;
  isize V = s->in.V, from, to;
  part_of(s->in.R, 1, s->parts, task, &from, &to);
  for (isize n = from; n < to; n++) {
    float *l = s->logits + n * V, *stats = s->in.stats + n * ROW_STATS;
    if (s->in.targets[n] >= 0) {
      whole_row(l, V, s->in.targets[n], s->in.scale, stats);
    } else {
      for (int i = 0; i < ROW_STATS; i++) stats[i] = 0;
      if (s->in.scale != 0)
        for (isize v = 0; v < V; v++) l[v] = 0;
    }
  }
}

static void whole_softmax(const Softmax *in, float *logits) {
  isize R = in->R, H = in->H, V = in->V;
  Product forward = {.pool = in->pool, .M = R, .N = V, .K = H};
  forward.a = (View){in->h, H, 1};
  forward.b = (View){in->w, 1, H};
  forward.c = (Result){logits, V, in->bias, 0};
  forward.packed = in->rounded ? in->w : NULL;
  forward.rounded = in->rounded;
  if (in->rounded) quantized_product(forward, WORTH_A_THREAD);
  else product(forward);

  Whole s = {*in, logits, R * V < 20000 ? 1 : 4 * pool_threads(in->pool)};
  pool_run(in->pool, (int)s.parts, whole_rows_task, &s);
  if (in->scale == 0 || !GRADIENTS) return;

  /* dh = dl W,  dW += dlᵀ h,  db += Σ dl */
  Product to_h = {.pool = in->pool, .M = R, .N = H, .K = V};
  to_h.a = (View){logits, V, 1};
  to_h.b = (View){in->w, H, 1};
  to_h.c = (Result){in->dh, H, NULL, 0};
  product(to_h);
  Product to_w = {.pool = in->pool, .M = V, .N = H, .K = R};
  to_w.a = (View){logits, 1, V};
  to_w.b = (View){in->h, H, 1};
  to_w.c = (Result){in->dw, H, NULL, 1};
  product(to_w);
  sum_rows(in->pool, logits, in->db, R, V, V);
}

#endif
