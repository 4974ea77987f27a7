#!/usr/bin/env bash
# Builds the wheel around the staged library and hms, and installs it into the virtual environment.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/files.sh
. scripts/library.sh

venv=$target/venv
wheels=$target/wheels
stage=$target/stage
package=python/hmsffi
soname=$(soname_of "$stage/lib/$library")

made=$(mktemp)
trap 'rm -f "$made"' EXIT

# Wheels keep no symbolic links: the library is one file, named as the loader asks for it.
put "$stage/lib/$library" "$package/_lib/$soname" 755
find "$stage/include" -type f -printf '%P\n' | while read -r header; do
    put "$stage/include/$header" "$package/include/$header"
done
put_hms "$package/_bin/hms"
rm -rf "$package/examples"
# What `hms demo` runs, at the place where it is in the repository too.
for file in examples/demo/{*.py,PIPELINE.md,expected.txt} examples/data/*; do
    put "$file" "$package/$file"
done
fill capi/pkgconfig/hmsffi.pc.in VERSION="$version" PREFIX=../.. INCLUDEDIR=include LIBDIR=_lib \
    LINK="-l:$soname" NATIVE_LIBS= >"$made"
put "$made" "$package/_lib/pkgconfig/hmsffi.pc"

rm -f "$wheels"/hmsffi-*.whl
"$venv/bin/maturin" build --release --manifest-path python/Cargo.toml --interpreter "$venv/bin/python" --out "$wheels"

sum=$(sha256sum "$wheels"/hmsffi-*.whl)
if [ "$sum" != "$(cat "$venv/.wheel" 2>/dev/null)" ]; then
    "$venv/bin/python" -m pip install --quiet --no-deps --force-reinstall "$wheels"/hmsffi-*.whl
    echo "$sum" >"$venv/.wheel"
fi
