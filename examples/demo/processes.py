"""The processes of the demo: one for each step, and one for each echo in Python and Node.js."""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import Self

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
IS_CHECKOUT = (ROOT / "Makefile").is_file()
"""Otherwise this is the folder that the Python package carries."""
TARGET = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
PYTHON = TARGET / "venv" / "bin" / "python" if IS_CHECKOUT else Path(sys.executable)
STEPS = ["go", "rust", "c", "cpp"]
"""Languages of the steps, each of which is a component."""
PROGRAMS = ["python", "node"]
"""Languages that come with a main program."""


def command(language: str, is_stood_in: bool) -> list[str | Path]:
    if is_stood_in:
        return [PYTHON, HERE / "standin.py", language]
    match language:
        case "python":
            return [PYTHON, HERE / "host.py", "serve"]
        case "node":
            return ["node", HERE / "host.mjs", "serve"]
    return [TARGET / "demo" / "step", TARGET / "components" / f"{language}.so"]


class Processes:
    """What runs beside a host: it serves until it is told to end.

    The steps of the languages that are `stood_in` are done by Python.
    """

    def __init__(self, languages: Sequence[str], stood_in: Sequence[str] = ()) -> None:
        self._running: dict[str, subprocess.Popen[str]] = {}
        self._stood_in = stood_in
        for language in (*languages, *stood_in):
            self.start(language)

    def start(self, language: str) -> None:
        process = subprocess.Popen(
            command(language, language in self._stood_in),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._running[language] = process
        assert process.stdout
        if process.stdout.readline() != "ready\n":
            raise RuntimeError(f"the process of {language} ended with {process.wait()}")

    def kill(self, language: str) -> int:
        """As a crash does: the process learns nothing of it. Gives its id."""
        process = self._running.pop(language)
        process.kill()
        process.wait()
        return process.pid

    def stop(self) -> list[str]:
        """Ends all; gives what went wrong."""
        wrong = []
        for language, process in self._running.items():
            with suppress(BrokenPipeError):
                process.communicate(timeout=20)
            if process.returncode != 0:
                wrong.append(f"the process of {language} ended with {process.returncode}")
        self._running.clear()
        return wrong

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for process in self._running.values():
            process.kill()
            process.wait()


@contextmanager
def domain() -> Iterator[Path]:
    """A directory where only the processes that are started meanwhile meet."""
    before = {name: os.environ.get(name) for name in ("XDG_RUNTIME_DIR", "HMSFFI_DOMAIN")}
    # The name of a socket has room for about 100 characters.
    folder = tempfile.mkdtemp(prefix="hms-demo-")
    os.environ |= {"XDG_RUNTIME_DIR": folder, "HMSFFI_DOMAIN": "demo"}
    try:
        yield Path(folder)
    finally:
        shutil.rmtree(folder)
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


def left(folder: Path) -> list[str]:
    """The files that a domain's processes have left."""
    return sorted(path.name for path in folder.rglob("*") if not path.is_dir())
