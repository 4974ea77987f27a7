"""Runs the hosts of the demo and compares what they print: see PIPELINE.md.

run.py [--host LANGUAGE=COMMAND]... LANGUAGE...

The hosts and components of these languages must be built: make demo does it all. --host runs
another program in the place of a host. The status is 1 when a host fails, or prints anything but
expected.txt.
"""

import argparse
import difflib
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

from matrix import Figures, matrix
from processes import HERE, PROGRAMS, PYTHON, STEPS, TARGET, Processes, domain

DATA = HERE.parent / "data" / "diabetes.csv"
EXPECTED = HERE / "expected.txt"

HOSTS: dict[str, list[str | Path]] = {
    "python": [PYTHON, HERE / "host.py"],
    "node": ["node", HERE / "host.mjs"],
    "go": ["env", f"LD_LIBRARY_PATH={TARGET / 'stage' / 'lib'}", TARGET / "demo" / "host-go"],
    "cpp": [TARGET / "demo" / "host-cpp"],
}
FIGURE = re.compile(r"(\w+) calls (\w+): ([\d.]+) us for 64 bytes, ([\d.]+) us for a record")


def arguments(host: str, languages: list[str], data: Path = DATA) -> list[Path]:
    """What a host is started with."""
    # A process has room for one Go runtime: Go's steps are in the Go host itself.
    steps = [step for step in STEPS if step in languages and not host == step == "go"]
    return [data, *(TARGET / "components" / f"{step}.so" for step in steps)]


def run(command: list[str | Path], printed: Path, figures: Figures) -> int:
    """Runs a host: its output goes to a file, its figures are kept, what else it says is shown."""
    with (
        printed.open("wb") as output,
        subprocess.Popen(command, stdout=output, stderr=subprocess.PIPE, text=True) as process,
    ):
        assert process.stderr
        for line in process.stderr:
            if found := FIGURE.match(line):
                figures[found[1], found[2]] = float(found[3]), float(found[4])
            else:
                print("  " + line, end="", flush=True)
    return process.returncode


def differences(wanted: bytes, printed: Path) -> list[str]:
    got = printed.read_bytes()
    if wanted == got:
        return []
    lines = [text.decode(errors="backslashreplace").split("\n") for text in (wanted, got)]
    return list(difflib.unified_diff(*lines, EXPECTED.name, printed.name, lineterm="", n=0))


def main(languages: list[str], commands: dict[str, list[str | Path]]) -> int:
    hosts = [host for host in HOSTS if host in languages]
    if not hosts:
        known = f"{' '.join(languages)} (hosts: {' '.join(HOSTS)})"
        print(f"none of these languages can host the demo: {known}")
        return 1
    lacking = [step for step in STEPS if step not in languages]
    if lacking:
        print(f"the pipeline needs {' '.join(lacking)}: no record is processed, calls are measured")

    wanted = b"" if lacking else EXPECTED.read_bytes()
    (TARGET / "demo").mkdir(parents=True, exist_ok=True)
    here: Figures = {}
    # Without a domain a host sees no other process.
    os.environ["HMSFFI_DOMAIN"] = ""
    failures = []
    for host in hosts:
        command = [*commands[host], *arguments(host, languages)]
        failures += check(f"{host} host", command, host, wanted, here)
    elsewhere: Figures = {}
    if not failures:
        elsewhere, failures = run_apart(hosts, languages, commands, wanted)
    if not failures and not lacking and "python" in hosts:
        with domain():
            outage = [PYTHON, HERE / "outage.py", DATA]
            failures = check("run with a step killed", outage, "outage", wanted, {})

    if failures:
        print("", *failures, sep="\n")
        return 1
    if not lacking:
        print("\n" + wanted.decode("ascii").partition("\n\n")[2])
        count = len(wanted.splitlines())
        print(f"{count} lines, the same byte for byte from each host: {' '.join(hosts)}\n")
    print(matrix(here, elsewhere, languages))
    return 0


def check(
    title: str, command: list[str | Path], name: str, wanted: bytes, figures: Figures
) -> list[str]:
    """Runs a host; gives what is wrong with it."""
    print(f"== {title}", flush=True)
    printed = TARGET / "demo" / f"{name}.txt"
    status = run(command, printed, figures)
    if status != 0:
        return [f"the {title} failed: status {status}"]
    if found := differences(wanted, printed):
        return [f"the {title} differs from {EXPECTED.name}: {printed}", *found[:10]]
    return []


def run_apart(
    hosts: list[str], languages: list[str], commands: dict[str, list[str | Path]], wanted: bytes
) -> tuple[Figures, list[str]]:
    """Runs each host with the services of every language in another process."""
    figures: Figures = {}
    failures = []
    with (
        domain(),
        Processes([known for known in (*STEPS, *PROGRAMS) if known in languages]) as apart,
    ):
        for host in hosts:
            command = [*commands[host], DATA, "apart"]
            failures += check(
                f"{host} host with its steps apart", command, f"{host}-apart", wanted, figures
            )
        failures += apart.stop()
    # These measure in the process that has their own echo.
    for language in ("c", "rust"):
        figures.pop((language, language), None)
    return figures, failures


if __name__ == "__main__":
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("--host", metavar="LANGUAGE=COMMAND", action="append", default=[])
    parser.add_argument("languages", nargs="+")
    given = parser.parse_args()
    others = (text.partition("=") for text in given.host)
    replaced = {host: shlex.split(command) for host, _, command in others}
    sys.exit(main(given.languages, HOSTS | replaced))
