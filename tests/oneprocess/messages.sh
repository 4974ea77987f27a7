#!/usr/bin/env bash
# Generates the types of examples/proto in these languages, for the relays: tests/oneprocess/messages.sh LANGUAGE...
set -euo pipefail
cd "$(dirname "$0")/../.."
. scripts/files.sh
. scripts/library.sh

out=$(realpath -m "$target/oneprocess")
relay=tests/oneprocess/relay/go
module=github.com/hmsffi/hmsffi/$relay
messages=hms/healthcare/v1/patient_record.proto

# The protoc of a Python package: none has to be installed.
protoc() { "$target/venv/bin/python" -m grpc_tools.protoc -I examples/proto "$@" "$messages"; }

for language in "$@"; do
    case $language in
    go)
        go -C "$relay" build -o "$out/protoc-gen-go" google.golang.org/protobuf/cmd/protoc-gen-go
        protoc --plugin="$out/protoc-gen-go" --go_out="$relay" \
            --go_opt="module=$module,M$messages=$module/patient"
        ;;
    python)
        mkdir -p "$out/python"
        protoc --python_out="$out/python"
        ;;
    esac
done
