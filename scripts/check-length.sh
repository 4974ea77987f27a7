#!/usr/bin/env bash
# A code file that passes 600 lines is to be split.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/files.sh

limit=600
generated='(^|/)include/hmsffi/hmsffi\.h$|^bindings/rust-sys/src/functions\.rs$'
code='\.(rs|go|py|pyi|c|h|cc|cpp|hpp|js|mjs|cjs|ts|mts|cts|sh|cmake)$|(^|/)(Makefile|CMakeLists\.txt)$'

# Files that are deleted but not yet committed are still listed by git.
long=$(git ls-files --cached --others --exclude-standard | grep -E "$code" | grep -vE "$generated" |
    while read -r file; do [ ! -f "$file" ] || wc -l "$file"; done | awk -v limit=$limit '$1 > limit')
[ -z "$long" ] || fail "longer than $limit lines:"$'\n'"$long"
