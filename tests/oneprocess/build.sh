#!/usr/bin/env bash
# Builds the relays and hosts of these languages into target/oneprocess: tests/oneprocess/build.sh LANGUAGE...
set -euo pipefail
cd "$(dirname "$0")/../.."
. scripts/files.sh
. scripts/library.sh

out=$(realpath -m "$target/oneprocess")
stage=$(realpath "$target/stage")
relay=$PWD/tests/oneprocess/relay
broken=$PWD/tests/oneprocess/broken
export PKG_CONFIG_PATH=$stage/lib/pkgconfig HMSFFI_LIB_DIR=$stage/lib CARGO_TARGET_DIR=${out%/*}
mkdir -p "$out"

c_flags=(-std=c11 -O2 -g -Wall -Wextra -Wpedantic -Werror)
linked=($(pkg-config --cflags --libs hmsffi))

build() {
    case $1 in
    c)
        "${CC:-cc}" "${c_flags[@]}" -fPIC -shared "$relay"/c/{relay,value,convert}.c "${linked[@]}" -o "$out/relay-c.so"
        "${CC:-cc}" "${c_flags[@]}" "$relay"/c/*.c "${linked[@]}" "-Wl,-rpath,$stage/lib" -o "$out/host-c"
        local source
        for source in "$broken"/*.c; do
            "${CC:-cc}" "${c_flags[@]}" -fPIC -shared "$source" "${linked[@]}" \
                -o "$out/$(basename "$source" .c).so"
        done
        ;;
    cpp)
        "${CXX:-c++}" -std=c++17 -O2 -g -Wall -Wextra -Werror -fPIC -shared "$relay/cpp/relay.cc" "${linked[@]}" \
            -o "$out/relay-cpp.so"
        "${CXX:-c++}" -std=c++17 -O2 -g -Wall -Wextra -Werror "$relay"/cpp/*.cc \
            "${linked[@]}" "-Wl,-rpath,$stage/lib" -o "$out/host-cpp"
        ;;
    go)
        go -C "$relay/go" build -buildmode=c-shared -o "$out/relay-go.so" ./component
        go -C "$relay/go" build -o "$out/host-go" ./host
        ;;
    rust)
        cargo build --quiet --release --manifest-path extensions/Cargo.toml -p relay-rust
        put "$target/release/librelay_rust.so" "$out/relay-rust.so" 755
        put "$target/release/relay-host-rust" "$out/host-rust" 755
        ;;
    *) fail "no relay in $1" ;;
    esac
}

tests/oneprocess/messages.sh python "$@"
for language in "$@"; do build "$language"; done
