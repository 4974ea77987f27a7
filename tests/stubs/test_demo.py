"""Typed clients of the demo's services, which are in Go, Rust, C and C++."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import reference
from conftest import hosted
from languages import CHOSEN, HERE, HMS, MADE, TARGET, Caller, run

COMPONENTS = [TARGET / "components" / f"{language}.so" for language in ("go", "rust", "c", "cpp")]
SERVICES = tuple((str(HERE / "demo" / f"{name}.json"), name) for name in ("units", "summary"))
CALLERS = {"go": "go", "node": "ts", "python": "py"}


@pytest.fixture(scope="module")
def demo() -> Iterator[dict[str, str]]:
    with hosted(HERE / "demo" / "host.py", *COMPONENTS) as domain:
        yield domain


@pytest.mark.parametrize("language", [one for one in CALLERS if one in CHOSEN])
def test_all_records_pass_through_typed_clients(
    language: str, demo: dict[str, str], tmp_path: Path
) -> None:
    def stub(language: str, service: str, path: Path) -> None:
        run([HMS, "stubs", "--lang", language, service, "-o", path], path.parent)

    source = (HERE / "demo" / f"caller.{CALLERS[language]}").read_text()
    caller = MADE[language](Caller(source, SERVICES, stub, tmp_path))
    records = tmp_path / "records.json"
    records.write_text(json.dumps(reference.records(reference.DATA)))
    assert run([*caller, records], tmp_path, **demo) == reference.EXPECTED.read_text()
