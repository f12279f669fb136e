/*
 * GRU, gate order r z n:
 *   r, z = σ(gates_t + W_h{r,z} h_{t−1} + b_h{r,z});  q_t = W_hn h_{t−1} + b_hn
 *   n = tanh(gates_t + r ⊙ q_t);  h_t = (1 − z) ⊙ n + z ⊙ h_{t−1}
 */
#ifndef RECURRA_GRU_H
#define RECURRA_GRU_H

#include "activations.h"
#include "recurrence.h"

typedef struct {
  /* Two packed operands: for r and z, and for n. Forward W_hhᵀ (H, 2H) and (H, H); backward W_hh (2H, H) and (H, H). */
  const float *w_rz, *w_n;
  const float *bias; /* (3H) */
  float *gates;      /* (T, B, 3H) */
  float *q;          /* (T, B, H) */
  float *hs;         /* (T + 1, B, H) */
  const float *dy;
  float *dh; /* (B, H) */
} Gru;

static int gru_forward_products(const Recurrence *r, isize t, isize b0, isize b1, Product *out) {
  const Gru *c = r->cell;
  isize H = r->H, now = t * r->B + b0, M = b1 - b0;
  const float *h = c->hs + now * H;
  out[0] = step_product(r->pool, M, 2 * H, H, h, H, c->w_rz, c->gates + now * 3 * H, 3 * H, c->bias, 1);
  out[1] = step_product(r->pool, M, H, H, h, H, c->w_n, c->q + now * H, H, c->bias + 2 * H, 0);
  return 2;
}

static void gru_forward_elements(const Recurrence *rec, isize t, isize b0, isize b1) {
  const Gru *c = rec->cell;
  isize H = rec->H;
  for (isize b = b0; b < b1; b++) {
    isize now = t * rec->B + b, next = now + rec->B;
    float *gr = c->gates + now * 3 * H, *gz = gr + H, *gn = gz + H;
    const float *qs = c->q + now * H, *before = c->hs + now * H;
    float *hs = c->hs + next * H;
    FOR_VECTORS(j, H, part) {
      vf r = vsigmoid(load_lanes(gr + j, part));
      vf z = vsigmoid(load_lanes(gz + j, part));
      vf n = vtanh(load_lanes(gn + j, part) + r * load_lanes(qs + j, part));
      store_lanes(gr + j, r, part);
      store_lanes(gz + j, z, part);
      store_lanes(gn + j, n, part);
      store_lanes(hs + j, (1.0f - z) * n + z * load_lanes(before + j, part), part);
    }
  }
}

static int gru_backward_products(const Recurrence *r, isize t, isize b0, isize b1, Product *out) {
  const Gru *c = r->cell;
  isize H = r->H, now = t * r->B + b0, M = b1 - b0;
  float *dh = c->dh + b0 * H;
  out[0] = step_product(r->pool, M, H, 2 * H, c->gates + now * 3 * H, 3 * H, c->w_rz, dh, H, NULL, 1);
  out[1] = step_product(r->pool, M, H, H, c->q + now * H, H, c->w_n, dh, H, NULL, 1);
  return 2;
}

/* dn = dh (1 − z), dz = dh (h_{t−1} − n), through tanh and σ;  dr = dn q, dq = dn r;  dh_{t−1} = dh z + W_hhᵀ (…) */
static void gru_backward_elements(const Recurrence *rec, isize t, isize b0, isize b1) {
  const Gru *c = rec->cell;
  isize H = rec->H;
  for (isize b = b0; b < b1; b++) {
    isize now = t * rec->B + b;
    float *gr = c->gates + now * 3 * H, *gz = gr + H, *gn = gz + H, *qs = c->q + now * H, *dhs = c->dh + b * H;
    const float *before = c->hs + now * H, *dy = c->dy + now * H;
    FOR_VECTORS(j, H, part) {
      vf r = load_lanes(gr + j, part), z = load_lanes(gz + j, part), n = load_lanes(gn + j, part);
      vf dh = load_lanes(dy + j, part) + load_lanes(dhs + j, part);
      vf dn = dh * (1.0f - z) * (1.0f - n * n);
      store_lanes(gr + j, dn * load_lanes(qs + j, part) * r * (1.0f - r), part);
      store_lanes(gz + j, dh * (load_lanes(before + j, part) - n) * z * (1.0f - z), part);
      store_lanes(gn + j, dn, part);
      store_lanes(qs + j, dn * r, part);
      store_lanes(dhs + j, dh * z, part);
    }
  }
}

#endif
