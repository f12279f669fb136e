/*
 * Softmax cross-entropy fused with the output projection, for small vocabularies: the logits (R, V) of a chunk of rows
 * are made, turned into their gradient in place and used up, before the next chunk's overwrite them.
 *
 * A mixture of K softmaxes (Yang et al., 2018) has K rows of h for each target t, weighted by π = softmax(prior):
 *
 *   p = Σ_k π_k p_k,   r_k = π_k p_k(t) / Σ_j π_j p_j(t),   dl_k = scale r_k (p_k − [v = t]),   dprior = scale (π − r)
 */
#ifndef RECURRA_SOFTMAX_H
#define RECURRA_SOFTMAX_H

#include "activations.h"
#include "quantized.h"
#include "recurrence.h"
#include "rows.h"

/*
 * What a row leaves: the greatest logit, Σ e^{l − max}, the target's logit, 1 if the target is the argmax. Of a mixture
 * the last is that of p in the first of its rows; with gradients it is scale r_k instead.
 */
#define ROW_STATS 4
/* Components of a mixture, at most. */
#define MAX_COMPONENTS 64

static float greatest_of(const float *l, isize n) {
  vf max_v[4];
  UNROLL for (int i = 0; i < 4; i++) max_v[i] = splat(l[0]);
  isize j = 0;
  for (; j + 4 * VL <= n; j += 4 * VL)
    UNROLL for (int i = 0; i < 4; i++) max_v[i] = vmax(max_v[i], load(l + j + i * VL));
  for (; j + VL <= n; j += VL) max_v[0] = vmax(max_v[0], load(l + j));
  float m = max_lanes(vmax(vmax(max_v[0], max_v[1]), vmax(max_v[2], max_v[3])));
  for (; j < n; j++) m = l[j] > m ? l[j] : m;
  return m;
}

/* The greatest of n logits, and Σ e^{l − max}; with `keep`, e^{l − max} takes the logits' place. */
static float exp_row(float *l, isize n, int keep, float *max) {
  float m = *max = greatest_of(l, n);
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
  const float *h, *w, *bias; /* (R, H), (V, H), (V) or NULL */
  const int32_t *targets;    /* (R / K); −1: not counted */
  float *stats;              /* (R, ROW_STATS) */
  float scale;               /* the loss is scale · Σ −ln p(target); 0: no gradients */
  float *dh, *dw, *db;       /* (R, H), written; (V, H) and (V) or NULL, added to */
  float *rounded;            /* with an int8 operand as w: room for R rounded rows; then there are no gradients */
  int again;                 /* with gradients: see softmax_blocks.h */
  const float *target_bias;  /* (V), or NULL: what a row's logit of its own target has besides */
  int bf16;                  /* operands of the products are rounded to bfloat16 */
  isize K;                   /* components of a mixture, whose rows follow each other; 1: none */
  const float *prior;        /* (R), of a mixture */
  float *dprior;             /* (R), written with gradients */
} Softmax;

INLINE int32_t target_of(const Softmax *s, isize r) { return s->targets[s->K == 1 ? r : r / s->K]; }

/* weights (K) of the mixture whose rows begin at r, from their first three statistics: scale r_k, or without gradients π_k. */
static void mixture_weights(const Softmax *s, isize r, float *weights) {
  float prior[MAX_COMPONENTS] = {0}, own[MAX_COMPONENTS] = {0}, *stats = s->stats + r * ROW_STATS, max, total = 0;
  isize K = s->K;
  for (isize k = 0; k < K; k++) {
    prior[k] = s->prior[r + k];
    own[k] = prior[k] + (stats[k * ROW_STATS + 2] - stats[k * ROW_STATS]);
  }
  float sum = exp_row(prior, K, 1, &max);
  for (isize k = 0; k < K; k++) weights[k] = prior[k] / sum;
  if (s->scale == 0 || !GRADIENTS) return;
  exp_row(own, K, 1, &max);
  for (isize k = 0; k < K; k++) total += own[k] /= stats[k * ROW_STATS + 1];
  for (isize k = 0; k < K; k++) {
    float weight = s->scale * (own[k] / total);
    s->dprior[r + k] = s->scale * weights[k] - weight;
    stats[k * ROW_STATS + 3] = weights[k] = weight;
  }
}

/* Σ_k factors_k e_k over n words, in the place of the first row; the rows stand `stride` apart. */
__attribute__((noinline)) static void mix_rows(float *e, isize n, isize stride, isize K, const float *factors, isize factor_stride) {
  FOR_VECTORS(j, n, part) {
    vf p = {0};
    for (isize k = 0; k < K; k++)
      p = multiply_add(splat(factors[k * factor_stride]), load_lanes(e + k * stride + j, part), p);
    store_lanes(e + j, p, part);
  }
}

typedef struct {
  Softmax in;
  float *logits; /* (R, V): out, the gradient by the logits, when `scale` is not 0 */
  isize parts;
} Whole;

/* The statistics; with `keep`, e^{l − max} takes the logits' place. */
__attribute__((noinline)) static void whole_exponentials(float *l, isize V, int32_t target, const float *target_bias, int keep, float *stats) {
  if (target_bias) l[target] += target_bias[target];
  float at_target = l[target];
  int first = first_of_equals(l, target);
  stats[1] = exp_row(l, V, keep, stats);
  stats[2] = at_target;
  stats[3] = (float)(first && at_target == stats[0]);
}

/* dl_v = scale (p_v − [v = target]) */
__attribute__((noinline)) static void whole_gradient(float *l, isize V, int32_t target, float scale, const float *stats) {
  float factor = scale / stats[1];
  FOR_VECTORS(j, V, part) store_lanes(l + j, load_lanes(l + j, part) * factor, part);
  l[target] -= scale;
}

static void whole_row(float *l, isize V, int32_t target, const float *target_bias, float scale, float *stats) {
  whole_exponentials(l, V, target, target_bias, scale != 0, stats);
  if (GRADIENTS && scale != 0) whole_gradient(l, V, target, scale, stats);
}

/* The K rows of a mixture. */
static void whole_mixture(const Softmax *s, isize r, float *l) {
  isize K = s->K, V = s->V;
  float weights[MAX_COMPONENTS], *stats = s->stats + r * ROW_STATS;
  int32_t target = target_of(s, r);
  for (isize k = 0; k < K; k++) whole_exponentials(l + k * V, V, target, s->target_bias, 1, stats + k * ROW_STATS);
  mixture_weights(s, r, weights);
  if (GRADIENTS && s->scale != 0) {
    for (isize k = 0; k < K; k++) whole_gradient(l + k * V, V, target, weights[k], stats + k * ROW_STATS);
    return;
  }
  for (isize k = 0; k < K; k++) weights[k] /= stats[k * ROW_STATS + 1];
  mix_rows(l, V, V, K, weights, 1);
  stats[3] = (float)(first_of_equals(l, target) && l[target] == greatest_of(l, V));
}

static void whole_rows_task(void *context, int task, int worker) {
  const Whole *s = context;
  (void)worker;
  isize V = s->in.V, K = s->in.K, from, to;
  part_of(s->in.R, K, s->parts, task, &from, &to);
  for (isize n = from; n < to; n += K) {
    float *l = s->logits + n * V, *stats = s->in.stats + n * ROW_STATS;
    int32_t target = target_of(&s->in, n);
    if (target < 0) {
      for (int i = 0; i < K * ROW_STATS; i++) stats[i] = 0;
      if (s->in.scale == 0 || !GRADIENTS) continue;
      for (isize v = 0; v < K * V; v++) l[v] = 0;
      if (K > 1)
        for (isize k = 0; k < K; k++) s->in.dprior[n + k] = 0;
    } else if (K == 1) {
      whole_row(l, V, target, s->in.target_bias, s->in.scale, stats);
    } else {
      whole_mixture(&s->in, n, l);
    }
  }
}

static void whole_softmax(const Softmax *in, float *logits) {
  isize R = in->R, H = in->H, V = in->V;
  Product forward = {.pool = in->pool, .M = R, .N = V, .K = H, .bf16 = in->bf16};
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
  Product to_h = {.pool = in->pool, .M = R, .N = H, .K = V, .bf16 = in->bf16};
  to_h.a = (View){logits, V, 1};
  to_h.b = (View){in->w, H, 1};
  to_h.c = (Result){in->dh, H, NULL, 0};
  product(to_h);
  Product to_w = {.pool = in->pool, .M = V, .N = H, .K = R, .bf16 = in->bf16};
  to_w.a = (View){logits, 1, V};
  to_w.b = (View){in->h, H, 1};
  to_w.c = (Result){in->dw, H, NULL, 1};
  product(to_w);
  if (in->db) sum_rows(in->pool, logits, in->db, R, V, V);
}

#endif
