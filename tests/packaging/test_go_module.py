"""The first service of the README, made from dist/ in an empty folder as the README says."""

import re
import subprocess
from pathlib import Path

import pytest
from installed import DIST, Run

README = (Path(__file__).resolve().parents[2] / "README.md").read_text(encoding="utf-8")
FIRST_SERVICE = README.split("## First service", 1)[1].split("\n## ", 1)[0]


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", FIRST_SERVICE, re.DOTALL)


def go_env(name: str) -> str:
    ran = subprocess.run(["go", "env", name], check=True, capture_output=True, text=True)
    return ran.stdout.strip()


@pytest.fixture
def go(tmp_path: Path) -> dict[str, str]:
    """What a user has: other modules as they were fetched before, none of ours."""
    fetched = f"file://{go_env('GOMODCACHE')}/cache/download"
    return {
        "GOMODCACHE": str(tmp_path / "modules"),
        "GOPROXY": f"{fetched},{go_env('GOPROXY')}",
        "GOFLAGS": "-modcacherw",
    }


def test_first_service_of_the_readme_does_what_it_says(
    run: Run, go: dict[str, str], tmp_path: Path
) -> None:
    (set_up, build), (component,), (caller,) = blocks("sh"), blocks("go"), blocks("python")
    (tmp_path / "main.go").write_text(component, encoding="utf-8")
    (tmp_path / "call.py").write_text(caller, encoding="utf-8")
    shown = run(["bash", "-euc", f"{{ {set_up} }} >&2\n{build}"], DIST=str(DIST), **go)
    assert [shown] == blocks("text")


def test_module_has_its_licence_and_the_header(run: Run) -> None:
    (archive,) = (DIST / "go").rglob("*.zip")
    listed = run(["python3", "-m", "zipfile", "-l", archive])
    assert "/LICENSE" in listed
    assert "/internal/capi/include/hmsffi/hmsffi.h" in listed
