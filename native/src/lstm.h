/*
 * LSTM, gate order i f g o:
 *   i, f, o = σ(·), g = tanh(·) of gates_t + W_hh h_{t−1};  c_t = f ⊙ c_{t−1} + i ⊙ g;  h_t = o ⊙ tanh c_t
 * A capped input gate is min(i, 1 − f) instead; that is what `gates` keeps then, so that backward sees which of the two
 * it was. Both are compiled, so that what has no cap pays nothing for it; in WebAssembly, where the size of the code
 * counts, a branch for each vector decides.
 */
#ifndef RECURRA_LSTM_H
#define RECURRA_LSTM_H

#include "activations.h"
#include "recurrence.h"

typedef struct {
  const float *w; /* W_hhᵀ (H, 4H) forward, W_hh (4H, H) backward, packed */
  float *gates;   /* (T, B, 4H) */
  float *hs, *cs; /* (T + 1, B, H) */
  const float *dy;
  float *dh, *dc; /* (B, H) */
  int capped;     /* the input gate */
} Lstm;

#ifdef RECURRA_ISA_WASM
#define WITH_GATE(rows, capped) rows(r, t, b0, b1, capped)
#else
#define WITH_GATE(rows, capped) (capped ? rows(r, t, b0, b1, 1) : rows(r, t, b0, b1, 0))
#endif

static int lstm_forward_products(const Recurrence *r, isize t, isize b0, isize b1, Product *out) {
  const Lstm *c = r->cell;
  isize H = r->H, now = t * r->B + b0;
  out[0] = step_product(r->pool, b1 - b0, 4 * H, H, c->hs + now * H, H, c->w, c->gates + now * 4 * H, 4 * H, NULL, 1);
  return 1;
}

INLINE void lstm_forward_rows(const Recurrence *r, isize t, isize b0, isize b1, const int capped) {
  const Lstm *cell = r->cell;
  isize H = r->H;
  for (isize b = b0; b < b1; b++) {
    isize now = t * r->B + b, next = now + r->B;
    float *gi = cell->gates + now * 4 * H, *gf = gi + H, *gg = gf + H, *go = gg + H;
    const float *before = cell->cs + now * H;
    float *cs = cell->cs + next * H, *hs = cell->hs + next * H;
    FOR_VECTORS(j, H, part) {
      vf i = vsigmoid(load_lanes(gi + j, part));
      vf f = vsigmoid(load_lanes(gf + j, part));
      vf g = vtanh(load_lanes(gg + j, part));
      vf o = vsigmoid(load_lanes(go + j, part));
      if (capped) i = vmin(1.0f - f, i);
      vf c = f * load_lanes(before + j, part) + i * g;
      store_lanes(gi + j, i, part);
      store_lanes(gf + j, f, part);
      store_lanes(gg + j, g, part);
      store_lanes(go + j, o, part);
      store_lanes(cs + j, c, part);
      store_lanes(hs + j, o * vtanh(c), part);
    }
  }
}

static void lstm_forward_elements(const Recurrence *r, isize t, isize b0, isize b1) {
  const Lstm *cell = r->cell;
  WITH_GATE(lstm_forward_rows, cell->capped);
}

static int lstm_backward_products(const Recurrence *r, isize t, isize b0, isize b1, Product *out) {
  const Lstm *c = r->cell;
  isize H = r->H;
  const float *dgates = c->gates + (t * r->B + b0) * 4 * H;
  out[0] = step_product(r->pool, b1 - b0, H, 4 * H, dgates, 4 * H, c->w, c->dh + b0 * H, H, NULL, 0);
  return 1;
}

/*
 * dc = dc + dh ⊙ o ⊙ (1 − tanh² c);  di = dc g, df = dc c_{t−1}, dg = dc i, do = dh tanh c, through σ and tanh.
 * Where the cap holds, i = 1 − f: df = dc (c_{t−1} − g), di = 0.
 */
INLINE void lstm_backward_rows(const Recurrence *r, isize t, isize b0, isize b1, const int capped) {
  const Lstm *cell = r->cell;
  isize H = r->H;
  for (isize b = b0; b < b1; b++) {
    isize now = t * r->B + b, next = now + r->B;
    float *gi = cell->gates + now * 4 * H, *gf = gi + H, *gg = gf + H, *go = gg + H;
    const float *before = cell->cs + now * H, *cs = cell->cs + next * H, *dy = cell->dy + now * H;
    const float *dhs = cell->dh + b * H;
    float *dcs = cell->dc + b * H;
    FOR_VECTORS(j, H, part) {
      vf i = load_lanes(gi + j, part), f = load_lanes(gf + j, part);
      vf g = load_lanes(gg + j, part), o = load_lanes(go + j, part);
      vf tanh_c = vtanh(load_lanes(cs + j, part));
      vf dh = load_lanes(dy + j, part) + load_lanes(dhs + j, part);
      vf dc = load_lanes(dcs + j, part) + dh * o * (1.0f - tanh_c * tanh_c);
      vf di = dc * g, df = dc * load_lanes(before + j, part);
      if (capped) {
        vi held = i >= 1.0f - f;
        df = choose(held, df - di, df);
        di = choose(held, (vf){0}, di);
      }
      store_lanes(gi + j, di * i * (1.0f - i), part);
      store_lanes(gf + j, df * f * (1.0f - f), part);
      store_lanes(gg + j, dc * i * (1.0f - g * g), part);
      store_lanes(go + j, dh * tanh_c * o * (1.0f - o), part);
      store_lanes(dcs + j, dc * f, part);
    }
  }
}

static void lstm_backward_elements(const Recurrence *r, isize t, isize b0, isize b1) {
  const Lstm *cell = r->cell;
  WITH_GATE(lstm_backward_rows, cell->capped);
}

#endif
