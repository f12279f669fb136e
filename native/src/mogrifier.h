/*
 * Mogrifier LSTM: before each time step x and h gate each other for r rounds; with x⁻¹ = x_t, h⁰ = h_{t−1}
 *   odd i:   x^i = 2σ(Q^i h^{i−1} + b^i) ⊙ x^{i−2}
 *   even i:  h^i = 2σ(R^i x^{i−1} + b^i) ⊙ h^{i−2}
 * and then the LSTM of the last x and the last h: gates = W_ih x + b + W_hh h. Q and R may be of low rank, left · right.
 *
 * In the time loop that the cells share a time step is r + 1 steps, one a round and one for the LSTM: each is products
 * with packed weights and an element-wise step too. Step s is time step s / (r + 1), backward in the reverse order.
 */
#ifndef RECURRA_MOGRIFIER_H
#define RECURRA_MOGRIFIER_H

#include "lstm.h"

#define MOST_ROUNDS 16

/* One round i: y = s ⊙ u with s = 2σ(W v + b^i): y = x^i, u = x^{i−2}, v = h^{i−1}, or the other way round. */
typedef struct {
  /*
   * W packed: forward Wᵀ, backward W. Of low rank in two, in the order in which they are multiplied: forward right,
   * left; backward left, right. Else `second` is 0.
   */
  const float *first, *second;
  const float *bias;
  float *s;   /* (T, B, n); backward it becomes the gradient by W v + b */
  float *y;   /* (T, B, n) */
  float *low; /* (T, B, rank): right v; backward its gradient */
} Round;

typedef struct {
  Lstm lstm; /* first, so that its element-wise steps find it: w is W_hh */
  isize I, rounds, rank;
  const float *w_ih, *bias;
  const float *x; /* (T, B, I) */
  float *dx;      /* (T, B, I) */
  Round round[MOST_ROUNDS];
} Mogrifier;

/* How many doubles tell of a round, in the order of the struct: addresses, 0 for none. */
#define ROUND_ADDRESSES 6

static void mogrifier_rounds(Mogrifier *m, const double *addresses) {
  for (isize i = 0; i < m->rounds; i++) {
    float *p[ROUND_ADDRESSES];
    for (int k = 0; k < ROUND_ADDRESSES; k++) p[k] = (float *)(uintptr_t)*addresses++;
    m->round[i] = (Round){p[0], p[1], p[2], p[3], p[4], p[5]};
  }
}

/* Whether round i, here counted from 0, changes x; else it changes h. */
INLINE int changes_x(isize i) { return i % 2 == 0; }
INLINE isize changed_width(const Recurrence *r, const Mogrifier *m, isize i) { return changes_x(i) ? m->I : r->H; }

/* What rounds 0 … i − 1 left of x and of h: (T, B, I) and (T, B, H), the first h being h_{t−1}. */
INLINE const float *x_before(const Mogrifier *m, isize i) { return i < 1 ? m->x : m->round[(i - 1) / 2 * 2].y; }
INLINE const float *h_before(const Mogrifier *m, isize i) {
  return i < 2 ? m->lstm.hs : m->round[(i - 2) / 2 * 2 + 1].y;
}

/* The longest row that is multiplied forward. */
INLINE isize mogrifier_widest(const Mogrifier *m, isize H) {
  isize widest = H > m->I ? H : m->I;
  return widest > m->rank ? widest : m->rank;
}

/* C (M, N) = A (M, K) · packed, rows without gaps. A function of its own: it is called often, and not in an inner loop. */
static __attribute__((noinline)) void put_product(Product *out, Pool *pool, isize M, isize N, isize K, const float *a,
                                                  const float *packed, float *c, const float *bias, int add) {
  *out = step_product(pool, M, N, K, a, K, packed, c, N, bias, add);
}

static int mogrifier_forward_products(const Recurrence *r, isize step, isize b0, isize b1, Product *out) {
  const Mogrifier *m = r->cell;
  isize H = r->H, I = m->I, k = m->rank, M = b1 - b0, i = step % (m->rounds + 1);
  isize now = step / (m->rounds + 1) * r->B + b0;
  const float *x = x_before(m, i) + now * I, *h = h_before(m, i) + now * H;
  if (i == m->rounds) {
    float *gates = m->lstm.gates + now * 4 * H;
    put_product(&out[0], r->pool, M, 4 * H, I, x, m->w_ih, gates, m->bias, 0);
    put_product(&out[1], r->pool, M, 4 * H, H, h, m->lstm.w, gates, NULL, 1);
    return 2;
  }
  const Round *round = &m->round[i];
  isize n = changed_width(r, m, i), read = changes_x(i) ? H : I;
  const float *v = changes_x(i) ? h : x;
  float *s = round->s + now * n;
  if (!round->second) {
    put_product(&out[0], r->pool, M, n, read, v, round->first, s, round->bias, 0);
    return 1;
  }
  float *low = round->low + now * k;
  put_product(&out[0], r->pool, M, k, read, v, round->first, low, NULL, 0);
  put_product(&out[1], r->pool, M, n, k, low, round->second, s, round->bias, 0);
  return 2;
}

static void mogrifier_forward_elements(const Recurrence *r, isize step, isize b0, isize b1) {
  const Mogrifier *m = r->cell;
  isize i = step % (m->rounds + 1), t = step / (m->rounds + 1);
  if (i == m->rounds) {
    lstm_forward_elements(r, t, b0, b1);
    return;
  }
  isize n = changed_width(r, m, i);
  const float *before = changes_x(i) ? x_before(m, i) : h_before(m, i);
  for (isize b = b0; b < b1; b++) {
    isize now = (t * r->B + b) * n;
    const float *u = before + now;
    float *s = m->round[i].s + now, *y = m->round[i].y + now;
    FOR_VECTORS(j, n, part) {
      vf gate = 2.0f * vsigmoid(load_lanes(s + j, part));
      store_lanes(s + j, gate, part);
      store_lanes(y + j, gate * load_lanes(u + j, part), part);
    }
  }
}

/* dv += Wᵀ da, where of low rank by way of dlow = leftᵀ da; after the LSTM's step dx = W_ihᵀ dgates, dh = W_hhᵀ dgates. */
static int mogrifier_backward_products(const Recurrence *r, isize step, isize b0, isize b1, Product *out) {
  const Mogrifier *m = r->cell;
  isize H = r->H, I = m->I, k = m->rank, M = b1 - b0, i = step % (m->rounds + 1);
  isize now = step / (m->rounds + 1) * r->B + b0;
  float *dx = m->dx + now * I, *dh = m->lstm.dh + b0 * H;
  if (i == m->rounds) {
    const float *dgates = m->lstm.gates + now * 4 * H;
    put_product(&out[0], r->pool, M, I, 4 * H, dgates, m->w_ih, dx, NULL, 0);
    put_product(&out[1], r->pool, M, H, 4 * H, dgates, m->lstm.w, dh, NULL, 0);
    return 2;
  }
  const Round *round = &m->round[i];
  isize n = changed_width(r, m, i), read = changes_x(i) ? H : I;
  float *dv = changes_x(i) ? dh : dx;
  const float *da = round->s + now * n;
  if (!round->second) {
    put_product(&out[0], r->pool, M, read, n, da, round->first, dv, NULL, 1);
    return 1;
  }
  float *dlow = round->low + now * k;
  put_product(&out[0], r->pool, M, k, n, da, round->first, dlow, NULL, 0);
  put_product(&out[1], r->pool, M, read, k, dlow, round->second, dv, NULL, 1);
  return 2;
}

/* da = dy ⊙ u ⊙ s (1 − s / 2), as s = 2σ(a);  du = dy ⊙ s */
static void mogrifier_backward_elements(const Recurrence *r, isize step, isize b0, isize b1) {
  const Mogrifier *m = r->cell;
  isize i = step % (m->rounds + 1), t = step / (m->rounds + 1);
  if (i == m->rounds) {
    lstm_backward_elements(r, t, b0, b1);
    return;
  }
  isize n = changed_width(r, m, i);
  const float *before = changes_x(i) ? x_before(m, i) : h_before(m, i);
  for (isize b = b0; b < b1; b++) {
    isize now = t * r->B + b;
    const float *u = before + now * n;
    float *s = m->round[i].s + now * n, *d = changes_x(i) ? m->dx + now * n : m->lstm.dh + b * n;
    FOR_VECTORS(j, n, part) {
      vf gate = load_lanes(s + j, part), dy = load_lanes(d + j, part);
      store_lanes(s + j, dy * load_lanes(u + j, part) * gate * (1.0f - 0.5f * gate), part);
      store_lanes(d + j, dy * gate, part);
    }
  }
}

#endif
