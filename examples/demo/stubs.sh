#!/usr/bin/env bash
# Writes the typed clients of the demo's services, from what services/ says of them: examples/demo/stubs.sh LANGUAGE...
set -euo pipefail
cd "$(dirname "$0")"
target=${CARGO_TARGET_DIR:-../../target}

for language in "$@"; do
    for service in units summary; do
        case $language in
        go) file=go/stub/$service/$service.go ;;
        cpp) file=$target/demo/stubs/$service.hpp ;;
        *) continue ;;
        esac
        mkdir -p "$(dirname "$file")"
        "$target/release/hms" stubs --lang "$language" "services/demo.$service.json" -o "$file.new"
        # What stays the same is not built again.
        if cmp -s "$file.new" "$file"; then rm "$file.new"; else mv "$file.new" "$file"; fi
    done
done
