#!/usr/bin/env bash
# What a user installs from, in dist/: scripts/dist.sh LANGUAGE...
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/files.sh
. scripts/library.sh

dist=$PWD/dist
rm -rf "$dist" "$target/dist"
mkdir -p "$dist"

pack_prefix() {
    scripts/install.sh "$target/dist/hmsffi-$version"
    tar -C "$target/dist" -czf "$dist/hmsffi-$version-$(uname -s -m | tr 'A-Z ' 'a-z-').tar.gz" "hmsffi-$version"
}

pack_python() {
    # The core is inside the wheel already: auditwheel finds nothing to graft, it checks both files and sets the tag.
    PATH="$target/venv/bin:$PATH" "$target/venv/bin/auditwheel" repair --wheel-dir "$dist" "$target"/wheels/hmsffi-*.whl
}

pack_go() {
    python3 scripts/go_module.py go "v$version" "$dist/go"
}

pack_node() {
    (cd bindings/node && npm pack --pack-destination "$dist")
}

pack_prefix
for language in "$@"; do
    case $language in
    python | go | node) "pack_$language" ;;
    esac
done
find "$dist" -type f -printf '%P\n' | LC_ALL=C sort
