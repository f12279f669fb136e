#!/usr/bin/env bash
# Compiles the kernels to WebAssembly: modules for each instruction set, with threads (shared memory) and without, and a
# small one that only reads models.
# Usage: build-wasm.sh [folder]; the default is wasm/, whose modules are committed. Needs Debian's clang-19 and lld-19.
set -euo pipefail
cd "$(dirname "$0")/.."
folder=${1:-wasm}
mkdir -p "$folder"

for tool in clang-19 wasm-ld-19; do
  command -v "$tool" > /dev/null || { echo "$tool is missing: apt-get install clang-19 lld-19" >&2; exit 2; }
done

# -O2: -O3 is no faster and a third larger. Freestanding: memory.copy and memory.fill stand for memcpy and memset. Numbers out of an integer's range saturate.
compile="--target=wasm32 -std=gnu11 -O2 -ffreestanding -nostdlib -fvisibility=hidden -fno-math-errno -Wall -Wextra
  -DRECURRA_ISA_WASM -mbulk-memory -mnontrapping-fptoint -msign-ext -mmutable-globals"
# -pre-RA-sched=source: the runtimes keep the order of the instructions, and LLVM's own holds more values at a time than a
# processor has registers; in the source's order a tile of a product is twice as fast with fused multiply-adds.
compile="$compile -mllvm -pre-RA-sched=source"
# The stack lies lowest, so that overrunning it traps. The engine brings the memory and decides how large it may grow.
link="-Wl,--no-entry -Wl,--import-memory -Wl,--max-memory=4294967296 -Wl,--stack-first -Wl,-z,stack-size=65536
  -Wl,--strip-all"

# module <name> <flags…>
module() {
  clang-19 $compile "${@:2}" $link native/src/wasm.c -o "$folder/recurra-$1.wasm"
  chmod 644 "$folder/recurra-$1.wasm"
}

module simd128 -msimd128
module simd128-threads -msimd128 -matomics -Wl,--shared-memory
module relaxed-simd -msimd128 -mrelaxed-simd
module relaxed-simd-threads -msimd128 -mrelaxed-simd -matomics -Wl,--shared-memory
module simd128-inference -Os -msimd128 -DRECURRA_FORWARD_ONLY
module relaxed-simd-inference -Os -msimd128 -mrelaxed-simd -DRECURRA_FORWARD_ONLY
