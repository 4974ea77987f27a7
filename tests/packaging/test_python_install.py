"""The wheel in a clean environment, used from an empty folder."""

import re
from pathlib import Path

import pytest
from installed import Run

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "python" / "README.md").read_text(encoding="utf-8")
PINS = (ROOT / "python" / "requirements-dev.txt").read_text(encoding="utf-8")


def examples() -> list[str]:
    """Programs in the README: those that say what they print."""
    blocks = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    return [block for block in blocks if re.search(r"^ *print\(.*#", block, re.MULTILINE)]


def printed(program: str) -> str:
    """What the comments behind `print` say."""
    lines = re.findall(r"^ *print\(.*?\) +# (.*)$", program, re.MULTILINE)
    return "".join(f"{line}\n" for line in lines)


def test_readme_has_a_program_to_begin_with() -> None:
    assert examples()


@pytest.mark.parametrize("program", examples())
def test_program_of_the_readme_prints_what_it_says(
    python: Path, run: Run, tmp_path: Path, program: str
) -> None:
    (tmp_path / "program.py").write_text(program, encoding="utf-8")
    if "import numpy" in program:
        numpy = re.search(r"^numpy==.*$", PINS, re.MULTILINE)
        assert numpy
        run([python, "-m", "pip", "install", "--quiet", numpy[0]])
    assert run([python, "program.py"]) == printed(program)


@pytest.mark.parametrize("option", ["--pkgconfig-dir", "--include", "--libdir"])
def test_package_says_where_its_files_are(python: Path, run: Run, option: str) -> None:
    folder = Path(run([python, "-m", "hmsffi", option]).strip())
    assert folder.is_dir()
    assert python.parent.parent in folder.parents


def test_c_program_is_built_from_the_wheel_alone(python: Path, run: Run) -> None:
    pkgconfig = run([python, "-m", "hmsffi", "--pkgconfig-dir"]).strip()
    libdir = run([python, "-m", "hmsffi", "--libdir"]).strip()
    flags = run(["pkg-config", "--cflags", "--libs", "hmsffi"], PKG_CONFIG_PATH=pkgconfig).split()
    source = Path(__file__).parent / "consumer" / "main.c"
    run(["cc", "-std=c11", source, *flags, "-o", "program"])
    assert run(["./program"], LD_LIBRARY_PATH=libdir) == "hello from C\n"
