#!/usr/bin/env bash
# Builds the drivers of these languages against the staged library into target/benches: benches/build.sh LANGUAGE...
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/files.sh
. scripts/library.sh

out=$(realpath -m "$target/benches")
stage=$(realpath "$target/stage")
export PKG_CONFIG_PATH=$stage/lib/pkgconfig:${PKG_CONFIG_PATH:-}
mkdir -p "$out"

c_program() { # NAME
    "${CC:-cc}" -std=c11 -O2 -g -Wall -Wextra -Wpedantic -Werror -pthread "benches/c/$1.c" benches/c/loops.c \
        $(pkg-config --cflags --libs hmsffi) "-Wl,-rpath,$stage/lib" -o "$out/$1"
}

for language in "$@"; do
    case $language in
    c)
        c_program direct
        c_program instructions
        ;;
    go) go -C benches/go build -o "$out/go" . ;;
    *) fail "no driver for $language" ;;
    esac
done
