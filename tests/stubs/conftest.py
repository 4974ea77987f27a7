"""Fixtures: the services of this folder in a process of their own, and typed clients of them."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from languages import HERE, HMS, LANGUAGES, ROOT, Stub, run

# What the demo prints is said by a module of it.
sys.path.append(str(ROOT / "examples" / "demo"))
# The demo takes its steps from all languages with components.
collect_ignore = [] if {"c", "cpp", "go", "rust"} <= set(LANGUAGES) else ["test_demo.py"]


@contextmanager
def hosted(program: Path, *words: Path) -> Iterator[dict[str, str]]:
    """Runs a Python program that serves; gives the environment of processes that find it."""
    # pytest's own folders have names too long for a socket.
    with tempfile.TemporaryDirectory(prefix="hms-") as folder:
        environment = {"XDG_RUNTIME_DIR": folder, "HMSFFI_DOMAIN": "stubs"}
        services = subprocess.Popen(
            [sys.executable, program, *words],
            env=os.environ | environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert services.stdout is not None
        assert services.stdout.readline() == "ready\n"
        yield environment
        services.communicate(timeout=10)
        assert services.returncode == 0


@pytest.fixture(scope="session")
def domain() -> Iterator[dict[str, str]]:
    with hosted(HERE / "services.py") as environment:
        yield environment


@pytest.fixture
def stub(domain: dict[str, str]) -> Stub:
    def write(language: str, service: str, path: Path) -> None:
        run([HMS, "stubs", "--lang", language, service, "-o", path], path.parent, **domain)

    return write
