/* The arguments of each kernel by their names, as kernels.def lists them: a struct, and how it is read from doubles. */
#ifndef RECURRA_ARGUMENTS_H
#define RECURRA_ARGUMENTS_H

#include "gemm.h"

#define POOL Pool *pool;
#define FLOATS(x) float *x;
#define OPTIONAL(x) float *x;
#define IDS(x) const int32_t *x;
#define BYTES(x) const int8_t *x;
#define ADDRESSES(x) const double *x;
#define COUNT(n) isize n;
#define FLAG(f) int f;
#define NUMBER(x) float x;
#define BITS(x) uint32_t x;
#define KERNEL(name, arguments) \
  typedef struct {              \
    arguments                   \
  } name##_arguments;
#include "kernels.def"
#undef POOL
#undef FLOATS
#undef OPTIONAL
#undef IDS
#undef BYTES
#undef ADDRESSES
#undef COUNT
#undef FLAG
#undef NUMBER
#undef BITS

#define POOL a.pool = (Pool *)(uintptr_t)*next++;
#define FLOATS(x) a.x = (float *)(uintptr_t)*next++;
#define OPTIONAL(x) a.x = (float *)(uintptr_t)*next++;
#define IDS(x) a.x = (const int32_t *)(uintptr_t)*next++;
#define BYTES(x) a.x = (const int8_t *)(uintptr_t)*next++;
#define ADDRESSES(x) a.x = (const double *)(uintptr_t)*next++;
#define COUNT(n) a.n = (isize)*next++;
#define FLAG(f) a.f = (int)*next++;
#define NUMBER(x) a.x = (float)*next++;
#define BITS(x) a.x = (uint32_t)(int64_t)*next++;
#define KERNEL(name, arguments)                               \
  INLINE name##_arguments name##_read(const double *next) {   \
    name##_arguments a;                                       \
    arguments                                                 \
    return a;                                                 \
  }
#include "kernels.def"
#undef POOL
#undef FLOATS
#undef OPTIONAL
#undef IDS
#undef BYTES
#undef ADDRESSES
#undef COUNT
#undef FLAG
#undef NUMBER
#undef BITS

#endif
