/* Optimizer updates and sums over a gradient: plain loops over memory, which the compiler turns into vectors. */
#ifndef RECURRA_UPDATE_H
#define RECURRA_UPDATE_H

#include "recurrence.h"

typedef struct {
  isize n, parts;
  const float *x;
  float *y;
  float factor, keep;
} ScaledSum;

/* y = keep · y + factor · x */
static void add_scaled_task(void *context, int task, int worker) {
  const ScaledSum *s = context;
  (void)worker;
  isize from, to;
  part_of(s->n, ELEMENT_UNIT, s->parts, task, &from, &to);
  const float *x = s->x + from;
  float *y = s->y + from;
  vf factor = splat(s->factor), keep = splat(s->keep);
  int fresh = s->keep == 0;
  FOR_VECTORS(i, to - from, part) {
    vf kept = fresh ? (vf){0} : load_lanes(y + i, part) * keep;
    store_lanes(y + i, multiply_add(load_lanes(x + i, part), factor, kept), part);
  }
}

/* An update of n elements; or, with `rows`, of n rows of E elements, each row once. */
typedef struct {
  isize n, parts;
  float *w, *m, *v;
  const float *g;
  const int32_t *rows;
  isize E;
  float lr, momentum, decay, scale, beta1, beta2, epsilon, step_size, root_correction, share;
  int decoupled, belief;
  double *sums;
} Update;

/* v = momentum · v + (s·g + decay · w);  w −= lr · v */
INLINE void sgd_elements(const Update *u, isize from, isize to) {
  float *restrict w = u->w, *restrict v = u->v;
  const float *restrict g = u->g;
  float lr = u->lr, momentum = u->momentum, decay = u->decay, scale = u->scale;
  if (v) {
    for (isize i = from; i < to; i++) {
      float d = momentum * v[i] + (scale * g[i] + decay * w[i]);
      v[i] = d;
      w[i] -= lr * d;
    }
  } else {
    for (isize i = from; i < to; i++) w[i] -= lr * (scale * g[i] + decay * w[i]);
  }
}

/*
 * m = β₁ m + (1 − β₁) g;  v = β₂ v + (1 − β₂) g²;  w −= step_size · m / (√v / √(1 − β₂ᵗ) + ε)
 * With `belief`, AdaBelief: v = β₂ v + (1 − β₂) (g − m)² + ε, with the new m.
 */
INLINE void adam_elements(const Update *u, isize from, isize to) {
  float *restrict w = u->w, *restrict m = u->m, *restrict v = u->v;
  const float *restrict g = u->g;
  float beta1 = u->beta1, beta2 = u->beta2, scale = u->scale, epsilon = u->epsilon;
  float step_size = u->step_size, inverse_root = 1.0f / u->root_correction;
  float shrink = u->decoupled ? 1.0f - u->lr * u->decay : 1.0f;
  float decay = u->decoupled ? 0.0f : u->decay;
  if (u->belief) {
    for (isize i = from; i < to; i++) {
      float gi = scale * g[i] + decay * w[i];
      float mi = beta1 * m[i] + (1.0f - beta1) * gi;
      float vi = beta2 * v[i] + (1.0f - beta2) * (gi - mi) * (gi - mi) + epsilon;
      m[i] = mi;
      v[i] = vi;
      w[i] = shrink * w[i] - step_size * mi / (__builtin_sqrtf(vi) * inverse_root + epsilon);
    }
    return;
  }
  for (isize i = from; i < to; i++) {
    float gi = scale * g[i] + decay * w[i];
    float mi = beta1 * m[i] + (1.0f - beta1) * gi;
    float vi = beta2 * v[i] + (1.0f - beta2) * gi * gi;
    m[i] = mi;
    v[i] = vi;
    w[i] = shrink * w[i] - step_size * mi / (__builtin_sqrtf(vi) * inverse_root + epsilon);
  }
}

/*
 * Schedule-free AdamW, w being y and m being z:
 * v = β₂ v + (1 − β₂) g²;  d = g / (√v / √(1 − β₂ᵗ) + ε) + decay · y
 * y += c (z − y) − lr (1 − β₁ (1 − c)) d;  z −= lr · d
 */
INLINE void schedule_free_elements(const Update *u, isize from, isize to) {
  float *restrict y = u->w, *restrict z = u->m, *restrict v = u->v;
  const float *restrict g = u->g;
  float lr = u->lr, beta2 = u->beta2, scale = u->scale, epsilon = u->epsilon, decay = u->decay, share = u->share;
  float inverse_root = 1.0f / u->root_correction, own = lr * (1.0f - u->beta1 * (1.0f - share));
  for (isize i = from; i < to; i++) {
    float gi = scale * g[i];
    float vi = beta2 * v[i] + (1.0f - beta2) * gi * gi;
    float d = gi / (__builtin_sqrtf(vi) * inverse_root + epsilon) + decay * y[i];
    v[i] = vi;
    y[i] += share * (z[i] - y[i]) - own * d;
    z[i] -= lr * d;
  }
}

/* A task's part of the elements, or of the rows. */
#define UPDATE_TASK(name)                                                                    \
  static void name##_task(void *context, int task, int worker) {                            \
    const Update *u = context;                                                               \
    (void)worker;                                                                            \
    isize from, to;                                                                          \
    part_of(u->n, u->rows ? 1 : ELEMENT_UNIT, u->parts, task, &from, &to);                   \
    if (!u->rows) name##_elements(u, from, to);                                              \
    else                                                                                     \
      for (isize r = from; r < to; r++) name##_elements(u, u->rows[r] * u->E, (u->rows[r] + 1) * u->E); \
  }

UPDATE_TASK(sgd)
UPDATE_TASK(adam)
UPDATE_TASK(schedule_free)

/* A step of dynamic evaluation, on n elements or on n rows of E. */
typedef struct {
  float *w, *g;
  const float *w0, *rms;
  const int32_t *rows;
  isize n, E, parts;
  float lr, decay, epsilon;
} DynamicStep;

/* w += min(1, decay · rms) (w0 − w) − lr · g / (rms + ε);  g = 0 */
static void dynamic_step_run(const DynamicStep *s, isize from, isize n) {
  float *restrict w = s->w + from, *restrict g = s->g + from;
  const float *restrict w0 = s->w0 + from;
  float lr = s->lr, decay = s->decay, epsilon = s->epsilon;
  if (s->rms) {
    const float *restrict rms = s->rms + from;
    for (isize i = 0; i < n; i++) {
      float back = decay * rms[i];
      back = back < 1.0f ? back : 1.0f;
      w[i] += back * (w0[i] - w[i]) - lr * g[i] / (rms[i] + epsilon);
      g[i] = 0;
    }
  } else {
    float back = decay < 1.0f ? decay : 1.0f;
    for (isize i = 0; i < n; i++) {
      w[i] += back * (w0[i] - w[i]) - lr * g[i];
      g[i] = 0;
    }
  }
}

static void dynamic_step_task(void *context, int task, int worker) {
  const DynamicStep *s = context;
  (void)worker;
  isize from, to;
  part_of(s->n, ELEMENT_UNIT, s->parts, task, &from, &to);
  dynamic_step_run(s, from, to - from);
}

static void dynamic_step_rows_task(void *context, int task, int worker) {
  const DynamicStep *s = context;
  (void)worker;
  isize from, to;
  part_of(s->n, 1, s->parts, task, &from, &to);
  for (isize r = from; r < to; r++) dynamic_step_run(s, s->rows[r] * s->E, s->E);
}

/* Σ x², lanes and blocks in a fixed order. */
static double squares_of(const float *x, isize n) {
  vf sums[4] = {{0}, {0}, {0}, {0}};
  isize i = 0;
  for (; i + 4 * VL <= n; i += 4 * VL)
    for (int j = 0; j < 4; j++) {
      vf xj = load(x + i + j * VL);
      sums[j] += xj * xj;
    }
  double tail = 0;
  for (; i < n; i++) tail += (double)x[i] * x[i];
  float lanes[VL];
  store(lanes, (sums[0] + sums[1]) + (sums[2] + sums[3]));
  for (int l = 0; l < VL; l++) tail += lanes[l];
  return tail;
}

#define MAX_SUMS 1024

static void squares_task(void *context, int task, int worker) {
  const Update *u = context;
  (void)worker;
  isize from, to;
  part_of(u->n, ELEMENT_UNIT, u->parts, task, &from, &to);
  u->sums[task] = squares_of(u->g + from, to - from);
}

/* Σ x² of n elements, in parts that do not depend on the threads. */
static double sum_of_squares_in(Pool *pool, const float *x, isize n) {
  double sums[MAX_SUMS], total = 0;
  Update u = {.n = n, .g = x, .sums = sums};
  u.parts = imin(MAX_SUMS, ceil_div(u.n, 16 * ELEMENT_UNIT));
  pool_run(pool, (int)u.parts, squares_task, &u);
  for (isize i = 0; i < u.parts; i++) total += sums[i];
  return total;
}

#endif
