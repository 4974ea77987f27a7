"""Typed clients pass the tools of their language, and callers in all languages see the same."""

from pathlib import Path

import pytest
from languages import CHOSEN, HERE, MADE, Caller, Stub, run

SERVICES = (("test.all-kinds", "all_kinds"), ("nasty", "nasty"), (str(HERE / "odd.json"), "odd"))
"""Nobody calls the last, which is there for what its code looks like."""
ENDINGS = {"cpp": "cc", "go": "go", "node": "ts", "python": "py", "rust": "rs"}


@pytest.mark.parametrize("language", CHOSEN)
def test_a_typed_client_calls_services_of_another_process(
    language: str, stub: Stub, domain: dict[str, str], tmp_path: Path
) -> None:
    source = (HERE / "callers" / f"caller.{ENDINGS[language]}").read_text()
    caller = MADE[language](Caller(source, SERVICES, stub, tmp_path))
    assert run(caller, tmp_path, **domain) == (HERE / "expected.txt").read_text()
