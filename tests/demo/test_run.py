"""What make demo makes of its hosts."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from cases import LANGUAGES, STOOD_IN
from matrix import LANGUAGES as NAMES
from run import EXPECTED, HERE, HOSTS, STEPS

HERE_HOSTS = [host for host in HOSTS if host in LANGUAGES]


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, HERE / "run.py", *arguments]
    return subprocess.run(command, capture_output=True, check=False, text=True, timeout=300)


@pytest.fixture(scope="module")
def demo() -> subprocess.CompletedProcess[str]:
    return run(*LANGUAGES)


def test_the_summary_is_shown_once_all_hosts_agree(demo: subprocess.CompletedProcess[str]) -> None:
    assert demo.returncode == 0, demo.stdout + demo.stderr
    summary = EXPECTED.read_text(encoding="ascii").partition("\n\n")[2]
    agreed = f"455 lines, the same byte for byte from each host: {' '.join(HERE_HOSTS)}\n"
    assert demo.stdout.count(summary) == demo.stdout.count(agreed) == (1 if STOOD_IN else 0)


def test_the_matrix_has_a_figure_for_both_ways_to_each_handler(
    demo: subprocess.CompletedProcess[str],
) -> None:
    lines = demo.stdout.splitlines()
    start = next(at for at, line in enumerate(lines) if line.startswith("caller "))
    head, *rows = (re.split(" {2,}", line.strip()) for line in lines[start:])
    assert sorted(head[2:]) == sorted(NAMES[language] for language in LANGUAGES)
    assert [row[0] for row in rows[::2]] == [
        NAMES[language]
        for language in NAMES
        if language in HERE_HOSTS
        or (language in ("c", "rust") and {"cpp", language} <= {*LANGUAGES})
    ]
    for of_bytes, of_record in zip(rows[::2], rows[1::2], strict=True):
        assert (of_bytes[1], of_record[0]) == ("64 bytes", "a record")
        caller = of_bytes[0]
        for handler, above, below in zip(head[2:], of_bytes[2:], of_record[1:], strict=True):
            here, elsewhere = zip(above.split(" | "), below.split(" | "), strict=True)
            if handler in ("Python", "Node.js") and handler != caller:
                assert here == ("-", "-")
            else:
                assert 0 < float(here[0]) < float(here[1])
            if handler == caller and handler in ("C", "Rust"):
                assert elsewhere == ("-", "-")
            else:
                # On a busy machine a thread that waits is woken late, whatever it waits for.
                assert all(float(figure) > 0 for figure in elsewhere)


def test_a_step_that_is_killed_is_missed_and_found_again(
    demo: subprocess.CompletedProcess[str],
) -> None:
    heading = "== run with a step killed"
    if "python" not in LANGUAGES:
        assert heading not in demo.stdout
        return
    said = demo.stdout.partition(heading)[2]
    assert "step rust was killed: UNAVAILABLE (14): " in said
    detected = re.search(r"detected after ([\d.]+) ms", said)
    recovered = re.search(r"recovered ([\d.]+) ms after its restart", said)
    assert detected
    assert recovered
    # An outage of a step is no matter of seconds; a busy machine may take some.
    assert float(detected[1]) < 5000
    assert float(recovered[1]) < 5000


@pytest.mark.parametrize("host", HERE_HOSTS)
def test_a_host_that_prints_something_else_fails_the_demo(host: str, tmp_path: Path) -> None:
    output = tmp_path / "output.txt"
    output.write_bytes(EXPECTED.read_bytes().replace(b"36.1", b"36.2", 1) + b"more\n")
    done = run(f"--host={host}=sh -c 'cat {output}'", *LANGUAGES)
    assert done.returncode == 1
    assert f"the {host} host differs from expected.txt" in done.stdout
    assert "+more" in done.stdout
    assert "the same byte for byte" not in done.stdout


@pytest.mark.parametrize("host", HERE_HOSTS)
def test_a_host_that_fails_fails_the_demo(host: str) -> None:
    done = run(f"--host={host}=sh -c 'cat {EXPECTED}; exit 3'", *LANGUAGES)
    assert done.returncode == 1
    assert f"the {host} host failed: status 3" in done.stdout


def test_python_stands_in_for_a_step_that_is_missing() -> None:
    others = [language for language in LANGUAGES if language != "rust"]
    done = run("--json", *others)
    assert done.returncode == 0, done.stdout + done.stderr
    came = json.loads(done.stdout)
    assert came["hosts"] == HERE_HOSTS
    if "python" in LANGUAGES:
        assert came["stood_in"] == [step for step in STEPS if step not in others]
        assert came["lines"] == 455
    else:
        assert came["lines"] == 0
        assert "no record is processed" in done.stderr


def test_a_language_that_is_not_built_is_left_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CARGO_TARGET_DIR", str(tmp_path))
    done = run("python", "rust")
    assert done.returncode == 1
    for language in ("python", "rust"):
        assert f"not here: {language}: " in done.stdout
        assert f"make hosts LANGS={language}" in done.stdout
    assert "none of these languages can host the demo" in done.stdout


def test_languages_without_a_host_are_an_error() -> None:
    done = run("rust", "c")
    assert done.returncode == 1
    refusal = "none of these languages can host the demo: rust c (hosts: python node go cpp)"
    assert refusal in done.stdout
