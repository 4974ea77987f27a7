"""Each host of the demo keeps to examples/demo/PIPELINE.md."""

import subprocess
from pathlib import Path

import pytest
from cases import COMPLETE, LANGUAGES
from run import DATA, EXPECTED, HOSTS, arguments

pytestmark = pytest.mark.parametrize("host", [host for host in HOSTS if host in LANGUAGES])


def start(host: str, languages: list[str], data: Path = DATA) -> subprocess.CompletedProcess[str]:
    command = [*HOSTS[host], *arguments(host, languages, data)]
    return subprocess.run(command, capture_output=True, check=False, encoding="ascii", timeout=120)


def changed(folder: Path, patient: int, column: str, value: str) -> Path:
    """The data with another value in one place."""
    rows = [row.split(",") for row in DATA.read_text(encoding="ascii").splitlines()]
    rows[patient][rows[0].index(column)] = value
    data = folder / "changed.csv"
    data.write_text("".join(",".join(row) + "\n" for row in rows), encoding="ascii")
    return data


def test_output_is_the_expected_one(host: str) -> None:
    done = start(host, LANGUAGES)
    assert done.returncode == 0, done.stderr
    assert done.stdout == (EXPECTED.read_text(encoding="ascii") if COMPLETE else "")


def test_without_a_step_no_record_is_processed(host: str) -> None:
    done = start(host, [])
    assert done.returncode == 0, done.stderr
    assert done.stdout == ""
    missing = "demo.risk.score, demo.render.line, demo.summary.by_decile"
    assert f"these steps are not here, so no record is processed: {missing}" in done.stderr.replace(
        "demo.units.convert, ", ""
    )


@pytest.mark.parametrize(
    ("column", "value", "message"),
    [
        ("age", "17", "P007: age 17 is outside 18..100"),
        ("bmi", "99.9", "P007: bmi 99.9 is outside 10..60"),
        ("sex", "0", "P007: sex_code 0 is outside 1..2"),
        ("ltg", "8.0001", "P007: ltg 8.0001 is outside 2..8"),
        ("glu", "1e2", 'attribute glu is not a decimal number: "1e2"'),
        ("bp", "90.", 'attribute bp is not a decimal number: "90."'),
    ],
)
def test_a_value_that_is_not_valid_ends_the_run(
    host: str, column: str, value: str, message: str, tmp_path: Path
) -> None:
    done = start(host, LANGUAGES, changed(tmp_path, 7, column, value))
    if COMPLETE:
        assert done.returncode == 1
        assert message in done.stderr.splitlines()
        assert "decile" not in done.stdout
    else:
        assert done.returncode == 0, done.stderr


def test_values_at_the_ends_of_their_ranges_are_valid(host: str, tmp_path: Path) -> None:
    done = start(host, LANGUAGES, changed(tmp_path, 1, "bmi", "60"))
    assert done.returncode == 0, done.stderr
    if COMPLETE:
        assert done.stdout.startswith("P001  age  59  bmi  60.0  bp 101.0")
