#!/usr/bin/env bash
# Configures and builds a CMake project against the staged prefix: scripts/cmake.sh SOURCE BUILD
set -euo pipefail
cd "$(dirname "$0")/.."

stage=${CARGO_TARGET_DIR:-$PWD/target}/stage
cmake -S "$1" -B "$2" -DCMAKE_BUILD_TYPE=Release -DCMAKE_PREFIX_PATH="$stage" >/dev/null
# This build has a make of its own, which without a number starts all compilers at once.
env -u MAKEFLAGS -u MAKELEVEL cmake --build "$2" --parallel "$(nproc)"
