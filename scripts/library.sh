# Sourced by the scripts beside it: the built library and what it is called.

# As in the Makefile, for scripts that are called by hand.
CARGO_ENCODED_RUSTFLAGS=$(scripts/rustflags.sh)
export CARGO_ENCODED_RUSTFLAGS
target=${CARGO_TARGET_DIR:-target}
version=$(sed -n 's/^version = "\(.*\)"/\1/p' Cargo.toml | head -n 1)
library=libhmsffi.so.$version
native_libs="-lgcc_s -lutil -lrt -lpthread -lm -ldl -lc"

soname_of() { readelf -d "$1" | sed -n 's/.*(SONAME).*\[\(.*\)\]/\1/p'; }
needed_by() { readelf -d "$1" | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p'; }
defined_by() { nm -D --defined-only "$1" | awk '{ print $NF }' | LC_ALL=C sort; }

# Without what only a debugger reads, which is five times the rest.
put_hms() { # DESTINATION
    local stripped
    stripped=$(mktemp)
    strip -o "$stripped" "$target/release/hms"
    put "$stripped" "$1" 755
    rm "$stripped"
}

# TEMPLATE NAME=VALUE...
fill() {
    local template=$1 script=
    shift
    for pair in "$@"; do script+="s|@${pair%%=*}@|${pair#*=}|g;"; done
    sed "$script" "$template"
}
