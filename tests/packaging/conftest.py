"""What `make dist` made, as someone finds it who has nothing else of this tree."""

import os
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
DIST = ROOT / "dist"
LANGUAGES = os.environ.get("HMSFFI_LANGS", "rust c cpp go python").split()

NEEDS = {
    "test_prefix.py": {"c", "cpp"},
    "test_wheel.py": {"python"},
    "test_python_install.py": {"python"},
    "test_go_module.py": {"go", "python"},
    "test_npm.py": {"node"},
}
collect_ignore = [file for file, needed in NEEDS.items() if not needed.issubset(LANGUAGES)]

Run = Callable[..., str]


def only(pattern: str) -> Path:
    found = list(DIST.glob(pattern))
    assert len(found) == 1, f"expected one {pattern} in dist/, found {[f.name for f in found]}"
    return found[0]


def clean_environment() -> dict[str, str]:
    """Nothing that points back into this tree."""
    ours = ("PKG_CONFIG_PATH", "LD_LIBRARY_PATH", "PYTHONPATH", "VIRTUAL_ENV", "CARGO_TARGET_DIR")
    return {
        name: value
        for name, value in os.environ.items()
        if name not in ours and not name.startswith(("HMSFFI_", "MAKE"))
    }


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Runs a command in an empty folder and gives what it printed."""

    def run(command: Sequence[str | Path], cwd: Path = tmp_path, **environment: str) -> str:
        ran = subprocess.run(
            [str(word) for word in command],
            cwd=cwd,
            env=clean_environment() | environment,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        assert ran.returncode == 0, f"{command}: {ran.returncode}\n{ran.stdout}{ran.stderr}"
        return ran.stdout

    return run


@pytest.fixture(scope="session")
def prefix(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The installed prefix, unpacked and then moved somewhere else."""
    unpacked = tmp_path_factory.mktemp("unpacked")
    with tarfile.open(only("hmsffi-*.tar.gz")) as archive:
        archive.extractall(unpacked, filter="data")
    (folder,) = unpacked.iterdir()
    return Path(shutil.move(folder, tmp_path_factory.mktemp("moved") / "opt with space"))


@pytest.fixture(scope="session")
def wheel() -> Path:
    return only("hmsffi-*.whl")


@pytest.fixture(scope="session")
def python(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The interpreter of a clean environment in which the wheel is installed."""
    environment = tmp_path_factory.mktemp("venv")
    subprocess.run([sys.executable, "-m", "venv", environment], check=True)
    python = environment / "bin" / "python"
    pip = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*pip, wheel], check=True, env=clean_environment())
    return python
