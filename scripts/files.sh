# Sourced by the scripts beside it.

fail() {
    echo "$(basename "$0"): $*" >&2
    exit 1
}

# An unchanged file keeps its time stamp, so that nothing downstream is built again.
put() { # SOURCE DESTINATION [MODE]
    if cmp -s "$1" "$2"; then return; fi
    mkdir -p "$(dirname "$2")"
    # Renamed into place: a running process may have the old library mapped, and another make may do the same.
    local new
    new=$(mktemp "$2.XXXXXX")
    install -m "${3:-644}" "$1" "$new"
    mv "$new" "$2"
}

# With --write the snapshot is brought up to date, otherwise a difference is an error.
match_snapshot() { # GENERATED SNAPSHOT MODE
    if [ "$3" = --write ]; then
        put "$1" "$2"
    else
        diff -u "$2" "$1" || fail "$2 is not up to date; if the change is meant: make header snapshots"
    fi
}
