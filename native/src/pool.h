/*
 * The thread pool: the one seam behind which threads live. A task gets its number and that of the worker that runs
 * it; which worker runs which task is left open, so a task's result must depend on its number alone.
 */
#ifndef RECURRA_POOL_H
#define RECURRA_POOL_H

#include <stddef.h>

/* Floats of scratch memory of a worker: a packed block of the right-hand operand, and one of the left-hand one. */
#define SCRATCH_B (256 * 512)
#define SCRATCH_A (256 * 96)

typedef struct Pool Pool;
typedef void (*PoolTask)(void *context, int task, int worker);

/* A pool of `threads` workers, the caller among them; NULL when out of memory. Fewer, if the system gives fewer. */
Pool *pool_create(int threads);
void pool_destroy(Pool *pool);
int pool_threads(const Pool *pool);
/* Runs `tasks` tasks and returns when all are done. Calls must not overlap. */
void pool_run(Pool *pool, int tasks, PoolTask run, void *context);
/* The scratch memory of a worker, 64-byte aligned. */
float *pool_scratch_b(Pool *pool, int worker);
float *pool_scratch_a(Pool *pool, int worker);

#endif
