"""Fixtures: hosts of tests/oneprocess, each in a process of its own, in a domain of their own."""

import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).resolve().parents[1] / "oneprocess"))

from domain import Domain
from hosts import COMPONENTS, HERE


@pytest.fixture(scope="session", autouse=True)
def _built() -> None:
    built = subprocess.run([HERE / "build.sh", *COMPONENTS], check=False)
    if built.returncode != 0:
        pytest.exit("the hosts were not built: see above", built.returncode)


@pytest.fixture
def domain() -> Iterator[Domain]:
    """An empty domain. Its processes must end with status 0 and leave nothing behind."""
    # pytest's own folders have names too long for a socket.
    with tempfile.TemporaryDirectory(prefix="hms-") as folder, Domain(Path(folder)) as domain:
        yield domain
