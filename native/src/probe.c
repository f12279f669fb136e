/* The probe: CPUID says what the processor has, XGETBV what registers the operating system saves. */
#include "probe.h"

#include <stddef.h>
#include <stdint.h>

static int always(void) { return 1; }

#if defined(__x86_64__)
#include <cpuid.h>

static uint64_t saved_registers(void) {
  unsigned a, b, c, d;
  if (!__get_cpuid(1, &a, &b, &c, &d) || !(c & bit_OSXSAVE)) return 0;
  uint32_t low, high;
  __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  return (uint64_t)high << 32 | low;
}

static int has_avx2(void) {
  const uint64_t needed = 0x6; /* SSE and AVX state */
  unsigned a, b, c, d;
  if ((saved_registers() & needed) != needed) return 0;
  if (!__get_cpuid(1, &a, &b, &c, &d) || !(c & bit_FMA)) return 0;
  return __get_cpuid_count(7, 0, &a, &b, &c, &d) && (b & bit_AVX2);
}

static int has_avx512(void) {
  const uint64_t needed = 0xe6; /* and the mask registers, both halves of ZMM */
  const unsigned sets = bit_AVX512F | bit_AVX512VL | bit_AVX512DQ | bit_AVX512BW;
  unsigned a, b, c, d;
  if ((saved_registers() & needed) != needed || !has_avx2()) return 0;
  return __get_cpuid_count(7, 0, &a, &b, &c, &d) && (b & sets) == sets;
}

/* With AVX512_VNNI, which came before it: every processor that has the one has the other. */
static int has_avx512bf16(void) {
  const unsigned vnni = 1u << 11, bf16 = 1u << 5;
  unsigned a, b, c, d;
  if (!has_avx512() || !__get_cpuid_count(7, 0, &a, &b, &c, &d) || !(c & vnni)) return 0;
  return __get_cpuid_count(7, 1, &a, &b, &c, &d) && (a & bf16);
}

const InstructionSet instruction_sets[] = {
    {"avx512bf16", recurra_kernels_avx512bf16, has_avx512bf16},
    {"avx512", recurra_kernels_avx512, has_avx512},
    {"avx2", recurra_kernels_avx2, has_avx2},
    {"baseline", recurra_kernels_baseline, always},
};
const int instruction_set_count = 4;

#elif defined(__aarch64__)

const InstructionSet instruction_sets[] = {
    {"neon", recurra_kernels_neon, always}, /* part of every 64-bit ARM */
    {"baseline", recurra_kernels_baseline, always},
};
const int instruction_set_count = 2;

#else

const InstructionSet instruction_sets[] = {{"baseline", recurra_kernels_baseline, always}};
const int instruction_set_count = 1;

#endif
