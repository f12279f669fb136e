/* Elman RNN: h_t = φ(z_t + W_hh h_{t−1}), φ = tanh or relu. */
#ifndef RECURRA_RNN_H
#define RECURRA_RNN_H

#include "activations.h"
#include "recurrence.h"

typedef struct {
  int relu;
  const float *w; /* W_hhᵀ forward, W_hh backward, packed */
  float *z;       /* (T, B, H): in, the projected input; backward: out, dz */
  float *hs;      /* (T + 1, B, H) */
  const float *dy;
  float *dh; /* (B, H) */
} Rnn;

static int rnn_forward_products(const Recurrence *r, isize t, isize b0, isize b1, Product *out) {
  const Rnn *c = r->cell;
  isize H = r->H, now = (t * r->B + b0) * H;
  out[0] = step_product(r->pool, b1 - b0, H, H, c->hs + now, H, c->w, c->z + now, H, NULL, 1);
  return 1;
}

static void rnn_forward_elements(const Recurrence *r, isize t, isize b0, isize b1) {
  const Rnn *c = r->cell;
  const float *z = c->z + (t * r->B + b0) * r->H;
  float *h = c->hs + ((t + 1) * r->B + b0) * r->H;
  isize n = (b1 - b0) * r->H;
  if (c->relu) {
    FOR_VECTORS(j, n, part) store_lanes(h + j, vmax(load_lanes(z + j, part), (vf){0}), part);
  } else {
    FOR_VECTORS(j, n, part) store_lanes(h + j, vtanh(load_lanes(z + j, part)), part);
  }
}

static int rnn_backward_products(const Recurrence *r, isize t, isize b0, isize b1, Product *out) {
  const Rnn *c = r->cell;
  isize H = r->H, now = (t * r->B + b0) * H;
  out[0] = step_product(r->pool, b1 - b0, H, H, c->z + now, H, c->w, c->dh + b0 * H, H, NULL, 0);
  return 1;
}

/* dz = (dy + dh) ⊙ φ′,  tanh′ = 1 − h²,  relu′ = [h > 0] */
static void rnn_backward_elements(const Recurrence *r, isize t, isize b0, isize b1) {
  const Rnn *c = r->cell;
  isize now = (t * r->B + b0) * r->H, next = now + r->B * r->H, n = (b1 - b0) * r->H;
  const float *h = c->hs + next, *dy = c->dy + now, *dh = c->dh + b0 * r->H;
  float *dz = c->z + now;
  FOR_VECTORS(j, n, part) {
    vf hj = load_lanes(h + j, part);
    vf d = load_lanes(dy + j, part) + load_lanes(dh + j, part);
    store_lanes(dz + j, c->relu ? choose(hj > 0.0f, d, (vf){0}) : d * (1.0f - hj * hj), part);
  }
}

#endif
