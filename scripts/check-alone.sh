#!/usr/bin/env bash
# Every header of a language compiles alone, without a warning: scripts/check-alone.sh COMPILER c|c++ FLAG...
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/files.sh

compiler=$1 language=$2
shift 2

headers=$(cd include && find . -name '*.h' -printf '%P\n')
[ "$language" = c ] || headers+=$'\n'$(cd include && find . -name '*.hpp' -printf '%P\n')
for header in $headers; do
    echo "#include <$header>" |
        "$compiler" -x "$language" "$@" -Wall -Wextra -Wpedantic -Werror -Iinclude -fsyntax-only - ||
        fail "include/$header does not compile alone with $*"
done
