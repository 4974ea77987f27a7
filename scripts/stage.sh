#!/usr/bin/env bash
# Lays out an installed prefix: scripts/stage.sh PREFIX
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/files.sh
. scripts/library.sh

prefix=${1:?usage: scripts/stage.sh PREFIX}
[ "$(uname -s)" = Linux ] || fail "only Linux is supported so far"

built=$target/release/libhmsffi.so
soname=$(soname_of "$built")
[ -n "$soname" ] || fail "$built has no SONAME"

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

link() { # TARGET NAME
    [ "$(readlink "$prefix/lib/$2")" = "$1" ] || ln -sfn "$1" "$prefix/lib/$2"
}

from_template() { # TEMPLATE DESTINATION
    fill "$1" VERSION="$version" LIBRARY="$library" SONAME="$soname" PREFIX=../.. INCLUDEDIR=include LIBDIR=lib \
        LINK=-lhmsffi NATIVE_LIBS="$3" >"$scratch/filled"
    put "$scratch/filled" "$2"
}

find include -type f -printf '%P\n' | while read -r header; do
    put "include/$header" "$prefix/include/$header"
done

put "$built" "$prefix/lib/$library" 755
put "$target/release/libhmsffi.a" "$prefix/lib/libhmsffi.a"
link "$library" "$soname"
link "$soname" libhmsffi.so

from_template capi/pkgconfig/hmsffi.pc.in "$prefix/lib/pkgconfig/hmsffi.pc" "$native_libs"
for template in capi/cmake/*.cmake.in; do
    from_template "$template" "$prefix/lib/cmake/hmsffi/$(basename "$template" .in)" "${native_libs// /;}"
done
