/*
 * The pool on WebAssembly: with threads (`__wasm_atomics__`) over shared memory, or the calling thread alone. Whoever
 * makes the engine lays out the memory and starts the workers.
 *
 * As in pool.c a worker looks for work for a short while before it sleeps, one word holds the round in progress (which
 * round, its tasks, the next to be claimed), and the caller waits for tasks that were claimed, never for a worker that
 * did not come: the workers may start whenever the runtime gets to it.
 */
#ifndef RECURRA_POOL_WASM_H
#define RECURRA_POOL_WASM_H

#include <stdatomic.h>
#include <stdint.h>

#include "pool.h"

/* Some tens of microseconds: there is no instruction to pause with. */
#define SPINS 40000

typedef uint64_t Ticket;
#define TICKET(round, tasks) ((Ticket)(round) << 32 | (Ticket)(tasks) << 16)
#define TICKET_TASKS(ticket) ((int)((ticket) >> 16 & 0xffff))
#define TICKET_NEXT(ticket) ((int)((ticket) & 0xffff))
/* Leaves room in the last field for the claims that fail, one a worker. */
#define MAX_TASKS 0x8000

#define LINE 64

struct Pool {
  _Alignas(LINE) _Atomic Ticket ticket;
  _Alignas(LINE) atomic_int done; /* tasks of this round that are finished */
  atomic_int waiting;             /* whether the caller sleeps until they are */
  _Alignas(LINE) atomic_int sleepers;
  atomic_int stop;
  _Alignas(LINE) int threads;
  float *scratch;
  PoolTask run;
  void *context;
};

#define SCRATCH (SCRATCH_A + SCRATCH_B)

static size_t pool_size(int threads) { return sizeof(Pool) + (size_t)threads * SCRATCH * sizeof(float); }

static void pool_lay_out(void *room, int threads) {
  Pool *pool = room;
  pool->threads = threads;
  pool->scratch = (float *)(pool + 1);
}

int pool_threads(const Pool *pool) { return pool->threads; }

float *pool_scratch_b(Pool *pool, int worker) { return pool->scratch + (size_t)worker * SCRATCH; }
float *pool_scratch_a(Pool *pool, int worker) { return pool_scratch_b(pool, worker) + SCRATCH_B; }

#if defined(__wasm_atomics__)

#define FOR_EVER (-1LL)

static int *as_word(void *address) { return (int *)address; }

/* The half of the ticket that holds the round: what a worker sleeps on. */
static int *round_word(Pool *pool) { return as_word(&pool->ticket) + 1; }

static uint32_t current_round(Pool *pool) { return (uint32_t)(atomic_load(&pool->ticket) >> 32); }

static void work(Pool *pool, int worker) {
  for (;;) {
    Ticket claim = atomic_fetch_add(&pool->ticket, 1);
    if (TICKET_NEXT(claim) >= TICKET_TASKS(claim)) return;
    int tasks = TICKET_TASKS(claim);
    pool->run(pool->context, TICKET_NEXT(claim), worker);
    if (atomic_fetch_add(&pool->done, 1) + 1 == tasks && atomic_load(&pool->waiting))
      __builtin_wasm_memory_atomic_notify(as_word(&pool->done), 1);
  }
}

static void pool_worker(Pool *pool, int worker) {
  uint32_t seen = 0;
  for (;;) {
    for (int i = 0; i < SPINS && current_round(pool) == seen; i++) {}
    if (current_round(pool) == seen) {
      atomic_fetch_add(&pool->sleepers, 1);
      while (current_round(pool) == seen) __builtin_wasm_memory_atomic_wait32(round_word(pool), (int)seen, FOR_EVER);
      atomic_fetch_sub(&pool->sleepers, 1);
    }
    if (atomic_load(&pool->stop)) return;
    seen = current_round(pool);
    work(pool, worker);
  }
}

static void start_round(Pool *pool, int tasks) {
  atomic_store(&pool->ticket, TICKET(current_round(pool) + 1, tasks));
  if (atomic_load(&pool->sleepers)) __builtin_wasm_memory_atomic_notify(round_word(pool), (unsigned)pool->threads);
}

static void pool_end(Pool *pool) {
  atomic_store(&pool->stop, 1);
  start_round(pool, 0);
}

/* The last tasks are with other threads: looks for a while, then sleeps, as they may need this core. */
static void await_tasks(Pool *pool, int tasks) {
  for (int i = 0; i < SPINS; i++)
    if (atomic_load(&pool->done) >= tasks) return;
  atomic_store(&pool->waiting, 1);
  for (int done; (done = atomic_load(&pool->done)) < tasks;)
    __builtin_wasm_memory_atomic_wait32(as_word(&pool->done), done, FOR_EVER);
  atomic_store(&pool->waiting, 0);
}

#endif

void pool_run(Pool *pool, int tasks, PoolTask run, void *context) {
#if defined(__wasm_atomics__)
  if (tasks > 1 && pool->threads > 1 && tasks <= MAX_TASKS) {
    pool->run = run;
    pool->context = context;
    atomic_store(&pool->done, 0);
    start_round(pool, tasks);
    work(pool, 0);
    await_tasks(pool, tasks);
    return;
  }
#else
  (void)pool;
#endif
  for (int task = 0; task < tasks; task++) run(context, task, 0);
}

#endif
