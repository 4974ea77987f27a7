#!/usr/bin/env bash
# Builds the drivers of these languages against the staged library into target/benches: benches/build.sh LANGUAGE...
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/files.sh
. scripts/library.sh

out=$(realpath -m "$target/benches")
stage=$(realpath "$target/stage")
export PKG_CONFIG_PATH=$stage/lib/pkgconfig HMSFFI_LIB_DIR=$stage/lib CARGO_TARGET_DIR=${out%/*}
mkdir -p "$out"

c_program() { # NAME
    "${CC:-cc}" -std=c11 -O2 -g -Wall -Wextra -Wpedantic -Werror -pthread "benches/c/$1.c" benches/c/loops.c \
        $(pkg-config --cflags --libs hmsffi) "-Wl,-rpath,$stage/lib" -o "$out/$1"
}

rust_component() {
    cargo build --quiet --release --manifest-path extensions/Cargo.toml -p bench-component
    put "$target/release/libbench_component.so" "$out/rust.so" 755
}

for language in "$@"; do
    case $language in
    c)
        c_program direct
        c_program instructions
        ;;
    rust) rust_component ;;
    go) go -C benches/go build -o "$out/go" . ;;
    python)
        rust_component
        PYO3_PYTHON=$(realpath "$target/venv")/bin/python PYO3_BUILD_EXTENSION_MODULE=1 \
            cargo build --quiet --release --manifest-path extensions/Cargo.toml -p bench-pyo3
        put "$target/release/libbench_pyo3.so" "$out/bench_pyo3.so" 755
        go -C benches/go build -buildmode=c-shared -o "$out/go.so" ./component
        "${CC:-cc}" -std=c11 -O2 -Wall -Wextra -Werror -fPIC -shared benches/python/empty.c -o "$out/empty.so"
        ;;
    node)
        rust_component
        headers=$(node -p 'path.resolve(process.execPath, "../../include/node")')
        "${CC:-cc}" -std=c11 -O2 -Wall -Wextra -Werror -fPIC -shared "-I$headers" benches/node/copy.c \
            -o "$out/copy.node"
        ;;
    *) fail "no driver for $language" ;;
    esac
done
