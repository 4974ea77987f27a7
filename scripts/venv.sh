#!/usr/bin/env bash
# The virtual environment with the pinned tools of python/requirements-dev.txt.
set -euo pipefail
cd "$(dirname "$0")/.."

venv=${CARGO_TARGET_DIR:-target}/venv
pins=python/requirements-dev.txt

if ! cmp -s "$pins" "$venv/.pins"; then
    rm -rf "$venv"
    python3 -m venv "$venv"
    "$venv/bin/pip" install --quiet --disable-pip-version-check -r "$pins"
    cp "$pins" "$venv/.pins"
fi
