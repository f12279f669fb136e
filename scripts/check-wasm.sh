#!/usr/bin/env bash
# Compiles the WebAssembly modules anew and compares them with the committed ones, byte by byte.
set -euo pipefail
cd "$(dirname "$0")/.."
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
clang-19 --version | head -n 1
scripts/build-wasm.sh "$folder"
status=0
for file in $(cd "$folder" && ls) $(ls wasm); do
  cmp "$folder/$file" "wasm/$file" || status=1
done
if [ "$status" -ne 0 ]; then
  echo 'wasm/ is not what native/src compiles to: run "npm run build:wasm" and commit it.' >&2
fi
exit "$status"
