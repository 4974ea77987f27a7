"""The package around the extension."""

import re
import subprocess
import sys
from pathlib import Path

import hmsffi
import pytest
from conftest import Program

README = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"```python\n(.*?)```", README, re.DOTALL)


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", *arguments], capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize(
    ("option", "file"),
    [
        ("--pkgconfig-dir", "hmsffi.pc"),
        ("--include", "hmsffi/hmsffi.h"),
        ("--libdir", "libhmsffi.so.0"),
    ],
)
def test_folders_hold_what_they_are_asked_for(option: str, file: str) -> None:
    ran = run("hmsffi", option)
    assert (Path(ran.stdout.strip()) / file).is_file()


def test_version_is_the_librarys() -> None:
    assert run("hmsffi", "--version").stdout.strip() == hmsffi.__version__
    assert hmsffi.__version__.count(".") == 2


def test_instance_id_is_that_of_the_process() -> None:
    assert len(hmsffi.instance_id()) == 16
    assert hmsffi.instance_id() == hmsffi.instance_id()


def test_missing_component_is_named(tmp_path: Path) -> None:
    with pytest.raises(hmsffi.NotFound, match=r"nothing\.so"):
        hmsffi.load_component(tmp_path / "nothing.so")


def test_other_file_is_no_component(tmp_path: Path) -> None:
    file = tmp_path / "text.so"
    file.write_text("no library", encoding="utf-8")
    with pytest.raises(hmsffi.InvalidArgument, match=r"text\.so"):
        hmsffi.load_component(str(file))


def test_everything_public_is_documented() -> None:
    for name in hmsffi.__all__:
        assert getattr(hmsffi, name).__doc__, name


def test_stubs_match_the_extension() -> None:
    ran = run("mypy.stubtest", "hmsffi._native")
    assert ran.returncode == 0, ran.stdout


def test_users_types_are_checked(tmp_path: Path) -> None:
    program = tmp_path / "program.py"
    program.write_text(
        "import hmsffi\n"
        "client = hmsffi.create_client(timeout=1.0)\n"
        "call: hmsffi.AsyncCall[int] = client.get_service('a').call_async('b')\n"
        "number: int = call.result()\n"
        "hmsffi.create_client(timeout='soon')\n",
        encoding="utf-8",
    )
    ran = run("mypy", "--strict", str(program))
    assert "Found 1 error in 1 file" in ran.stdout
    assert 'incompatible type "str"; expected "float | None"' in ran.stdout


@pytest.mark.parametrize("example", EXAMPLES)
def test_example_of_the_readme_prints_what_it_says(program: Program, example: str) -> None:
    ran = program(example)
    said = re.findall(r"^ *print\(.*\)  # (.*)$", example, re.MULTILINE)
    assert said
    assert (ran.stderr, ran.stdout.splitlines()) == ("", said)
