#!/usr/bin/env bash
# Runs the demo with what this machine has: scripts/demo.sh LANGUAGE...
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/files.sh

target=${CARGO_TARGET_DIR:-target}
hosts="python node"
steps="go rust c cpp"
expected=examples/demo/expected.txt
printed=$target/demo

can() { [[ " $usable " == *" $1 "* ]]; }

usable=$(scripts/toolchain.sh --usable "$@" | paste -sd' ')
for language in "$@"; do
    can "$language" || echo "the demo goes on without $language"
done

[ -d "$target/stage" ] || echo "first build: this takes some minutes"
make --no-print-directory components LANGS="$usable"

components=()
lacking=
for step in $steps; do
    if can "$step"; then components+=("$target/components/$step.so"); else lacking+=" $step"; fi
done
[ -z "$lacking" ] || echo "the pipeline needs$lacking: its output is not compared"

mkdir -p "$printed"
ran=
for host in $hosts; do
    can "$host" || continue
    case $host in
    python)
        make --no-print-directory wheel
        run=("$target/venv/bin/python" examples/demo/host.py)
        ;;
    node)
        make --no-print-directory node
        # The host imports the package by its name, as if it were installed.
        mkdir -p examples/demo/node_modules
        ln -sfn ../../../bindings/node examples/demo/node_modules/hmsffi
        run=(node examples/demo/host.mjs)
        ;;
    esac
    echo "== $host host"
    ran=yes
    "${run[@]}" examples/data/diabetes.csv "${components[@]}" >"$printed/$host.txt" || fail "the $host host failed"
    [ -z "$lacking" ] || continue
    diff "$expected" "$printed/$host.txt" >"$printed/$host.diff" ||
        fail "the $host host differs from $expected: $printed/$host.diff"
    sed '1,/^$/d' "$printed/$host.txt"
    echo "$host host: $(wc -l <"$expected") lines as expected"
done
[ $ran ] || fail "none of these languages can host the demo yet: $usable (hosts: $hosts)"
