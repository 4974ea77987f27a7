"""What the tests share: a server whose services end with the test, and programs of their own."""

import os
import signal
import subprocess
import sys
import tempfile
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path

import hmsffi
import pytest

Program = Callable[..., subprocess.CompletedProcess[str]]

# Nobody else's services are found, such as those of the same tests from another checkout.
_FOLDER = tempfile.TemporaryDirectory(prefix="hms-")
os.environ |= {"XDG_RUNTIME_DIR": _FOLDER.name, "HMSFFI_DOMAIN": "test"}

# A background job of a shell ignores interrupts, and so would the programs that are run here.
signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture
def server() -> Iterator[hmsffi.Server]:
    with hmsffi.create_server("test") as server:
        server.start()
        yield server


@pytest.fixture
def client() -> Iterator[hmsffi.Client]:
    with hmsffi.create_client() as client:
        yield client


@pytest.fixture
def program(tmp_path: Path) -> Program:
    """Runs a program of its own and gives how it ended."""

    def run(
        source: str, *arguments: object, timeout: float = 30
    ) -> subprocess.CompletedProcess[str]:
        file = tmp_path / "program.py"
        file.write_text(textwrap.dedent(source), encoding="utf-8")
        return subprocess.run(
            [sys.executable, file, *map(str, arguments)],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
        )

    return run
