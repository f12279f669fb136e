/* Which instruction sets this processor and operating system can run. */
#ifndef RECURRA_PROBE_H
#define RECURRA_PROBE_H

#include "kernels.h"

typedef struct {
  const char *name;
  const Kernel *kernels;
  int (*runs)(void);
} InstructionSet;

/* Those that the build has, best first; `count` of them. The last runs everywhere. */
extern const InstructionSet instruction_sets[];
extern const int instruction_set_count;

#endif
