#!/usr/bin/env bash
# CARGO_ENCODED_RUSTFLAGS for everything that this tree builds: no path of the machine that built it goes into a library. The
# same for all steps, so that each crate is compiled once.
set -euo pipefail
cd "$(dirname "$0")/.."
flags=("--remap-path-prefix=$PWD=hmsffi" "--remap-path-prefix=${CARGO_HOME:-$HOME/.cargo}/registry/src=crates")
if sysroot=$(rustc --print sysroot 2>/dev/null); then flags+=("--remap-path-prefix=$sysroot=rust"); fi
# A path may hold spaces: the separator is the one that cargo asks for.
IFS=$'\x1f'
printf '%s' "${flags[*]}"
