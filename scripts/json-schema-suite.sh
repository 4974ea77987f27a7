#!/usr/bin/env bash
# The JSON Schema Test Suite, from the source archive of the Python package jsonschema, into target/json-schema-suite.
set -euo pipefail
cd "$(dirname "$0")/.."

version=4.26.0
sha256=0c26707e2efad8aa1bfc5b7ce170f3fccc2e4918ff85989ba9ffa9facb2be326
suite=${CARGO_TARGET_DIR:-target}/json-schema-suite

if [ "$(cat "$suite/.version" 2>/dev/null)" != "$version" ]; then
    rm -rf "$suite"
    mkdir -p "$suite"
    # Only an archive of sources has the tests in it.
    python3 -m pip download --quiet --disable-pip-version-check --no-deps --no-binary jsonschema \
        --dest "$suite" "jsonschema==$version"
    archive=$suite/jsonschema-$version.tar.gz
    echo "$sha256  $archive" | sha256sum --check --quiet
    tar -xzf "$archive" -C "$suite" --strip-components=2 "jsonschema-$version/json/tests"
    rm "$archive"
    echo "$version" > "$suite/.version"
fi
