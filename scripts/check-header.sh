#!/usr/bin/env bash
# The committed header and Go's copy are what cbindgen makes of the code: scripts/check-header.sh [--write]
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/files.sh

header=$(mktemp)
trap 'rm -f "$header"' EXIT
cargo run --quiet --release -p hmsffi-header -- "$header"

match_snapshot "$header" include/hmsffi/hmsffi.h "${1:-}"
match_snapshot "$header" go/internal/capi/include/hmsffi/hmsffi.h "${1:-}"
