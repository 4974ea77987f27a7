#!/usr/bin/env bash
# Builds and runs the demo with what this machine has: scripts/demo.sh LANGUAGE...
set -euo pipefail
cd "$(dirname "$0")/.."

target=${CARGO_TARGET_DIR:-target}

usable=$(scripts/toolchain.sh --usable "$@" | paste -sd' ')
for language in "$@"; do
    [[ " $usable " == *" $language "* ]] || echo "the demo goes on without $language"
done

[ -d "$target/stage" ] || echo "first build: this takes some minutes"
make --no-print-directory hosts LANGS="$usable"

python3 examples/demo/run.py $usable
