"""The types of the demo's services, and what becomes of a record that does not fit."""

import subprocess
from pathlib import Path

import pytest
from cases import COMPLETE, LANGUAGES
from processes import Processes, domain
from run import DATA, HERE, HOSTS, STEPS, TARGET, arguments

HMS = TARGET / "release" / "hms"
WRITTEN = sorted((HERE / "services").glob("*.json"))
STEP = {"demo.units": "go", "demo.summary": "cpp"}
BUILT = [path for path in WRITTEN if STEP[path.stem] in LANGUAGES]
STAND_INS = WRITTEN if "python" in LANGUAGES else []


def compared(written: Path, *options: str) -> subprocess.CompletedProcess[str]:
    command = [HMS, "diff", written, written.stem, *options]
    return subprocess.run(command, capture_output=True, check=False, text=True, timeout=20)


@pytest.mark.parametrize("written", BUILT, ids=lambda path: path.stem)
def test_what_clients_are_generated_from_is_what_the_services_say(written: Path) -> None:
    with domain(), Processes([STEP[written.stem]]) as running:
        found = compared(written, "--binding", "strict")
        assert running.stop() == []
    assert found.returncode == 0, found.stdout + found.stderr
    assert found.stdout == ""


@pytest.mark.parametrize("written", STAND_INS, ids=lambda path: path.stem)
def test_a_stand_in_can_be_called_by_the_same_clients(written: Path) -> None:
    with domain(), Processes([], [STEP[written.stem]]) as running:
        found = compared(written, "--binding", "loose")
        assert running.stop() == []
    assert found.returncode == 0, found.stdout + found.stderr


@pytest.mark.parametrize("host", ["python"] if "python" in LANGUAGES else [])
def test_a_record_that_does_not_fit_is_refused_with_its_places(host: str) -> None:
    command = [*HOSTS[host], *arguments(host, LANGUAGES)]
    if not COMPLETE:
        command = [*HOSTS[host], DATA, "apart"]
    with domain(), Processes([], [] if COMPLETE else STEPS) as running:
        done = subprocess.run(command, capture_output=True, check=False, text=True, timeout=120)
        assert running.stop() == []
    assert done.returncode == 0, done.stderr
    places = "$.age: 17 is below the minimum 18; $.attributes.bmi: needs STRING, found 32.1"
    assert f"a record that does not fit is refused: demo.units.convert: {places}" in done.stderr
