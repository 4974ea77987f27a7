#!/usr/bin/env bash
# Instructions per call from C to C, counted by callgrind: benches/instructions.sh [--write]
# Each figure is the difference between runs of N and of 2N calls, divided by N, so that start and end of the process
# do not count. More than 3% above benches/instructions.txt is an error; --write brings that table up to date.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/files.sh
. scripts/library.sh

calls=5000
tolerance=3
table=benches/instructions.txt
benches/build.sh c

counted() { # WAY CALLS
    valgrind --tool=callgrind --callgrind-out-file=/dev/null "$target/benches/instructions" "$1" "$2" 2>&1 |
        sed -n 's/.*Collected : //p'
}

measured=$(
    echo "# Instructions per call from C to C (64 raw bytes, direct), by benches/instructions.sh --write"
    for way in bound by_name; do
        once=$(counted "$way" $calls)
        twice=$(counted "$way" $((2 * calls)))
        echo "$way $(((twice - once) / calls))"
    done
)
grep -v '^#' <<<"$measured"
if [ "${1:-}" = --write ]; then
    echo "$measured" >"$table"
    exit
fi
grep -v '^#' "$table" | while read -r way before; do
    now=$(sed -n "s/^$way //p" <<<"$measured")
    [ $((now * 100)) -le $((before * (100 + tolerance))) ] ||
        fail "$way: $now instructions per call, $before in $table; if it must be so: benches/instructions.sh --write"
done
