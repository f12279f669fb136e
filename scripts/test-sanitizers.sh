#!/usr/bin/env bash
# Builds the addon with the address and undefined-behaviour sanitizers and runs the engine's and the model's tests on
# it. Every byte of a buffer outside its tensor is poisoned, so that reading or writing one float too far is caught.
# Needs gcc with libasan and libubsan. Its last line is "N passed, N failed".
set -euo pipefail
cd "$(dirname "$0")/.."

folder=build/sanitized
rm -rf "$folder"
mkdir -p "$folder"
cp -r native "$folder/"
# -O1 comes last and so holds: at -O3 the sanitized kernels take minutes to compile.
cp binding.gyp "$folder/"
flags="-O1 -fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer -g"
CFLAGS="$flags" LDFLAGS="-fsanitize=address,undefined" npx node-gyp rebuild --silent -C "$folder" >"$folder/build.log" 2>&1 ||
  { cat "$folder/build.log"; exit 1; }

report=$(mktemp)
trap 'rm -f "$report"' EXIT
status=0
LD_PRELOAD="$(gcc -print-file-name=libasan.so) $(gcc -print-file-name=libubsan.so)" \
  ASAN_OPTIONS=detect_leaks=0 UBSAN_OPTIONS=print_stacktrace=1 \
  RECURRA_ADDON="$PWD/$folder/build/Release/recurra.node" \
  node node_modules/vitest/vitest.mjs run test/engine test/model \
  --reporter=default --reporter=json --outputFile.json="$report" || status=$?
node -e '
  const { numPassedTests, numFailedTests } = JSON.parse(require("node:fs").readFileSync(process.argv[1], "utf8"));
  console.log(`${numPassedTests} passed, ${numFailedTests} failed`);
' "$report"
exit "$status"
