#!/usr/bin/env bash
# Builds the hosts of the demo into target/demo: scripts/hosts.sh LANGUAGE...
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/files.sh
. scripts/library.sh

out=$(realpath -m "$target/demo")

scripts/cmake.sh examples/demo/step "$out/build/step"
put "$out/build/step/step" "$out/step" 755

examples/demo/stubs.sh "$@"
for language in "$@"; do
    case $language in
    go) go -C examples/demo/go build -o "$out/host-go" . ;;
    cpp)
        scripts/cmake.sh examples/demo/cpp "$out/build/cpp"
        put "$out/build/cpp/host" "$out/host-cpp" 755
        ;;
    node)
        # The host imports the package by its name, as if it were installed.
        mkdir -p examples/demo/node_modules
        ln -sfn ../../../bindings/node examples/demo/node_modules/hmsffi
        ;;
    esac
done
