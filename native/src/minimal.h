/*
 * minLSTM and minGRU (Feng et al., 2024): h_t = a_t ⊙ h_{t−1} + c_t ⊙ h̃_t with a + c = 1, all of them from x_t alone.
 *   minGRU, gate order z h̃:      c = σ(k_z)
 *   minLSTM, gate order f i h̃:   f, i = σ(k);  a = f / (f + i),  c = i / (f + i)
 *   h̃ = g(k_h),  g(x) = x + 0.5 for x ≥ 0 and σ(x) below
 *
 * There is no product in the recurrence, and no column (b, j) meets another, so each thread takes some columns through
 * the whole window. The steps of a column stay in order, whatever the number of threads: the bits are the same.
 * The activations are made again on the way back instead of being kept: an exponential costs less than its memory.
 */
#ifndef RECURRA_MINIMAL_H
#define RECURRA_MINIMAL_H

#include "activations.h"
#include "recurrence.h"

/* Columns are handed out by cache lines; a multiple of every VL, so that no column changes its lane. */
#define COLUMN_UNIT 16
/* Elements of a window below which a second thread costs more than it brings. */
#define MINIMAL_WORTH_A_THREAD 2048

typedef struct {
  isize T, B, H, parts;
  int lstm;
  float *gates; /* (T, B, GH) */
  float *hs;    /* (T + 1, B, H) */
  const float *dy;
  float *dh; /* (B, H); NULL forward */
} Minimal;

/* Below this a gate of minLSTM counts as this, so that the sum of two exponentials is finite. */
#define LOWEST_GATE -80.0f

/* e^−k with NaN kept. */
INLINE vf inverse_odds(vf k) {
  vf lowest = splat(LOWEST_GATE);
  return vexp(-choose(lowest > k, lowest, k));
}

INLINE vf candidate(vf x) { return choose(x >= 0.0f, x + 0.5f, vsigmoid(x)); }

INLINE vf candidate_slope(vf x, vf value) { return choose(x >= 0.0f, splat(1.0f), value * (1.0f - value)); }

/*
 * With u = e^−k_f and v = e^−k_i:  a = (1 + v) r,  c = (1 + u) r,  r = 1 / (2 + u + v).
 * ∂a/∂k_f = a c (1 − f) = a r u,  ∂a/∂k_i = −a c (1 − i) = −c r v
 */
INLINE void minlstm_forward(const Minimal *m, isize g, isize h, isize n) {
  const float *gf = m->gates + g, *gi = gf + m->H, *gh = gi + m->H, *before = m->hs + h;
  float *hs = m->hs + h + m->B * m->H;
  FOR_VECTORS(j, n, part) {
    vf u = inverse_odds(load_lanes(gf + j, part)), v = inverse_odds(load_lanes(gi + j, part));
    vf r = 1.0f / (2.0f + u + v);
    vf a = (1.0f + v) * r, c = (1.0f + u) * r;
    store_lanes(hs + j, a * load_lanes(before + j, part) + c * candidate(load_lanes(gh + j, part)), part);
  }
}

/* da = dh (h_{t−1} − h̃),  dh̃ = dh c,  dh_{t−1} = dh a */
INLINE void minlstm_backward(const Minimal *m, isize g, isize h, isize first, isize n) {
  float *gf = m->gates + g, *gi = gf + m->H, *gh = gi + m->H, *dhs = m->dh + first;
  const float *before = m->hs + h, *dy = m->dy + h;
  FOR_VECTORS(j, n, part) {
    vf u = inverse_odds(load_lanes(gf + j, part)), v = inverse_odds(load_lanes(gi + j, part));
    vf r = 1.0f / (2.0f + u + v);
    vf a = (1.0f + v) * r, c = (1.0f + u) * r;
    vf x = load_lanes(gh + j, part), value = candidate(x);
    vf dh = load_lanes(dy + j, part) + load_lanes(dhs + j, part);
    vf da = dh * (load_lanes(before + j, part) - value);
    store_lanes(gf + j, da * (a * (r * u)), part);
    store_lanes(gi + j, -da * (c * (r * v)), part);
    store_lanes(gh + j, dh * c * candidate_slope(x, value), part);
    store_lanes(dhs + j, dh * a, part);
  }
}

INLINE void mingru_forward(const Minimal *m, isize g, isize h, isize n) {
  const float *gz = m->gates + g, *gh = gz + m->H, *before = m->hs + h;
  float *hs = m->hs + h + m->B * m->H;
  FOR_VECTORS(j, n, part) {
    vf z = vsigmoid(load_lanes(gz + j, part));
    store_lanes(hs + j, (1.0f - z) * load_lanes(before + j, part) + z * candidate(load_lanes(gh + j, part)), part);
  }
}

INLINE void mingru_backward(const Minimal *m, isize g, isize h, isize first, isize n) {
  float *gz = m->gates + g, *gh = gz + m->H, *dhs = m->dh + first;
  const float *before = m->hs + h, *dy = m->dy + h;
  FOR_VECTORS(j, n, part) {
    vf z = vsigmoid(load_lanes(gz + j, part)), a = 1.0f - z;
    vf x = load_lanes(gh + j, part), value = candidate(x);
    vf dh = load_lanes(dy + j, part) + load_lanes(dhs + j, part);
    store_lanes(gz + j, dh * (value - load_lanes(before + j, part)) * (z * a), part);
    store_lanes(gh + j, dh * z * candidate_slope(x, value), part);
    store_lanes(dhs + j, dh * a, part);
  }
}

/* Columns from … to of time step t: pieces of rows. A row is H columns, cut into units; see COLUMN_UNIT. */
INLINE void minimal_columns(const Minimal *m, isize t, isize from, isize to) {
  isize H = m->H, units = ceil_div(H, COLUMN_UNIT), G = m->lstm ? 3 : 2;
  for (isize u = from, next; u < to; u = next) {
    isize b = u / units, now = t * m->B + b;
    next = imin(to, (b + 1) * units);
    isize j = (u - b * units) * COLUMN_UNIT, n = imin(H, (next - b * units) * COLUMN_UNIT) - j;
    isize g = now * G * H + j, h = now * H + j;
    if (!m->dh || !GRADIENTS) {
      if (m->lstm) minlstm_forward(m, g, h, n);
      else mingru_forward(m, g, h, n);
    } else {
      if (m->lstm) minlstm_backward(m, g, h, b * H + j, n);
      else mingru_backward(m, g, h, b * H + j, n);
    }
  }
}

static void minimal_task(void *context, int task, int worker) {
  const Minimal *m = context;
  (void)worker;
  isize from, to;
  part_of(m->B * ceil_div(m->H, COLUMN_UNIT), 1, m->parts, task, &from, &to);
  for (isize s = 0; s < m->T; s++) minimal_columns(m, m->dh ? m->T - 1 - s : s, from, to);
}

static void minimal_run(Pool *pool, Minimal *m) {
  isize columns = m->B * ceil_div(m->H, COLUMN_UNIT);
  m->parts = m->T * m->B * m->H < MINIMAL_WORTH_A_THREAD ? 1 : imin(pool_threads(pool), columns);
  pool_run(pool, (int)m->parts, minimal_task, m);
}

#endif
