"""The Go module from dist/, used from an empty folder with nothing but the wheel beside it."""

import subprocess
from pathlib import Path

import pytest
from installed import DIST, Run

COMPONENT = (Path(__file__).parent / "greeter" / "main.go").read_text(encoding="utf-8")
CALLER = (Path(__file__).parent / "greeter" / "call.py").read_text(encoding="utf-8")


def go_env(name: str) -> str:
    ran = subprocess.run(["go", "env", name], check=True, capture_output=True, text=True)
    return ran.stdout.strip()


@pytest.fixture
def go(python: Path, run: Run, tmp_path: Path) -> dict[str, str]:
    """The environment of a user: our module from dist/, others as they were fetched before."""
    fetched = f"file://{go_env('GOMODCACHE')}/cache/download"
    return {
        # A cache of its own: the version number stays while the module changes.
        "GOMODCACHE": str(tmp_path / "modules"),
        "GOPROXY": f"file://{DIST}/go,{fetched},{go_env('GOPROXY')}",
        "GOFLAGS": "-mod=mod -modcacherw",
        "GONOSUMDB": "github.com/hmsffi",
        "PKG_CONFIG_PATH": run([python, "-m", "hmsffi", "--pkgconfig-dir"]).strip(),
    }


def test_go_handler_is_called_from_python(
    python: Path, run: Run, go: dict[str, str], tmp_path: Path
) -> None:
    (tmp_path / "main.go").write_text(COMPONENT, encoding="utf-8")
    (tmp_path / "call.py").write_text(CALLER, encoding="utf-8")
    run(["go", "mod", "init", "example.com/greeter"], **go)
    run(["go", "get", "github.com/hmsffi/hmsffi/go"], **go)
    run(["go", "build", "-buildmode=c-shared", "-o", "greeter.so", "."], **go)
    assert run([python, "call.py"]) == "Hello Ada from Go\n"


def test_module_has_its_licence_and_the_header(run: Run) -> None:
    (archive,) = (DIST / "go").rglob("*.zip")
    listed = run(["python3", "-m", "zipfile", "-l", archive])
    assert "/LICENSE" in listed
    assert "/internal/capi/include/hmsffi/hmsffi.h" in listed
