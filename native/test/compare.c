/*
 * Runs every instruction set that this build and processor have on the same random operands and compares the results
 * with the baseline's. It needs neither Node nor JavaScript, so it also runs under an emulator: see
 * scripts/test-kernels.sh. The last line is "N passed, N failed".
 */
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../src/kernels.h"
#include "../src/pool.h"
#include "../src/probe.h"

#define AT(p) ((double)(uintptr_t)(p))
#define MAX_OUTPUTS 16

static uint32_t random_state;

/* A number in [−1, 1). */
static float draw(void) {
  random_state = random_state * 1664525u + 1013904223u;
  return (float)(int32_t)random_state / 2147483648.0f;
}

static float *drawn(size_t n, float scale) {
  float *x = malloc(n * sizeof *x);
  for (size_t i = 0; i < n; i++) x[i] = draw() * scale;
  return x;
}

typedef struct {
  const Kernel *k;
  Pool *pool;
  float *outputs[MAX_OUTPUTS];
  size_t lengths[MAX_OUTPUTS];
  int count;
  int bf16; /* products round their operands to bfloat16 */
} Run;

static float *output(Run *run, float *x, size_t n) {
  run->outputs[run->count] = x;
  run->lengths[run->count++] = n;
  return x;
}

static float *packed(Run *run, float *w, int k, int n, int transposed) {
  float *to = malloc((size_t)run->k[KERNEL_packed_length]((double[]){k, n, run->bf16}) * sizeof *to);
  run->k[KERNEL_pack]((double[]){AT(run->pool), AT(w), AT(to), k, n, transposed, run->bf16});
  return to;
}

#define CALL(name, ...) run->k[KERNEL_##name]((double[24]){AT(run->pool), __VA_ARGS__})

static void products(Run *run, int N, int k, int n) {
  float *x = drawn(N * k, 1), *w = drawn(n * k, 1), *b = drawn(n, 1);
  float *y = output(run, drawn(N * n, 1), N * n), *z = output(run, drawn(N * n, 1), N * n);
  float *dw = output(run, drawn(n * k, 1), n * k), *db = output(run, drawn(n, 1), n);
  CALL(matmul, AT(x), AT(packed(run, w, k, n, 1)), AT(y), N, k, n, AT(b), 0, run->bf16);
  CALL(linear, AT(x), AT(w), AT(z), N, k, n, AT(b));
  CALL(weight_gradient, AT(y), AT(x), AT(dw), N, n, k, n, run->bf16);
  CALL(bias_gradient, AT(y), AT(db), N, n, n);
}

static void rnn(Run *run, int T, int B, int H) {
  float *w = drawn(H * H, 0.2f), *z = drawn(T * B * H, 1), *dy = drawn(T * B * H, 1);
  float *hs = output(run, drawn((T + 1) * B * H, 1), (T + 1) * B * H);
  float *dz = output(run, drawn(T * B * H, 1), T * B * H), *dh = output(run, drawn(B * H, 1), B * H);
  CALL(rnn_forward, T, B, H, 0, AT(packed(run, w, H, H, 1)), AT(z), AT(hs), 0, run->bf16);
  CALL(rnn_backward, T, B, H, 0, AT(packed(run, w, H, H, 0)), AT(dz), AT(hs), AT(dy), AT(dh), run->bf16);
}

static void lstm_gated(Run *run, int T, int B, int H, int capped) {
  float *w = drawn(4 * H * H, 0.2f), *dy = drawn(T * B * H, 1);
  float *gates = output(run, drawn(T * B * 4 * H, 1), T * B * 4 * H);
  float *hs = output(run, drawn((T + 1) * B * H, 1), (T + 1) * B * H);
  float *cs = output(run, drawn((T + 1) * B * H, 1), (T + 1) * B * H);
  float *dh = output(run, drawn(B * H, 1), B * H), *dc = output(run, drawn(B * H, 1), B * H);
  CALL(lstm_forward, T, B, H, capped, AT(packed(run, w, H, 4 * H, 1)), AT(gates), AT(hs), AT(cs), 0, run->bf16);
  CALL(lstm_backward, T, B, H, capped, AT(packed(run, w, 4 * H, H, 0)), AT(gates), AT(cs), AT(dy), AT(dh), AT(dc),
       run->bf16);
}

static void lstm(Run *run, int T, int B, int H) { lstm_gated(run, T, B, H, 0); }
static void capped_lstm(Run *run, int T, int B, int H) { lstm_gated(run, T, B, H, 1); }

/* Three rounds, full or of low rank; I is H + 3. */
static void mogrifier_of(Run *run, int T, int B, int H, int k) {
  int N = T * B, I = H + 3;
  float *w_ih = drawn(4 * H * I, 0.2f), *w_hh = drawn(4 * H * H, 0.2f), *bias = drawn(4 * H, 1), *x = drawn(N * I, 1);
  float *gates = output(run, drawn(N * 4 * H, 1), N * 4 * H), *dy = drawn(N * H, 1);
  float *hs = output(run, drawn((T + 1) * B * H, 1), (T + 1) * B * H);
  float *cs = output(run, drawn((T + 1) * B * H, 1), (T + 1) * B * H);
  float *dh = output(run, drawn(B * H, 1), B * H), *dc = output(run, drawn(B * H, 1), B * H);
  float *dx = output(run, drawn(N * I, 1), N * I);
  double forward[3 * 6], backward[3 * 6];
  for (int i = 0; i < 3; i++) {
    int n = i % 2 == 0 ? I : H, m = i % 2 == 0 ? H : I;
    float *left = drawn(n * (k ? k : m), 0.2f), *right = drawn(k * m, 0.2f), *b = drawn(n, 1);
    float *s = output(run, drawn(N * n, 1), N * n), *y = drawn(N * n, 1);
    double *f = forward + 6 * i, *d = backward + 6 * i;
    f[0] = AT(k ? packed(run, right, m, k, 1) : packed(run, left, m, n, 1));
    f[1] = k ? AT(packed(run, left, k, n, 1)) : 0;
    d[0] = AT(k ? packed(run, left, n, k, 0) : packed(run, left, n, m, 0));
    d[1] = k ? AT(packed(run, right, k, m, 0)) : 0;
    f[2] = d[2] = AT(b);
    f[3] = d[3] = AT(s);
    f[4] = d[4] = AT(y);
    f[5] = AT(output(run, drawn(N * k, 1), N * k));
    d[5] = AT(output(run, drawn(N * k, 1), N * k));
  }
  CALL(mogrifier_forward, T, B, H, I, 3, k, 0, AT(forward), AT(packed(run, w_ih, I, 4 * H, 1)),
       AT(packed(run, w_hh, H, 4 * H, 1)), AT(bias), AT(x), AT(gates), AT(hs), AT(cs), 0, run->bf16);
  CALL(mogrifier_backward, T, B, H, I, 3, k, 0, AT(backward), AT(packed(run, w_ih, 4 * H, I, 0)),
       AT(packed(run, w_hh, 4 * H, H, 0)), AT(x), AT(gates), AT(hs), AT(cs), AT(dy), AT(dx), AT(dh), AT(dc), run->bf16);
}

static void mogrifier(Run *run, int T, int B, int H) { mogrifier_of(run, T, B, H, 0); }
static void low_rank(Run *run, int T, int B, int H) { mogrifier_of(run, T, B, H, 5); }

static void gru(Run *run, int T, int B, int H) {
  float *w = drawn(3 * H * H, 0.2f), *wn = w + 2 * H * H, *b = drawn(3 * H, 1), *dy = drawn(T * B * H, 1);
  float *gates = output(run, drawn(T * B * 3 * H, 1), T * B * 3 * H);
  float *q = output(run, drawn(T * B * H, 1), T * B * H);
  float *hs = output(run, drawn((T + 1) * B * H, 1), (T + 1) * B * H), *dh = output(run, drawn(B * H, 1), B * H);
  CALL(gru_forward, T, B, H, AT(packed(run, w, H, 2 * H, 1)), AT(packed(run, wn, H, H, 1)), AT(b), AT(gates), AT(q), AT(hs),
       0, run->bf16);
  CALL(gru_backward, T, B, H, AT(packed(run, w, 2 * H, H, 0)), AT(packed(run, wn, H, H, 0)), AT(gates), AT(q), AT(hs),
       AT(dy), AT(dh), run->bf16);
}

static void minimal(Run *run, int T, int B, int H) {
  for (int lstm = 0; lstm < 2; lstm++) {
    int G = lstm ? 3 : 2;
    float *dy = drawn(T * B * H, 1);
    float *gates = output(run, drawn(T * B * G * H, 3), T * B * G * H);
    float *hs = output(run, drawn((T + 1) * B * H, 1), (T + 1) * B * H), *dh = output(run, drawn(B * H, 1), B * H);
    CALL(minimal_forward, T, B, H, lstm, AT(gates), AT(hs));
    CALL(minimal_backward, T, B, H, lstm, AT(gates), AT(hs), AT(dy), AT(dh));
  }
}

static void softmax(Run *run, int N, int H, int V) {
  float *h = drawn(N * H, 1), *w = drawn(V * H, 1), *b = drawn(V, 1);
  int chunk = (N + 1) / 2;
  float *room = malloc(sizeof(float) * (size_t)CALL(softmax_room, chunk, H, V, 1, 0, 1));
  int32_t *targets = malloc(sizeof *targets * N);
  for (int n = 0; n < N; n++) targets[n] = n % 3 == 2 ? -1 : (n * 7) % V;
  float *stats = output(run, drawn(N * 4, 1), N * 4), *dh = output(run, drawn(N * H, 1), N * H);
  float *dw = output(run, drawn(V * H, 1), V * H), *db = output(run, drawn(V, 1), V);
  CALL(softmax_loss, N, H, V, AT(h), AT(w), AT(b), AT(targets), AT(stats), AT(room), chunk, 0.1, AT(dh), AT(dw), AT(db), 0,
       run->bf16, 0, 0, 1);
}

/* A mixture of three: with gradients, which is the last to write the statistics, and without. */
static void mixture(Run *run, int N, int H, int V) {
  int K = 3, R = N * K, chunk = (N + 1) / 2 * K;
  float *h = drawn(R * H, 1), *w = drawn(V * H, 1), *b = drawn(V, 1), *prior = drawn(R, 1);
  int32_t *targets = malloc(sizeof *targets * N);
  for (int n = 0; n < N; n++) targets[n] = n % 3 == 2 ? -1 : (n * 7) % V;
  float *stats = output(run, drawn(R * 4, 1), R * 4), *dh = output(run, drawn(R * H, 1), R * H);
  float *dw = output(run, drawn(V * H, 1), V * H), *db = output(run, drawn(V, 1), V), *dprior = output(run, drawn(R, 1), R);
  float *room = malloc(sizeof(float) * (size_t)CALL(softmax_room, chunk, H, V, 0, 0, K));
  CALL(softmax_loss, N, H, V, AT(h), AT(w), AT(b), AT(targets), AT(stats), AT(room), chunk, 0, 0, 0, 0, 0,
       0, 0, 0, K, AT(prior), 0);
  float *measured = output(run, drawn(R * 4, 1), R * 4);
  memcpy(measured, stats, sizeof(float) * R * 4);
  room = malloc(sizeof(float) * (size_t)CALL(softmax_room, chunk, H, V, 1, 0, K));
  CALL(softmax_loss, N, H, V, AT(h), AT(w), AT(b), AT(targets), AT(stats), AT(room), chunk, 0.1, AT(dh), AT(dw), AT(db), 0,
       run->bf16, 0, 0, K, AT(prior), AT(dprior));
}

/* The same with products of bfloat16. */
#define IN_BF16(name)                                          \
  static void bf16_##name(Run *run, int a, int b, int c) {     \
    run->bf16 = 1;                                             \
    name(run, a, b, c);                                        \
  }
IN_BF16(products)
IN_BF16(rnn)
IN_BF16(lstm)
IN_BF16(gru)
IN_BF16(low_rank)
IN_BF16(softmax)
IN_BF16(mixture)

static void softmax_mean(Run *run, int N, int H, int V) {
  float *h = drawn(N * H, 1), *w = drawn(V * H, 1), *b = drawn(V, 1), *de = drawn(N * H, 1);
  int chunk = (N + 1) / 2;
  float *room = malloc(sizeof(float) * 2 * chunk * V), *stats = drawn(N * 4, 1);
  int32_t *targets = malloc(sizeof *targets * N);
  for (int n = 0; n < N; n++) targets[n] = n % 3 == 2 ? -1 : (n * 7) % V;
  float *e = output(run, drawn(N * H, 1), N * H), *dh = output(run, drawn(N * H, 1), N * H);
  float *dw = output(run, drawn(V * H, 1), V * H), *db = output(run, drawn(V, 1), V);
  CALL(softmax_mean, N, H, V, AT(h), AT(w), AT(b), AT(targets), 0, AT(stats), AT(room), chunk, run->bf16, AT(e));
  CALL(softmax_mean, N, H, V, AT(h), AT(w), AT(b), AT(targets), AT(b), AT(stats), AT(room), chunk, run->bf16, 0, AT(de), 0.1,
       AT(dh), AT(dw), AT(db));
}

static void tanhs(Run *run, int n, int unused, int scale) {
  (void)unused;
  float *x = drawn(n, (float)scale * 3), *y = output(run, drawn(n, 1), n), *dy = output(run, drawn(n, 1), n);
  CALL(tanh_forward, AT(x), AT(y), n);
  CALL(tanh_backward, AT(y), AT(dy), n);
}

/* Every second row of (rows, E). */
static void row_updates(Run *run, int rows, int E, int unused) {
  (void)unused;
  int n = rows * E, count = rows / 2;
  float *g = drawn(n, 1), *w = output(run, drawn(n, 1), n), *m = output(run, drawn(n, 0.1f), n);
  float *v = output(run, drawn(n, 1), n), *sum = output(run, drawn(1, 1), 1);
  for (int i = 0; i < n; i++) v[i] = v[i] * v[i];
  int32_t *some = malloc(sizeof *some * (count + 1));
  for (int r = 0; r < count; r++) some[r] = rows - 1 - 2 * r;
  CALL(adam_rows, AT(w), AT(g), AT(m), AT(v), AT(some), count, E, 0.01, 0.9, 0.999, 1e-8, 0.1, 0, 0.5, 0.01, 0.9, 0);
  CALL(sgd_rows, AT(w), AT(g), AT(m), AT(some), count, E, 0.1, 0.9, 0.01, 0.5);
  CALL(sgd_rows, AT(w), AT(g), 0, AT(some), count, E, 0.1, 0, 0.01, 0.5);
  *sum = (float)(CALL(sum_of_squares_rows, AT(w), AT(some), count, E) / (n + 1));
}

static void updates(Run *run, int n, int unused, int p) {
  (void)unused;
  float *g = drawn(n, 1), *w = output(run, drawn(n, 1), n), *m = output(run, drawn(n, 0.1f), n);
  float *v = output(run, drawn(n, 1), n), *y = output(run, drawn(n, 1), n), *e = output(run, drawn(n, 1), n);
  for (int i = 0; i < n; i++) v[i] = v[i] * v[i];
  CALL(adam, AT(w), AT(g), AT(m), AT(v), n, 0.01, 0.9, 0.999, 1e-8, 0.1, 1, 0.5, 0.01, 0.9);
  CALL(adam, AT(w), AT(g), AT(m), AT(v), n, 0.01, 0.9, 0.999, 1e-16, 0.1, 1, 0.5, 0.01, 0.9, 1);
  CALL(schedule_free, AT(w), AT(g), AT(m), AT(v), n, 0.01, 0.9, 0.999, 1e-8, 0.1, 0.5, 0.9, 0.25);
  CALL(sgd, AT(w), AT(g), AT(m), n, 0.1, 0.9, 0.01, 0.5);
  CALL(add_scaled, AT(g), AT(w), n, 0.3, 0.7);
  CALL(dropout, AT(g), AT(y), n, n, 12345, -678, p * 1e7, 1.5);
  float *locked = output(run, drawn(n, 1), n), *rows = output(run, drawn(n, 1), n);
  int32_t *ids = malloc(sizeof *ids * n);
  for (int i = 0; i < n; i++) ids[i] = i * 7 % 11;
  CALL(dropout, AT(g), AT(locked), n, (n + 6) / 7, 12345, -678, p * 1e7, 1.5);
  CALL(dropout_rows, AT(g), AT(rows), AT(ids), n / 9, 9, 12345, -678, p * 1e7, 1.5);
  float *x = drawn(n, 10);
  run->k[KERNEL_activation]((double[]){n % 3, AT(x), AT(e), n});
}

/* An int8 operand of random elements, the extremes among them, and random scales. */
static float *quantized(Run *run, int k, int n) {
  int8_t *q = malloc((size_t)k * n);
  for (int i = 0; i < k * n; i++) q[i] = (int8_t)(draw() * 128);
  float *scales = drawn(n, 0.01f), *to = malloc((size_t)run->k[KERNEL_quantized_length]((double[]){k, n}) * sizeof *to);
  CALL(pack_quantized, AT(q), AT(scales), AT(to), k, n);
  return to;
}

static float *room_for_rounded(Run *run, int rows, int k) {
  return malloc((size_t)run->k[KERNEL_rounded_length]((double[]){k}) * rows * sizeof(float));
}

/* Sums of integers, and rounded step by step: the same bits everywhere. */
static void int8_products(Run *run, int N, int k, int n) {
  float *x = drawn(N * k, 3), *b = drawn(n, 1), *w = quantized(run, k, n);
  float *y = output(run, drawn(N * n, 1), N * n), *e = output(run, drawn(N * k, 1), N * k);
  int32_t *ids = malloc(sizeof *ids * N);
  for (int i = 0; i < N; i++) ids[i] = (i * 7) % n;
  CALL(matmul, AT(x), AT(w), AT(y), N, k, n, AT(b), AT(room_for_rounded(run, N, k)));
  CALL(embedding_quantized, AT(w), AT(ids), AT(e), N, k, n);
}

static void int8_cells(Run *run, int T, int B, int H) {
  float *w = quantized(run, H, 4 * H), *rz = quantized(run, H, 2 * H), *wn = quantized(run, H, H), *b = drawn(3 * H, 1);
  float *rounded = room_for_rounded(run, B, H), *z = drawn(T * B * H, 1), *q = drawn(T * B * H, 1);
  float *gates = output(run, drawn(T * B * 4 * H, 1), T * B * 4 * H), *cs = drawn((T + 1) * B * H, 1);
  float *hs[3];
  for (int i = 0; i < 3; i++) hs[i] = output(run, drawn((T + 1) * B * H, 1), (T + 1) * B * H);
  CALL(rnn_forward, T, B, H, 0, AT(wn), AT(z), AT(hs[0]), AT(rounded));
  CALL(lstm_forward, T, B, H, 0, AT(w), AT(gates), AT(hs[1]), AT(cs), AT(rounded));
  CALL(gru_forward, T, B, H, AT(rz), AT(wn), AT(b), AT(gates), AT(q), AT(hs[2]), AT(rounded));
}

static void int8_softmax(Run *run, int N, int H, int V) {
  float *h = drawn(N * H, 1), *w = quantized(run, H, V), *b = drawn(V, 1);
  int chunk = (N + 1) / 2;
  float *room = malloc(sizeof(float) * (size_t)CALL(softmax_room, chunk, H, V, 0, 0, 1));
  int32_t *targets = malloc(sizeof *targets * N);
  for (int n = 0; n < N; n++) targets[n] = n % 3 == 2 ? -1 : (n * 7) % V;
  float *stats = output(run, drawn(N * 4, 1), N * 4);
  CALL(softmax_loss, N, H, V, AT(h), AT(w), AT(b), AT(targets), AT(stats), AT(room), chunk, 0, 0, 0, 0,
       AT(room_for_rounded(run, chunk, H)), 0, 0, 0, 1);
}

static void peak(Run *run, int tasks, int iterations, int start) {
  float *means = output(run, drawn(tasks, 1), tasks);
  CALL(peak, iterations, 0.001, start, AT(means), tasks);
}

typedef struct {
  const char *name;
  void (*make)(Run *run, int a, int b, int c);
  int sizes[4][3];
  double tolerance; /* 0: the same bits on every instruction set */
} Case;

/* Sums in another order. */
#define SUMS 5e-5
/* A result that is an operand in turn may be rounded to the other side. */
#define ROUNDED_AGAIN 1e-3

static const Case cases[] = {
    {"products", products, {{1, 1, 1}, {5, 7, 33}, {13, 300, 41}, {40, 64, 130}}, SUMS},
    {"rnn", rnn, {{1, 1, 1}, {3, 2, 17}, {4, 7, 33}, {2, 13, 100}}, SUMS},
    {"lstm", lstm, {{1, 1, 1}, {3, 2, 17}, {4, 7, 33}, {2, 13, 100}}, SUMS},
    {"capped lstm", capped_lstm, {{1, 1, 1}, {3, 2, 17}, {4, 7, 33}, {2, 13, 100}}, SUMS},
    {"mogrifier", mogrifier, {{1, 1, 1}, {3, 2, 17}, {4, 7, 33}, {2, 13, 100}}, SUMS},
    {"low rank", low_rank, {{1, 1, 1}, {3, 2, 17}, {4, 7, 33}, {2, 13, 100}}, SUMS},
    {"gru", gru, {{1, 1, 1}, {3, 2, 17}, {4, 7, 33}, {2, 13, 100}}, SUMS},
    {"minimal", minimal, {{1, 1, 1}, {150, 1, 17}, {40, 7, 33}, {12, 13, 100}}, SUMS},
    {"softmax", softmax, {{1, 1, 2}, {5, 3, 7}, {13, 40, 1001}, {9, 37, 2500}}, SUMS},
    {"mixture", mixture, {{1, 1, 2}, {5, 3, 7}, {13, 40, 1001}, {9, 37, 2500}}, SUMS},
    {"softmax mean", softmax_mean, {{1, 1, 2}, {5, 3, 7}, {13, 40, 1001}, {9, 37, 2500}}, SUMS},
    {"tanh", tanhs, {{1, 0, 1}, {33, 0, 1}, {1000, 0, 1}, {40003, 0, 1}}, SUMS},
    {"updates", updates, {{1, 0, 1}, {33, 0, 200}, {1000, 0, 100}, {20003, 0, 50}}, SUMS},
    {"updates of rows", row_updates, {{3, 1, 0}, {9, 33, 0}, {40, 100, 0}, {300, 65, 0}}, SUMS},
    {"peak", peak, {{1, 0, 1}, {1, 1, 3}, {2, 3, 5}, {7, 100, 2}}, SUMS},
    {"int8 products", int8_products, {{1, 1, 1}, {1, 333, 1500}, {13, 300, 41}, {200, 65, 131}}, 0},
    {"int8 cells", int8_cells, {{1, 1, 1}, {3, 1, 17}, {4, 7, 33}, {2, 13, 100}}, SUMS},
    {"int8 softmax", int8_softmax, {{1, 1, 2}, {5, 3, 7}, {13, 40, 1001}, {9, 37, 2500}}, SUMS},
    {"bf16 products", bf16_products, {{1, 1, 1}, {5, 7, 33}, {13, 300, 41}, {40, 64, 130}}, ROUNDED_AGAIN},
    {"bf16 rnn", bf16_rnn, {{1, 1, 1}, {3, 2, 17}, {4, 7, 33}, {2, 13, 100}}, ROUNDED_AGAIN},
    {"bf16 lstm", bf16_lstm, {{1, 1, 1}, {3, 2, 17}, {4, 7, 33}, {2, 13, 100}}, ROUNDED_AGAIN},
    {"bf16 low rank", bf16_low_rank, {{1, 1, 1}, {3, 2, 17}, {4, 7, 33}, {2, 13, 100}}, ROUNDED_AGAIN},
    {"bf16 gru", bf16_gru, {{1, 1, 1}, {3, 2, 17}, {4, 7, 33}, {2, 13, 100}}, ROUNDED_AGAIN},
    {"bf16 softmax", bf16_softmax, {{1, 1, 2}, {5, 3, 7}, {13, 40, 1001}, {9, 37, 2500}}, ROUNDED_AGAIN},
    {"bf16 mixture", bf16_mixture, {{1, 1, 2}, {5, 3, 7}, {13, 40, 1001}, {9, 37, 2500}}, ROUNDED_AGAIN},
};

static double difference(const Run *a, const Run *b) {
  double worst = 0;
  for (int o = 0; o < a->count; o++) {
    double scale = 1;
    for (size_t i = 0; i < a->lengths[o]; i++) scale = fmax(scale, fabs(a->outputs[o][i]));
    for (size_t i = 0; i < a->lengths[o]; i++) {
      double error = fabs((double)a->outputs[o][i] - b->outputs[o][i]) / scale;
      if (!(error <= worst)) worst = error;
    }
  }
  return worst;
}

int main(void) {
  int passed = 0, failed = 0;
  const Kernel *baseline = instruction_sets[instruction_set_count - 1].kernels;
  for (int s = 0; s < instruction_set_count; s++) {
#if !defined(COMPARE_ALL) /* a build may compile a set's source to instructions that do run */
    if (!instruction_sets[s].runs()) {
      printf("%s: this processor does not run it\n", instruction_sets[s].name);
      continue;
    }
#endif
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
      for (int size = 0; size < 4; size++) {
        const int *n = cases[c].sizes[size];
        Run one = {baseline, pool_create(1), {0}, {0}, 0, 0}, other = {instruction_sets[s].kernels, pool_create(2), {0}, {0}, 0, 0};
        random_state = 1;
        cases[c].make(&one, n[0], n[1], n[2]);
        random_state = 1;
        cases[c].make(&other, n[0], n[1], n[2]);
        double worst = difference(&one, &other);
        int ok = worst <= cases[c].tolerance;
        if (!ok) printf("%s, %s %d %d %d: differs by %g\n", instruction_sets[s].name, cases[c].name, n[0], n[1], n[2], worst);
        passed += ok;
        failed += !ok;
      }
    }
    printf("%s compared\n", instruction_sets[s].name);
  }
  printf("%d passed, %d failed\n", passed, failed);
  return failed > 0;
}
