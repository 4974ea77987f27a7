#!/usr/bin/env bash
# expected.txt and the worked examples of PIPELINE.md are what reference.py computes.
set -euo pipefail
cd "$(dirname "$0")/../examples/demo"
. ../../scripts/files.sh

python3 reference.py | diff -u expected.txt - || fail "expected.txt is not what reference.py prints"

patients=$(sed -n 's/^id  *\(P[0-9]*\)$/\1/p' PIPELINE.md)
[ -n "$patients" ] || fail "PIPELINE.md has no worked examples"
for patient in $patients; do
    sed -n "/^id  *$patient\$/,/^\`\`\`\$/p" PIPELINE.md | sed '$d' | diff -u - <(python3 reference.py --example "$patient") ||
        fail "PIPELINE.md shows $patient otherwise than reference.py"
done
