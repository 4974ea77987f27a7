#!/usr/bin/env bash
# The committed header, Go's copy of it and the Rust declarations are what the code says: check-header.sh [--write]
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/files.sh

fresh=$(mktemp -d)
trap 'rm -rf "$fresh"' EXIT
cargo run --quiet --release -p hmsffi-header -- "$fresh"

match_snapshot "$fresh/include/hmsffi/hmsffi.h" include/hmsffi/hmsffi.h "${1:-}"
match_snapshot "$fresh/include/hmsffi/hmsffi.h" go/internal/capi/include/hmsffi/hmsffi.h "${1:-}"
match_snapshot "$fresh/bindings/rust-sys/src/functions.rs" bindings/rust-sys/src/functions.rs "${1:-}"
