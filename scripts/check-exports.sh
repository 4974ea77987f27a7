#!/usr/bin/env bash
# The staged library exports exactly what capi/abi/exports.txt says: scripts/check-exports.sh [--write]
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/files.sh
. scripts/library.sh

staged=$target/stage/lib/$library
exports=$(mktemp)
trap 'rm -f "$exports"' EXIT
defined_by "$staged" >"$exports"

[ -s "$exports" ] || fail "$staged exports nothing"
if foreign=$(grep -v '^hms_' "$exports"); then
    fail "$staged exports names without hms_:" $foreign
fi
match_snapshot "$exports" capi/abi/exports.txt "${1:-}"
