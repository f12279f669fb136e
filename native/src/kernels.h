/*
 * The kernels as their callers see them. A kernel takes its arguments as an array of doubles, which hold addresses and
 * whole numbers exactly: the same call serves Node-API and WebAssembly. What each takes stands in kernels.def.
 */
#ifndef RECURRA_KERNELS_H
#define RECURRA_KERNELS_H

typedef double (*Kernel)(const double *arguments);

enum {
#define KERNEL(name, arguments) KERNEL_##name,
#include "kernels.def"
  KERNEL_COUNT
};

/* One table an instruction set; only those that the build made exist. */
extern const Kernel recurra_kernels_avx512bf16[KERNEL_COUNT];
extern const Kernel recurra_kernels_avx512[KERNEL_COUNT];
extern const Kernel recurra_kernels_avx2[KERNEL_COUNT];
extern const Kernel recurra_kernels_neon[KERNEL_COUNT];
extern const Kernel recurra_kernels_baseline[KERNEL_COUNT];

#endif
