"""The examples of docs/stubs.md do what it says."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import hosted
from languages import CHOSEN, HMS, MADE, ROOT, Caller, run

DOCS = (ROOT / "docs" / "stubs.md").read_text()
FENCES = {"cpp": "cpp", "go": "go", "node": "ts", "python": "python", "rust": "rust"}


def blocks(fence: str) -> list[str]:
    return re.findall(rf"```{fence}\n(.*?)```", DOCS, re.S)


@pytest.fixture(scope="module")
def greet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    service = tmp_path_factory.mktemp("docs") / "service.py"
    service.write_text(blocks("python")[0])
    with hosted(service) as domain:
        yield domain


@pytest.mark.parametrize("language", CHOSEN)
def test_each_program_prints_what_is_said(
    language: str, greet: dict[str, str], tmp_path: Path
) -> None:
    fence = FENCES[language]
    (called,) = re.findall(
        rf"`hms (stubs --lang {language if language != 'node' else 'typescript'} greet) -o", DOCS
    )

    def stub(_language: str, _service: str, path: Path) -> None:
        run([HMS, *called.split(), "-o", path], path.parent, **greet)

    caller = MADE[language](Caller(blocks(fence)[-1], (("greet", "greet"),), stub, tmp_path))
    assert run(caller, tmp_path, **greet) == blocks("text")[0]


def test_a_definition_is_kept_in_a_file(greet: dict[str, str], tmp_path: Path) -> None:
    (kept,) = re.findall(r"`(hms info .*? > .*?)`", DOCS)
    (read,) = re.findall(r"`(hms stubs --lang go greet.json)`", DOCS)
    path = {"PATH": f"{HMS.parent}:/usr/bin:/bin"}
    written = run(["sh", "-c", f"{kept} && {read}"], tmp_path, **greet, **path)
    assert written == run([HMS, "stubs", "--lang", "go", "greet"], tmp_path, **greet)
