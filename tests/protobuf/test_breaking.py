"""What `hms diff` says of changes of a message beside `buf breaking` (category WIRE_JSON)."""

import json
import os
import platform
import subprocess
import sys
from pathlib import Path

import pytest
from changes import CHANGES, INNER, Change
from peers import HERE, hms

# That of this platform: npm ci takes no lock of @bufbuild/buf without those of all the others.
PLATFORM = {"x86_64": "x64"}.get(platform.machine(), platform.machine())
BUF = HERE / "node" / "node_modules" / "@bufbuild" / f"buf-linux-{PLATFORM}" / "bin" / "buf"
CONFIG = {"version": "v2", "breaking": {"use": ["WIRE_JSON"]}}


def written(folder: Path, body: str) -> tuple[Path, Path]:
    """The descriptors of a message with this body, and its schema."""
    folder.mkdir()
    (folder / "a.proto").write_text(f'syntax = "proto3"; package a; {INNER} message A {{ {body} }}')
    binary, schema = folder / "a.binpb", folder / "a.json"
    protoc = [sys.executable, "-m", "grpc_tools.protoc", f"-I{folder}", "--include_source_info"]
    subprocess.run([*protoc, f"--descriptor_set_out={binary}", "a.proto"], check=True)
    imported = hms("schema", "import", binary, "--message", "a.A")
    assert imported.returncode == 0, imported.stderr.decode()
    schema.write_bytes(imported.stdout)
    return binary, schema


@pytest.mark.parametrize("name", CHANGES)
def test_changes_break_what_buf_says_or_what_is_listed(tmp_path: Path, name: str) -> None:
    change: Change = CHANGES[name]
    (old, old_schema), (new, new_schema) = (
        written(tmp_path / "old", change.old),
        written(tmp_path / "new", change.new),
    )
    buf = subprocess.run(
        [BUF, "breaking", new, "--against", old, "--config", json.dumps(CONFIG)],
        env={**os.environ, "BUF_CACHE_DIR": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert buf.returncode in (0, 100), buf.stderr
    assert (buf.returncode == 100) == change.breaks, buf.stdout
    own = hms("diff", old_schema, new_schema, "--compatibility", "FULL")
    assert (own.returncode == 1) == change.breaks_for_hms, own.stdout.decode() + own.stderr.decode()
    assert bool(change.reason) == (change.breaks != change.breaks_for_hms), "why they do not agree"
