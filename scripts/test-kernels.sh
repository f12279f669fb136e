#!/usr/bin/env bash
# Compares every instruction set's kernels with the baseline's, also those that this processor does not run:
#   - NEON, cross-compiled, under an emulator
#   - AVX-512's source (16 lanes, tiles of 12 rows), compiled to AVX2 instructions where AVX-512 is missing: that holds
#     its logic to the baseline, though not the processor's own instructions. AVX512_BF16's dot product of pairs is then
#     what vec.h says that it does, in C
# Needs Linux x64, gcc, an ARM cross compiler and qemu (Debian: gcc-aarch64-linux-gnu libc6-dev-arm64-cross
# qemu-user-static). Its last line is "N passed, N failed".
set -euo pipefail
cd "$(dirname "$0")/.."
folder=build/kernels
mkdir -p "$folder"
flags="-std=gnu11 -O2 -fno-math-errno -Wall -Wextra -Wno-psabi"
sources="native/test/compare.c native/src/pool.c native/src/probe.c"

# kernels <compiler> <set> <name> <flags…>
kernels() {
  "$1" $flags "-DRECURRA_ISA_$2" "${@:4}" -c native/src/kernels.c -o "$folder/$3.o"
}

kernels aarch64-linux-gnu-gcc NEON neon
kernels aarch64-linux-gnu-gcc BASELINE arm-baseline
aarch64-linux-gnu-gcc $flags -static $sources "$folder/neon.o" "$folder/arm-baseline.o" -o "$folder/compare-arm" -lpthread -lm

wide="-mavx512f -mavx512vl -mavx512dq -mavx512bw -mfma"
grep -qw avx512bw /proc/cpuinfo || wide="-mavx2 -mfma"
kernels gcc AVX512 avx512 $wide
pairs="$wide -mavx512bf16 -mavx512vnni"
grep -qw avx512_bf16 /proc/cpuinfo || pairs="$wide"
kernels gcc AVX512BF16 avx512bf16 $pairs
kernels gcc AVX2 avx2 -mavx2 -mfma
kernels gcc BASELINE baseline
gcc $flags -DCOMPARE_ALL $sources "$folder/avx512bf16.o" "$folder/avx512.o" "$folder/avx2.o" "$folder/baseline.o" -o "$folder/compare" -lpthread -lm

status=0
"$folder/compare" | tee "$folder/report" || status=1
qemu-aarch64-static "$folder/compare-arm" | tee -a "$folder/report" || status=1
awk '/^[0-9]+ passed, [0-9]+ failed$/ { passed += $1; failed += $3 } END { print passed " passed, " failed " failed" }' "$folder/report"
exit "$status"
