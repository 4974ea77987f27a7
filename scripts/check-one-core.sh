#!/usr/bin/env bash
# One process, one core: every FILE takes the core from the shared library and brings none of its own.
# scripts/check-one-core.sh FILE...
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/files.sh
. scripts/library.sh

soname=libhmsffi.so.0
staged=$target/stage/lib/$library

[ "$(soname_of "$staged")" = "$soname" ] || fail "$staged has the SONAME '$(soname_of "$staged")', not $soname"

for file in "$@"; do
    [ -f "$file" ] || fail "$file is not built"
    needed_by "$file" | grep -qx "$soname" || fail "$file does not need $soname"
    if own=$(defined_by "$file" | grep '^hms_'); then
        fail "$file defines names of the core:" $own
    fi
done

tree=$(cargo tree --manifest-path extensions/Cargo.toml --workspace --edges all --prefix none --format '{p}')
if core=$(grep -E '^hmsffi-(core|capi|artifact) ' <<<"$tree"); then
    fail "extensions/ links the core:" $(cut -d' ' -f1 <<<"$core" | sort -u)
fi
echo "one core: $# files need $soname and define none of it"
