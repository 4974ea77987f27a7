#!/usr/bin/env bash
# Builds examples/component/LANGUAGE into target/components/LANGUAGE.so: scripts/components.sh LANGUAGE...
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/files.sh
. scripts/library.sh

out=$(realpath -m "$target/components")

only_library() { # FOLDER
    local found
    mapfile -t found < <(find "$1" -name '*.so' -type f)
    [ ${#found[@]} = 1 ] || fail "expected one library in $1, found ${#found[@]}"
    echo "${found[0]}"
}

build() {
    local source=examples/component/$1 work=$out/build/$1
    [ -d "$source" ] || fail "$source is not in this tree"
    case $1 in
    go)
        go -C "$source" build -buildmode=c-shared -o "$work/go.so" .
        put "$work/go.so" "$out/go.so" 755
        ;;
    rust)
        cargo build --release --manifest-path "$source/Cargo.toml"
        # The last name of the manifest is the library's where it has one of its own.
        put "$target/release/lib$(sed -n 's/^name = "\(.*\)"/\1/p' "$source/Cargo.toml" | tail -n 1 | tr - _).so" \
            "$out/rust.so" 755
        ;;
    c | cpp)
        scripts/cmake.sh "$source" "$work"
        put "$(only_library "$work")" "$out/$1.so" 755
        ;;
    esac
}

for language in "$@"; do build "$language"; done
