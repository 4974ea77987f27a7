#!/usr/bin/env bash
# Sizes and offsets of the header's structs are those of capi/abi/layout.txt: scripts/check-layout.sh [--write]
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/files.sh

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
python3 scripts/layout.py include/hmsffi/hmsffi.h >"$scratch/layout.c"
"${CC:-cc}" -std=c11 -Wall -Werror -Iinclude -o "$scratch/layout" "$scratch/layout.c"
"$scratch/layout" >"$scratch/layout.txt"

match_snapshot "$scratch/layout.txt" capi/abi/layout.txt "${1:-}"
