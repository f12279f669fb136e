/*
 * The mean row of W under a softmax, e = Σ_v p_v W_v with p = softmax(h Wᵀ + bias), and its gradients, in chunks of rows:
 *
 *   dl_v = scale (p_v − [v = target]) + p_v (dp_v − Σ_u p_u dp_u)  with  dp_v = de · W_v
 *   dh = dl W,   dW += dlᵀ h + pᵀ de,   db += Σ dl
 *
 * p is made again for the gradients, since what they come from lies between the two for all rows.
 */
#ifndef RECURRA_SOFTMAX_MEAN_H
#define RECURRA_SOFTMAX_MEAN_H

#include "softmax.h"

typedef struct {
  Softmax in;
  const float *de; /* (R, H); NULL: forward */
  float *e;        /* (R, H), written; NULL: backward */
  float *p;        /* (R, V) */
  float *dl;       /* (R, V): dp, then dl */
  isize parts;
} Mean;

static void mean_rows_task(void *context, int task, int worker) {
  const Mean *m = context;
  (void)worker;
  isize V = m->in.V, from, to;
  part_of(m->in.R, 1, m->parts, task, &from, &to);
  for (isize r = from; r < to; r++) {
    float *p = m->p + r * V, *stats = m->in.stats + r * ROW_STATS;
    int32_t target = m->in.targets[r];
    if (target < 0) {
      for (int i = 0; i < ROW_STATS; i++) stats[i] = 0;
      for (isize v = 0; v < V; v++) p[v] = 0;
      continue;
    }
    whole_exponentials(p, V, target, m->in.target_bias, 1, stats);
    float factor = 1 / stats[1];
    FOR_VECTORS(j, V, part) store_lanes(p + j, load_lanes(p + j, part) * factor, part);
  }
}

static void mean_gradient_task(void *context, int task, int worker) {
  const Mean *m = context;
  (void)worker;
  isize V = m->in.V, from, to;
  part_of(m->in.R, 1, m->parts, task, &from, &to);
  for (isize r = from; r < to; r++) {
    const float *p = m->p + r * V;
    float *dl = m->dl + r * V;
    vf sum = {0};
    FOR_VECTORS(j, V, part) sum = multiply_add(load_lanes(p + j, part), load_lanes(dl + j, part), sum);
    float shift = m->in.scale - sum_lanes(sum);
    FOR_VECTORS(j, V, part) store_lanes(dl + j, load_lanes(p + j, part) * (load_lanes(dl + j, part) + shift), part);
    if (m->in.targets[r] >= 0) dl[m->in.targets[r]] -= m->in.scale;
  }
}

/* x (R, K) times W (V, H), or its transpose: to (R, N). */
__attribute__((noinline)) static void mean_product(const Softmax *s, const float *x, int transposed, float *to, const float *bias) {
  Product p = {.pool = s->pool, .M = s->R, .bf16 = s->bf16};
  p.N = transposed ? s->V : s->H;
  p.K = transposed ? s->H : s->V;
  p.a = (View){x, p.K, 1};
  p.b = transposed ? (View){s->w, 1, s->H} : (View){s->w, s->H, 1};
  p.c = (Result){to, p.N, bias, 0};
  product(p);
}

/* dW (V, H) += yᵀ x, y (R, V), x (R, H) */
__attribute__((noinline)) static void mean_weight_gradient(const Softmax *s, const float *y, const float *x) {
  Product p = {.pool = s->pool, .M = s->V, .N = s->H, .K = s->R, .bf16 = s->bf16};
  p.a = (View){y, 1, s->V};
  p.b = (View){x, s->H, 1};
  p.c = (Result){s->dw, s->H, NULL, 1};
  product(p);
}

static void softmax_mean_chunk(Mean *m) {
  Softmax *s = &m->in;
  m->parts = s->R * s->V < 20000 ? 1 : 4 * pool_threads(s->pool);
  mean_product(s, s->h, 1, m->p, s->bias);
  pool_run(s->pool, (int)m->parts, mean_rows_task, m);
  if (m->e) {
    mean_product(s, m->p, 0, m->e, NULL);
    return;
  }
  mean_product(s, m->de, 1, m->dl, NULL);
  pool_run(s->pool, (int)m->parts, mean_gradient_task, m);
  mean_product(s, m->dl, 0, s->dh, NULL);
  mean_weight_gradient(s, m->dl, s->h);
  mean_weight_gradient(s, m->p, m->de);
  if (s->db) sum_rows(s->pool, m->dl, s->db, s->R, s->V, s->V);
}

#endif
