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

/*
 * The round in progress, in one word, so that a claim is one atomic addition: which round, how many tasks it has, and
 * the next to be claimed. A worker that wakes late claims from whatever round is current, or finds nothing left; the
 * caller waits for tasks that were claimed, never for a worker that did not come.
 */
typedef uint64_t Ticket;
#define TICKET(round, tasks) ((Ticket)(round) << 32 | (Ticket)(tasks) << 16)
#define TICKET_ROUND(ticket) ((uint32_t)((ticket) >> 32))
#define TICKET_TASKS(ticket) ((int)((ticket) >> 16 & 0xffff))
#define TICKET_NEXT(ticket) ((int)((ticket) & 0xffff))
/* Leaves room in the last field for the claims that fail, one a worker. */
#define MAX_TASKS 0x8000

struct Pool {
  int threads;
  Worker *workers;
  float *scratch;
  pthread_mutex_t mutex;
  pthread_cond_t wake;
  _Atomic Ticket ticket;
  atomic_int done; /* tasks of this round that are finished */
  atomic_int stop;
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
    Ticket claim = atomic_fetch_add(&pool->ticket, 1);
    if (TICKET_NEXT(claim) >= TICKET_TASKS(claim)) return;
    pool->run(pool->context, TICKET_NEXT(claim), worker);
    atomic_fetch_add(&pool->done, 1);
  }
}

static uint32_t current_round(Pool *pool) { return TICKET_ROUND(atomic_load(&pool->ticket)); }

static void *worker_main(void *argument) {
  Worker *self = argument;
  Pool *pool = self->pool;
  uint32_t seen = 0;
  for (;;) {
    for (int i = 0; i < SPINS && current_round(pool) == seen; i++) relax();
    if (current_round(pool) == seen) {
      pthread_mutex_lock(&pool->mutex);
      while (current_round(pool) == seen) pthread_cond_wait(&pool->wake, &pool->mutex);
      pthread_mutex_unlock(&pool->mutex);
    }
    if (atomic_load(&pool->stop)) return NULL;
    seen = current_round(pool);
    work(pool, self->number);
  }
}

static void start_round(Pool *pool, int tasks) {
  pthread_mutex_lock(&pool->mutex);
  atomic_store(&pool->ticket, TICKET(current_round(pool) + 1, tasks));
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
  start_round(pool, 0);
  for (int i = 1; i < pool->threads; i++) pthread_join(pool->workers[i].thread, NULL);
  pthread_mutex_destroy(&pool->mutex);
  pthread_cond_destroy(&pool->wake);
  free(pool->workers);
  free(pool->scratch);
  free(pool);
}

int pool_threads(const Pool *pool) { return pool->threads; }

void pool_run(Pool *pool, int tasks, PoolTask run, void *context) {
  if (tasks <= 1 || pool->threads == 1 || tasks > MAX_TASKS) {
    for (int task = 0; task < tasks; task++) run(context, task, 0);
    return;
  }
  pool->run = run;
  pool->context = context;
  atomic_store(&pool->done, 0);
  start_round(pool, tasks);
  work(pool, 0);
  /* With more threads than cores the others need this core to finish. */
  for (int i = 0; atomic_load(&pool->done) < tasks; i++) {
    if (i < SPINS) relax();
    else sched_yield();
  }
}

float *pool_scratch_b(Pool *pool, int worker) { return pool->scratch + (size_t)worker * SCRATCH; }
float *pool_scratch_a(Pool *pool, int worker) { return pool_scratch_b(pool, worker) + SCRATCH_B; }
