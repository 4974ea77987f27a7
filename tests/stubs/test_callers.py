"""Typed clients pass the tools of their language, and callers in all languages see the same."""

import os
from pathlib import Path

import pytest
from languages import HERE, MADE, Stub, run

LANGUAGES = os.environ.get("HMSFFI_LANGS", "rust c cpp go python node").split()


@pytest.mark.parametrize("language", [language for language in MADE if language in LANGUAGES])
def test_a_typed_client_calls_services_of_another_process(
    language: str, stub: Stub, domain: dict[str, str], tmp_path: Path
) -> None:
    caller = MADE[language](stub, tmp_path)
    assert run(caller, tmp_path, **domain) == (HERE / "expected.txt").read_text()
