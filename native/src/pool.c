/* The pool on POSIX threads. A worker looks for work for a short while before it sleeps. */
#include "pool.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>

#define SPINS 4000

typedef struct {
  Pool *pool;
  int number;
  pthread_t thread;
} Worker;

struct Pool {
  int threads;
  Worker *workers;
  float *scratch;
  pthread_mutex_t mutex;
  pthread_cond_t wake;
  atomic_uint round; /* counts calls of pool_run */
  atomic_int next;   /* next task */
  atomic_int busy;   /* workers not yet done with this round */
  atomic_int stop;
  int tasks;
  PoolTask run;
  void *context;
};

#define SCRATCH (SCRATCH_A + SCRATCH_B)

static inline void relax(void) {
#if defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  __asm__ volatile("yield");
#endif
}

static void work(Pool *pool, int worker) {
  for (;;) {
    int task = atomic_fetch_add(&pool->next, 1);
    if (task >= pool->tasks) return;
    pool->run(pool->context, task, worker);
  }
}

static void *worker_main(void *argument) {
  Worker *self = argument;
  Pool *pool = self->pool;
  unsigned seen = 0;
  for (;;) {
    for (int i = 0; i < SPINS && atomic_load(&pool->round) == seen; i++) relax();
    if (atomic_load(&pool->round) == seen) {
      pthread_mutex_lock(&pool->mutex);
      while (atomic_load(&pool->round) == seen) pthread_cond_wait(&pool->wake, &pool->mutex);
      pthread_mutex_unlock(&pool->mutex);
    }
    seen++;
    if (atomic_load(&pool->stop)) return NULL;
    work(pool, self->number);
    atomic_fetch_sub(&pool->busy, 1);
  }
}

static void start_round(Pool *pool) {
  pthread_mutex_lock(&pool->mutex);
  atomic_fetch_add(&pool->round, 1);
  pthread_cond_broadcast(&pool->wake);
  pthread_mutex_unlock(&pool->mutex);
}

Pool *pool_create(int threads) {
  if (threads < 1) threads = 1;
  Pool *pool = calloc(1, sizeof *pool);
  if (!pool) return NULL;
  pool->workers = calloc((size_t)threads, sizeof *pool->workers);
  pool->scratch = aligned_alloc(64, (size_t)threads * SCRATCH * sizeof(float));
  if (!pool->workers || !pool->scratch) {
    free(pool->workers);
    free(pool->scratch);
    free(pool);
    return NULL;
  }
  pthread_mutex_init(&pool->mutex, NULL);
  pthread_cond_init(&pool->wake, NULL);
  pool->threads = 1;
  for (int i = 1; i < threads; i++) {
    Worker *w = &pool->workers[i];
    w->pool = pool;
    w->number = i;
    if (pthread_create(&w->thread, NULL, worker_main, w) != 0) break;
    pool->threads++;
  }
  return pool;
}

void pool_destroy(Pool *pool) {
  atomic_store(&pool->stop, 1);
  start_round(pool);
  for (int i = 1; i < pool->threads; i++) pthread_join(pool->workers[i].thread, NULL);
  pthread_mutex_destroy(&pool->mutex);
  pthread_cond_destroy(&pool->wake);
  free(pool->workers);
  free(pool->scratch);
  free(pool);
}

int pool_threads(const Pool *pool) { return pool->threads; }

void pool_run(Pool *pool, int tasks, PoolTask run, void *context) {
  if (tasks <= 1 || pool->threads == 1) {
    for (int task = 0; task < tasks; task++) run(context, task, 0);
    return;
  }
  pool->tasks = tasks;
  pool->run = run;
  pool->context = context;
  atomic_store(&pool->next, 0);
  atomic_store(&pool->busy, pool->threads - 1);
  start_round(pool);
  work(pool, 0);
  /* With more threads than cores the others need this core to finish. */
  for (int i = 0; atomic_load(&pool->busy) > 0; i++) {
    if (i < SPINS) relax();
    else sched_yield();
  }
}

float *pool_scratch_b(Pool *pool, int worker) { return pool->scratch + (size_t)worker * SCRATCH; }
float *pool_scratch_a(Pool *pool, int worker) { return pool_scratch_b(pool, worker) + SCRATCH_B; }
