"""What `make dist` made, as someone finds it who has nothing else of this tree."""

import os
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Sequence
from pathlib import Path

import pytest
from installed import Run, clean_environment, only

LANGUAGES = os.environ.get("HMSFFI_LANGS", "rust c cpp go python").split()
NEEDS = {
    "test_prefix.py": {"c", "cpp"},
    "test_wheel.py": {"python"},
    "test_hms.py": {"python"},
    "test_python_install.py": {"python"},
    "test_go_module.py": {"go", "python"},
    "test_npm.py": {"node"},
}
collect_ignore = [file for file, needed in NEEDS.items() if not needed.issubset(LANGUAGES)]


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
    pip = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*pip, str(wheel)], check=True, env=clean_environment())
    return python
