/*
 * Vectors of floats for one instruction set, in the compiler's own vector types. The build names the set with
 * RECURRA_ISA_<SET>; everything that differs between sets stands in this file.
 *
 *   VL  floats in a vector        NV  vectors in a panel's row
 *   NR  columns of a panel = NV·VL   MR  rows of the largest tile: MR·NV accumulators fit in the registers
 */
#ifndef RECURRA_VEC_H
#define RECURRA_VEC_H

#include <stdint.h>
#include <stddef.h>

#if defined(__aarch64__)
#include <arm_neon.h>
#endif

#if defined(RECURRA_ISA_AVX512) || defined(RECURRA_ISA_AVX512BF16)
#define VL 16
#define NV 2
#define MR 12
#if defined(RECURRA_ISA_AVX512BF16)
#define ISA(name) name##_avx512bf16
#else
#define ISA(name) name##_avx512
#endif
#elif defined(RECURRA_ISA_AVX2)
#define VL 8
#define NV 2
#define MR 6
#define ISA(name) name##_avx2
#elif defined(RECURRA_ISA_NEON)
#define VL 4
#define NV 4
#define MR 6
#define ISA(name) name##_neon
#elif defined(RECURRA_ISA_BASELINE)
#define VL 4
#define NV 2
#define MR 6
#define ISA(name) name##_baseline
#elif defined(RECURRA_ISA_WASM)
#define VL 4
#define NV 2
/* Where multiply-adds are not fused a product takes a register on its way to the sum. */
#if defined(__wasm_relaxed_simd__)
#define MR 6
#else
#define MR 4
#endif
#define ISA(name) name##_wasm
#else
#error "define RECURRA_ISA_AVX512BF16, _AVX512, _AVX2, _NEON, _BASELINE or _WASM"
#endif

/* Whether products of bfloat16 are there: WebAssembly leaves them out, where size counts and they gain nothing. */
#ifdef RECURRA_ISA_WASM
#define HAS_BF16 0
#else
#define HAS_BF16 1
#endif

#ifdef __SSE2__
#include <immintrin.h>
#endif
#ifdef __wasm_simd128__
#include <wasm_simd128.h>
#endif

#define NR (NV * VL)
#define INLINE static inline __attribute__((always_inline))
#if defined(__clang__)
#define UNROLL _Pragma("clang loop unroll(full)")
#else
#define UNROLL _Pragma("GCC unroll 16")
#endif

typedef float vf __attribute__((vector_size(VL * 4)));
typedef int32_t vi __attribute__((vector_size(VL * 4)));
/* The same at any address. */
typedef float vf_any __attribute__((vector_size(VL * 4), aligned(4), may_alias));

INLINE vf load(const float *p) { return (vf) * (const vf_any *)p; }
INLINE void store(float *p, vf x) { *(vf_any *)p = (vf_any)x; }
INLINE vf splat(float x) { return x - (vf){0}; }

/* a · b + c, fused where the set has that: elsewhere than on WebAssembly the compiler sees to it. */
#if defined(__wasm_relaxed_simd__)
INLINE vf multiply_add(vf a, vf b, vf c) { return (vf)__builtin_wasm_relaxed_madd_f32x4(a, b, c); }
#else
INLINE vf multiply_add(vf a, vf b, vf c) { return a * b + c; }
#endif

/* The first n < VL floats; the others become `rest`. */
INLINE vf load_part(const float *p, int n, float rest) {
  float t[VL];
  for (int i = 0; i < VL; i++) t[i] = i < n ? p[i] : rest;
  return load(t);
}

INLINE void store_part(float *p, vf x, int n) {
  float t[VL];
  store(t, x);
  for (int i = 0; i < n; i++) p[i] = t[i];
}

/* mask ? a : b, lane by lane; a mask is all ones or all zeros, as comparisons make it. */
#if VL == 8 && defined(__AVX__)
INLINE vf choose(vi mask, vf a, vf b) { return (vf)_mm256_blendv_ps((__m256)b, (__m256)a, (__m256)mask); }
#else
INLINE vf choose(vi mask, vf a, vf b) { return (vf)((mask & (vi)a) | (~mask & (vi)b)); }
#endif
/* a > b ? a : b, and a < b ? a : b: b where one of them is NaN, which is what x86 does in one instruction. */
#if VL == 16 && defined(__AVX512F__)
INLINE vf vmax(vf a, vf b) { return (vf)_mm512_max_ps((__m512)a, (__m512)b); }
INLINE vf vmin(vf a, vf b) { return (vf)_mm512_min_ps((__m512)a, (__m512)b); }
#elif VL == 8 && defined(__AVX__)
INLINE vf vmax(vf a, vf b) { return (vf)_mm256_max_ps((__m256)a, (__m256)b); }
INLINE vf vmin(vf a, vf b) { return (vf)_mm256_min_ps((__m256)a, (__m256)b); }
#elif defined(__wasm_simd128__)
INLINE vf vmax(vf a, vf b) { return (vf)wasm_f32x4_pmax((v128_t)b, (v128_t)a); }
INLINE vf vmin(vf a, vf b) { return (vf)wasm_f32x4_pmin((v128_t)b, (v128_t)a); }
#elif VL == 4 && defined(__SSE2__)
INLINE vf vmax(vf a, vf b) { return (vf)_mm_max_ps((__m128)a, (__m128)b); }
INLINE vf vmin(vf a, vf b) { return (vf)_mm_min_ps((__m128)a, (__m128)b); }
#else
INLINE vf vmax(vf a, vf b) { return choose(a > b, a, b); }
INLINE vf vmin(vf a, vf b) { return choose(a < b, a, b); }
#endif
INLINE vf vabs(vf x) { return (vf)((vi)x & 0x7fffffff); }

/* Four floats at any address. */
typedef float v4 __attribute__((vector_size(16)));
typedef float v4_any __attribute__((vector_size(16), aligned(4), may_alias));

/* A block of 4 × 4: to[j·to_row + i] = from[i·row + j]. */
INLINE void transpose_4x4(const float *from, ptrdiff_t row, float *to, ptrdiff_t to_row) {
  v4 a = (v4) * (const v4_any *)from, b = (v4) * (const v4_any *)(from + row);
  v4 c = (v4) * (const v4_any *)(from + 2 * row), d = (v4) * (const v4_any *)(from + 3 * row);
  v4 ab0 = __builtin_shufflevector(a, b, 0, 4, 1, 5), ab1 = __builtin_shufflevector(a, b, 2, 6, 3, 7);
  v4 cd0 = __builtin_shufflevector(c, d, 0, 4, 1, 5), cd1 = __builtin_shufflevector(c, d, 2, 6, 3, 7);
  *(v4_any *)to = (v4_any)__builtin_shufflevector(ab0, cd0, 0, 1, 4, 5);
  *(v4_any *)(to + to_row) = (v4_any)__builtin_shufflevector(ab0, cd0, 2, 3, 6, 7);
  *(v4_any *)(to + 2 * to_row) = (v4_any)__builtin_shufflevector(ab1, cd1, 0, 1, 4, 5);
  *(v4_any *)(to + 3 * to_row) = (v4_any)__builtin_shufflevector(ab1, cd1, 2, 3, 6, 7);
}

/* Lanes in a fixed order: a tree. */
INLINE float sum_lanes(vf x) {
  float t[VL];
  store(t, x);
  for (int w = VL / 2; w > 0; w /= 2)
    for (int i = 0; i < w; i++) t[i] += t[i + w];
  return t[0];
}

INLINE float max_lanes(vf x) {
  float t[VL], m;
  store(t, x);
  m = t[0];
  for (int i = 1; i < VL; i++) m = t[i] > m ? t[i] : m;
  return m;
}

/*
 * For products of bfloat16, the upper half of a float32 (bf16.h). The right-hand operand comes in pairs, two successive
 * k in 32 bits, the even k in the low half. A pair's two multiply-adds are one instruction (the odd k's first, each
 * rounded to float32, subnormal numbers taken as zero), or PAIR_STEPS = 2 multiply-adds of floats, in that order.
 * The left-hand operand is kept as the steps take it: in pairs too, or as rounded floats.
 */
#if defined(RECURRA_ISA_AVX512BF16)
#define PAIR_STEPS 1
#else
#define PAIR_STEPS 2
#endif
/* Rows of the largest tile: taking pairs apart needs registers of its own, which 32 have room for and 16 have not. */
#if MR == 6 && NV == 2
#define PAIR_MR 5
#else
#define PAIR_MR MR
#endif

typedef uint32_t vu __attribute__((vector_size(VL * 4)));
typedef uint32_t vu_any __attribute__((vector_size(VL * 4), aligned(4), may_alias));
typedef uint32_t uint32_any __attribute__((may_alias));

#define UPPER_HALF 0xffff0000u

/* What step s of a pair's product reads of VL pairs of the right-hand operand. */
INLINE vu pair_right(const float *pairs, int s) {
  vu b = (vu) * (const vu_any *)pairs;
  if (PAIR_STEPS == 1) return b;
  return s == 0 ? b & UPPER_HALF : b << 16;
}

/* acc + a · b: one step, with a of one element of the left-hand operand. */
INLINE vf pair_step(vf acc, const float *a, vu b) {
#if PAIR_STEPS == 2
  return acc + *a * (vf)b;
#elif defined(__AVX512BF16__)
  vu x = *(const uint32_any *)a + (vu){0};
  return (vf)_mm512_dpbf16_ps((__m512)acc, (__m512bh)x, (__m512bh)b);
#else
  /* What the instruction does, for processors that have it not: so that its callers can be tested on them. */
  vu x = *(const uint32_any *)a + (vu){0};
  acc += (vf)(x & UPPER_HALF) * (vf)(b & UPPER_HALF);
  return acc + (vf)(x << 16) * (vf)(b << 16);
#endif
}

/*
 * For integer products (quantized.h). QM: rows of the largest tile, whose QM·4 accumulators fit in the registers.
 */
#if VL == 16 || defined(RECURRA_ISA_NEON)
#define QM 6
#else
#define QM 3
#endif

/* Twice VL int16 and as many int8. */
typedef int16_t vs __attribute__((vector_size(VL * 4)));
typedef int8_t vb __attribute__((vector_size(VL * 2)));
typedef int8_t vb_any __attribute__((vector_size(VL * 2), aligned(1), may_alias));
typedef int32_t vi_any __attribute__((vector_size(VL * 4), aligned(4), may_alias));
typedef int32_t int32_any __attribute__((may_alias));

/* 2·VL int8 as int16. GCC 12 makes several instructions of the conversion where these sets have one. */
INLINE vs widen(const int8_t *p) {
  vb bytes = (vb) * (const vb_any *)p;
#if VL == 16 && defined(__AVX512BW__) && !defined(__clang__)
  typedef char v32qi __attribute__((vector_size(32)));
  typedef short v32hi __attribute__((vector_size(64)));
  return (vs)__builtin_ia32_pmovsxbw512_mask((v32qi)bytes, (v32hi){0}, -1);
#elif VL == 8 && defined(__AVX2__) && !defined(__clang__)
  typedef char v16qi __attribute__((vector_size(16)));
  return (vs)__builtin_ia32_pmovsxbw256((v16qi)bytes);
#elif defined(__aarch64__)
  return (vs)vmovl_s8((int8x8_t)bytes);
#else
  return __builtin_convertvector(bytes, vs);
#endif
}

/* a[2i]·b[2i] + a[2i + 1]·b[2i + 1] in 32 bits, lane by lane i. */
INLINE vi pair_products(vs a, vs b) {
#if VL == 16 && defined(__AVX512BW__)
  typedef short v32hi __attribute__((vector_size(64)));
#if defined(__clang__)
  return (vi)__builtin_ia32_pmaddwd512((v32hi)a, (v32hi)b);
#else
  typedef int v16si __attribute__((vector_size(64)));
  return (vi)__builtin_ia32_pmaddwd512_mask((v32hi)a, (v32hi)b, (v16si){0}, -1);
#endif
#elif VL == 8 && defined(__AVX2__)
  typedef short v16hi __attribute__((vector_size(32)));
  return (vi)__builtin_ia32_pmaddwd256((v16hi)a, (v16hi)b);
#elif VL == 4 && defined(__SSE2__)
  typedef short v8hi __attribute__((vector_size(16)));
  return (vi)__builtin_ia32_pmaddwd128((v8hi)a, (v8hi)b);
#elif VL == 4 && defined(__aarch64__)
  int16x8_t x = (int16x8_t)a, y = (int16x8_t)b;
  return (vi)vpaddq_s32(vmull_s16(vget_low_s16(x), vget_low_s16(y)), vmull_high_s16(x, y));
#elif defined(__wasm_simd128__)
  return (vi)wasm_i32x4_dot_i16x8((v128_t)a, (v128_t)b);
#else
  vi x = (vi)a, y = (vi)b;
  return (x << 16 >> 16) * (y << 16 >> 16) + (x >> 16) * (y >> 16);
#endif
}

/* acc + the pairs' products: with AVX512_VNNI one instruction. */
INLINE vi add_pair_products(vi acc, vs a, vs b) {
#if VL == 16 && defined(__AVX512VNNI__)
  return (vi)_mm512_dpwssd_epi32((__m512i)acc, (__m512i)a, (__m512i)b);
#else
  return acc + pair_products(a, b);
#endif
}

/* x, rounded to a float here: what is added to it afterwards is not fused with the product that made it. */
INLINE vf not_fused(vf x) {
#if defined(__x86_64__)
#if VL == 16 && !defined(__AVX512F__)
  __asm__("" : "+m"(x));
#else
  __asm__("" : "+x"(x));
#endif
#elif defined(__aarch64__)
  __asm__("" : "+w"(x));
#elif defined(__wasm__)
  /* Nothing is fused there but by multiply_add. */
#else
  __asm__("" : "+m"(x));
#endif
  return x;
}

#endif
