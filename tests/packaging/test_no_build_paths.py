"""What is given away says nothing of the machine that made it."""

import io
import os
import tarfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from installed import DIST

ROOT = Path(__file__).resolve().parents[2]
CRATES = Path(os.environ.get("CARGO_HOME", Path.home() / ".cargo"))
PATHS = [str(path).encode() for path in (ROOT, CRATES)]


def members(archive: Path) -> Iterator[tuple[str, bytes]]:
    if zipfile.is_zipfile(archive):
        with zipfile.ZipFile(archive) as opened:
            for name in opened.namelist():
                yield name, opened.read(name)
    elif tarfile.is_tarfile(archive):
        with tarfile.open(archive) as unpacked:
            for member in unpacked:
                content = unpacked.extractfile(member) or io.BytesIO()
                yield member.name, content.read()


ARCHIVES = sorted(
    file for file in DIST.rglob("*") if file.suffix in {".whl", ".gz", ".tgz", ".zip"}
)


@pytest.mark.parametrize("archive", ARCHIVES, ids=lambda archive: archive.name)
def test_no_file_holds_a_path_of_the_build_machine(archive: Path) -> None:
    found = {
        (name, path.decode())
        for name, content in members(archive)
        for path in PATHS
        if path + b"/" in content
    }
    assert not found
