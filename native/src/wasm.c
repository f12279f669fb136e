/*
 * The WebAssembly module: every kernel by its name, each taking the address of its arguments (an array of doubles), and
 * the pool. Freestanding; src/engine/wasm-engine.ts lays out the memory, which the module imports.
 */
#include "kernels.c"

#include "pool_wasm.h"

#define EXPORT(name) __attribute__((export_name(#name))) name

#define KERNEL(name, arguments) \
  __attribute__((export_name(#name))) double export_##name(const double *numbers) { return name(numbers); }
#if defined(RECURRA_FORWARD_ONLY)
#define TRAINING_KERNEL(name, arguments)
#endif
#include "kernels.def"

extern char __heap_base;

/* The first address that nothing stands at. */
double EXPORT(first_free)(void) { return (double)(uintptr_t)&__heap_base; }

/* Bytes that a pool takes, 64-byte aligned. */
double EXPORT(pool_bytes)(int threads) { return (double)pool_size(threads); }

/* Lays a pool out in `pool_bytes(threads)` zero bytes. Its workers, 1 … threads − 1, are started by the caller. */
void EXPORT(pool_place)(void *room, int threads) { pool_lay_out(room, threads); }

#if defined(__wasm_atomics__)
/* For an instance on another thread: the top of its stack. To be called first. */
void EXPORT(set_stack)(void *top) { __asm__ volatile("local.get %0\n\tglobal.set __stack_pointer" ::"r"(top)); }

/* The body of a worker, on an instance and a stack of its own; returns when the pool is stopped. */
void EXPORT(pool_work)(Pool *pool, int worker) { pool_worker(pool, worker); }

/* Makes the workers return. */
void EXPORT(pool_stop)(Pool *pool) { pool_end(pool); }
#endif
