#!/usr/bin/env bash
# Lays out an installed prefix, with hms: scripts/install.sh PREFIX
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/files.sh
. scripts/library.sh

prefix=${1:?usage: scripts/install.sh PREFIX}
scripts/stage.sh "$prefix"
put_hms "$prefix/bin/hms"
