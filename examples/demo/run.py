"""Runs the hosts of the demo and compares what they print: see PIPELINE.md.

run.py [--json] [--host LANGUAGE=COMMAND]... [LANGUAGE]...

Without languages it takes all. Those that are not built (make demo does it) are left out; it says
how to get them, and Python stands in for their steps where each step is in its own process. --host
runs another program in the place of a host. --json prints what came of it as JSON, and everything
else to standard error. The status is 1 when a host fails, or prints anything but expected.txt.
"""

import argparse
import difflib
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
from contextlib import redirect_stdout
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from found import LANGUAGES, missing
from matrix import Figures, matrix
from processes import HERE, IS_CHECKOUT, PROGRAMS, PYTHON, STEPS, TARGET, Processes, domain

DATA = HERE.parent / "data" / "diabetes.csv"
EXPECTED = HERE / "expected.txt"

HOSTS: dict[str, list[str | Path]] = {
    "python": [PYTHON, HERE / "host.py"],
    "node": ["node", HERE / "host.mjs"],
    "go": ["env", f"LD_LIBRARY_PATH={TARGET / 'stage' / 'lib'}", TARGET / "demo" / "host-go"],
    "cpp": [TARGET / "demo" / "host-cpp"],
}
FIGURE = re.compile(r"(\w+) calls (\w+): ([\d.]+) us for 64 bytes, ([\d.]+) us for a record")
OUTAGE = re.compile(r"(detected|recovered) (?:after )?([\d.]+) ms")


def arguments(host: str, languages: list[str], data: Path = DATA) -> list[Path]:
    """What a host is started with."""
    # A process has room for one Go runtime: Go's steps are in the Go host itself.
    steps = [step for step in STEPS if step in languages and not host == step == "go"]
    return [data, *(TARGET / "components" / f"{step}.so" for step in steps)]


def differences(wanted: bytes, printed: Path) -> list[str]:
    got = printed.read_bytes()
    if wanted == got:
        return []
    lines = [text.decode(errors="backslashreplace").split("\n") for text in (wanted, got)]
    return list(difflib.unified_diff(*lines, EXPECTED.name, printed.name, lineterm="", n=0))


@dataclass
class Demo:
    """What is to be run, and what came of it."""

    languages: list[str]
    commands: dict[str, list[str | Path]]
    folder: Path
    """Where the output of each host goes."""
    here: Figures = field(default_factory=dict)
    elsewhere: Figures = field(default_factory=dict)
    outage: dict[str, float] = field(default_factory=dict)
    """Milliseconds until it was detected, and from the restart until it was over."""
    failures: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.hosts = [host for host in HOSTS if host in self.languages]
        self.lacking = [step for step in STEPS if step not in self.languages]
        self.stood_in = self.lacking if "python" in self.languages else []
        self.wanted = EXPECTED.read_bytes()

    @property
    def is_complete(self) -> bool:
        """Whether there is somebody for each step when they are apart."""
        return self.lacking == self.stood_in

    def run(self) -> None:
        # Without a domain a host sees no other process.
        os.environ["HMSFFI_DOMAIN"] = ""
        for host in self.hosts:
            command = [*self.commands[host], *arguments(host, self.languages)]
            wanted = b"" if self.lacking else self.wanted
            self.check(f"{host} host", command, host, wanted, self.here)
        if not self.failures:
            with domain():
                self.run_apart()
        if not self.failures and self.is_complete and "python" in self.hosts:
            with domain():
                outage = [PYTHON, HERE / "outage.py", DATA, *self.stood_in]
                self.check("run with a step killed", outage, "outage", self.wanted, {})

    def run_apart(self) -> None:
        """Runs each host with the services of every language in another process."""
        known = [one for one in (*STEPS, *PROGRAMS) if one in self.languages]
        wanted = self.wanted if self.is_complete else b""
        with Processes(known, self.stood_in) as apart:
            for host in self.hosts:
                command = [*self.commands[host], DATA, "apart"]
                title = f"{host} host with its steps apart"
                self.check(title, command, f"{host}-apart", wanted, self.elsewhere)
            self.failures += apart.stop()
        # These measure in the process that has their own echo.
        for language in ("c", "rust"):
            self.elsewhere.pop((language, language), None)

    def check(
        self, title: str, command: list[str | Path], name: str, wanted: bytes, figures: Figures
    ) -> None:
        """Runs a host, and finds out what is wrong with it."""
        print(f"== {title}", flush=True)
        printed = self.folder / f"{name}.txt"
        status = self.start(command, printed, figures)
        if status != 0:
            self.failures.append(f"the {title} failed: status {status}")
        elif found := differences(wanted, printed):
            self.failures += [f"the {title} differs from {EXPECTED.name}: {printed}", *found[:10]]

    def start(self, command: list[str | Path], printed: Path, figures: Figures) -> int:
        """Its output goes to a file, its figures are kept, what else it says is shown."""
        with (
            printed.open("wb") as output,
            subprocess.Popen(command, stdout=output, stderr=subprocess.PIPE, text=True) as process,
        ):
            assert process.stderr
            for line in process.stderr:
                if found := FIGURE.match(line):
                    figures[found[1], found[2]] = float(found[3]), float(found[4])
                    continue
                if found := OUTAGE.match(line):
                    self.outage[f"{found[1]}_ms"] = float(found[2])
                print("  " + line, end="", flush=True)
        return process.returncode

    def show(self) -> None:
        if self.failures:
            print("", *self.failures, sep="\n")
            return
        if self.is_complete:
            print("\n" + self.wanted.decode("ascii").partition("\n\n")[2])
            count = len(self.wanted.splitlines())
            print(f"{count} lines, the same byte for byte from each host: {' '.join(self.hosts)}\n")
        print(matrix(self.here, self.elsewhere, self.languages))

    def described(self) -> dict[str, Any]:
        return {
            "languages": self.languages,
            "hosts": self.hosts,
            "stood_in": self.stood_in,
            "lines": len(self.wanted.splitlines()) if self.is_complete else 0,
            "failures": self.failures,
            "outage": self.outage,
            "figures": [
                {"caller": caller, "handler": handler, "place": place, "bytes_us": of_bytes}
                | {"record_us": of_record}
                for place, figures in (
                    ("same process", self.here),
                    ("shared memory", self.elsewhere),
                )
                for (caller, handler), (of_bytes, of_record) in figures.items()
            ],
        }


def main(languages: list[str], commands: dict[str, list[str | Path]]) -> tuple[int, dict[str, Any]]:
    """Gives the status, and what came of it."""
    absent = {language: why for language in languages if (why := missing(language)) is not None}
    for why in dict.fromkeys(absent.values()):
        which = " ".join(language for language in absent if absent[language] == why)
        print(f"not here: {which}: {why}")
    usable = [language for language in languages if language not in absent]
    if not set(HOSTS) & set(usable):
        known = f"{' '.join(usable) or 'none'} (hosts: {' '.join(HOSTS)})"
        print(f"none of these languages can host the demo: {known}")
        return 1, {"missing": absent}
    folder = TARGET / "demo" if IS_CHECKOUT else Path(tempfile.mkdtemp(prefix="hms-demo-"))
    folder.mkdir(parents=True, exist_ok=True)
    demo = Demo(usable, commands, folder)
    if demo.lacking:
        instead = "Python stands in for them where each step is in its own process"
        then = instead if demo.stood_in else "no record is processed, calls are measured"
        print(f"the pipeline needs {' '.join(demo.lacking)}: {then}")
    demo.run()
    demo.show()
    if not IS_CHECKOUT and not demo.failures:
        shutil.rmtree(folder)
    return 1 if demo.failures else 0, {"missing": absent} | demo.described()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--host", metavar="LANGUAGE=COMMAND", action="append", default=[])
    parser.add_argument("languages", nargs="*")
    given = parser.parse_args()
    if unknown := set(given.languages) - set(LANGUAGES):
        parser.error(f"unknown: {' '.join(sorted(unknown))}; known: {' '.join(LANGUAGES)}")
    others = (text.partition("=") for text in given.host)
    replaced = {host: shlex.split(command) for host, _, command in others}
    with redirect_stdout(sys.stderr if given.json else sys.stdout):
        status, described = main(given.languages or LANGUAGES, HOSTS | replaced)
    if given.json:
        print(json.dumps(described, indent=2))
    sys.exit(status)
