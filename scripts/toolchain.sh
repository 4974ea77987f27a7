#!/usr/bin/env bash
# Are the tools of these languages here? scripts/toolchain.sh [--usable] LANGUAGE...
# Installs by apt what apt can bring (as root, unless HMSFFI_NO_APT is set), and names the rest with the command.
# Plain: a missing tool is an error. --usable: prints the languages that can be used.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/files.sh

usable=
if [ "${1:-}" = --usable ]; then
    usable=yes
    shift
fi

needs_of() {
    case $1 in
    base) echo cargo cc readelf pkg-config python3 venv ;;
    rust) [ $usable ] || echo rustfmt clippy npm ;;
    c) echo cmake && { [ $usable ] || echo valgrind; } ;;
    cpp) echo c++ cmake ;;
    go) echo go ;;
    python) ;;
    node) echo node npm ;;
    *) fail "unknown language: $1 (known: rust c cpp go python node)" ;;
    esac
}

at_least() { # WANTED FOUND
    [ -n "$2" ] && [ "$(printf '%s\n' "$1" "$2" | sort -V | head -n 1)" = "$1" ]
}

field() { # NAME FILE
    [ ! -f "$2" ] || sed -n "s/^$1[ =\"]*\([0-9.]*\).*/\1/p" "$2" | head -n 1
}

has() {
    case $1 in
    cargo) at_least "$(field rust-version Cargo.toml)" "$(cargo --version | cut -d' ' -f2)" ;;
    rustfmt) cargo fmt --version ;;
    clippy) cargo clippy --version ;;
    go) at_least "$(field go go/go.mod)" "$(go env GOVERSION | sed 's/^go//')" ;;
    node) at_least 20 "$(node -p process.versions.node)" ;;
    python3) python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))' ;;
    venv) python3 -c 'import venv, ensurepip' ;;
    *) command -v "$1" ;;
    esac >/dev/null 2>&1
}

apt_package() {
    case $1 in
    cc) echo gcc ;;
    c++) echo g++ ;;
    readelf) echo binutils ;;
    venv) echo python3-venv ;;
    go) echo golang-go ;;
    node) echo nodejs ;;
    cmake | pkg-config | valgrind | python3 | npm) echo "$1" ;;
    esac
}

what() {
    case $1 in
    cargo) echo "cargo $(field rust-version Cargo.toml) or newer" ;;
    go) echo "go $(field go go/go.mod) or newer" ;;
    node) echo "node 20 or newer" ;;
    python3) echo "python3 3.11 or newer" ;;
    *) echo "$1" ;;
    esac
}

command_for() {
    case $1 in
    cargo) echo "rustup toolchain install stable" ;;
    rustfmt | clippy) echo "rustup component add $1" ;;
    *) echo "apt-get install $(apt_package "$1")" ;;
    esac
}

may_install() { [ "$(id -u)" = 0 ] && [ -z "${HMSFFI_NO_APT:-}" ] && command -v apt-get >/dev/null; }

apt_ready=
install_by_apt() {
    local package
    package=$(apt_package "$1")
    [ -n "$package" ] && may_install || return 0
    echo "installing $package" >&2
    [ $apt_ready ] || apt-get update -qq >&2 || true
    apt_ready=yes
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq "$package" >&2 </dev/null || true
}

lacks_one=
complete() { # LANGUAGE
    local tool lacking=
    for tool in $(needs_of "$1"); do
        has "$tool" || install_by_apt "$tool"
        hash -r
        has "$tool" && continue
        lacking=yes
        echo "missing for $1: $(what "$tool"); to install it: $(command_for "$tool")" >&2
    done
    [ -z $lacking ]
}

# cargo, a linker and Python (it drives the checks and the tests across languages) are needed whatever the languages.
complete base || exit 1
for language in "$@"; do
    needs_of "$language" >/dev/null
    if complete "$language"; then
        [ -z $usable ] || echo "$language"
    else
        lacks_one=yes
    fi
done
[ $usable ] || [ -z $lacks_one ]
