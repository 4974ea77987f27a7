"""Runs the drivers and prints their figures as a table: see benches/run."""

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
from collections.abc import Iterable
from datetime import date
from pathlib import Path

from rows import BESIDE, DRIVERS, ROWS, TWO_THREADS, Row, Scaling

ROOT = Path(__file__).resolve().parent.parent
TARGET = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
STAGE = TARGET / "stage" / "lib"

Medians = dict[tuple[str, str], float]


def command(driver: str) -> tuple[list[str], dict[str, str]]:
    """How to start a driver; Python and Node find the library through their packages."""
    match driver:
        case "c":
            return [str(TARGET / "benches" / "direct")], {}
        case "go":
            return [str(TARGET / "benches" / "go")], {"LD_LIBRARY_PATH": str(STAGE)}
        case "python":
            built = str(TARGET / "benches")
            return [str(TARGET / "venv" / "bin" / "python"), "benches/python/calls.py", built], {}
        case "node":
            return ["node", "benches/node/calls.mjs", str(TARGET / "benches")], {}
        case _:
            raise ValueError(driver)


def measure(drivers: Iterable[str], blocks: int, calls: int) -> Medians:
    medians: Medians = {}
    for driver in drivers:
        program, environment = command(driver)
        print(f"measuring: {driver}", file=sys.stderr)
        ran = subprocess.run(
            [*program, str(blocks), str(calls)],
            cwd=ROOT,
            env=os.environ | environment,
            stdout=subprocess.PIPE,
            text=True,
            check=True,
        )
        times: dict[str, list[float]] = {}
        for line in map(json.loads, ran.stdout.splitlines()):
            times.setdefault(line["name"], []).append(line["ns"])
        for name, values in times.items():
            medians[driver, name] = statistics.median(values)
    return medians


def ratio_line(row: Row, medians: Medians) -> list[str]:
    ours, theirs = medians[row.driver, row.measured], medians[row.driver, row.against]
    ratio = ours / theirs
    if row.limit is None:
        target = verdict = ""
    else:
        target = f"at most {row.limit}"
        verdict = "met" if ratio <= row.limit else f"missed by {ratio / row.limit - 1:.0%}"
    against = f"{row.against}, {theirs:.0f} ns"
    return [row.title, f"{ours:.0f} ns", against, f"{ratio:.2f}", target, verdict]


def scaling_line(row: Scaling, medians: Medians) -> list[str]:
    def gain(name: str) -> float:
        return 2 * medians[row.driver, name] / medians[row.driver, name + TWO_THREADS]

    ours, theirs = gain(row.measured), gain(row.against)
    ratio = ours / theirs
    verdict = "met" if ratio >= row.at_least else f"missed by {1 - ratio / row.at_least:.0%}"
    against = f"{row.against}, {theirs:.2f} times one"
    return [
        row.title,
        f"{ours:.2f} times one",
        against,
        f"{ratio:.2f}",
        f"at least {row.at_least}",
        verdict,
    ]


def table(heads: list[str], lines: list[list[str]]) -> str:
    widths = [max(map(len, column)) for column in zip(heads, *lines, strict=True)]
    rule = ["-" * width for width in widths]
    return "\n".join(
        "| "
        + " | ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True))
        + " |"
        for line in [heads, rule, *lines]
    )


def text(medians: Medians, left_out: list[str]) -> str:
    measured = {driver for driver, _ in medians}
    promised = [
        ratio_line(row, medians) if isinstance(row, Row) else scaling_line(row, medians)
        for row in ROWS
        if row.driver in measured
    ]
    beside = [ratio_line(row, medians)[:4] for row in BESIDE if row.driver in measured]
    parts = [table(["call", "median", "against", "ratio", "target", ""], promised)]
    parts.append(table(["beside", "median", "against", "ratio"], beside))
    parts += left_out
    return "\n\n".join(parts)


def processor() -> str:
    for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
        if line.startswith("model name"):
            return line.split(":", 1)[1].strip()
    return platform.machine()


def heading(command: str) -> str:
    cores = len(os.sched_getaffinity(0))
    return f"`{command}` on {date.today()}: {processor()}, {cores} cores, {platform.system()}."


EXPLANATION = (
    "64 raw bytes (the dict: four fields, both ways), direct dispatch, default options, "
    "metrics on, bound methods. Each line compares two medians of blocks that one process ran in "
    "turn; ratios travel between machines, times do not."
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("languages", nargs="*")
    parser.add_argument("--drivers", action="store_true", help="only name the drivers to build")
    parser.add_argument("--write", action="store_true", help="also write benches/RESULTS.md")
    parser.add_argument("--blocks", type=int, default=21)
    parser.add_argument("--calls", type=int, default=50_000)
    options = parser.parse_args()

    chosen = set(options.languages)
    drivers = [driver.name for driver in DRIVERS if chosen.issuperset(driver.languages)]
    if options.drivers:
        print(*drivers)
        return
    left_out = [
        f"Not measured: {driver.name}, for want of {', '.join(set(driver.languages) - chosen)}."
        for driver in DRIVERS
        if driver.name not in drivers
    ]
    figures = text(measure(drivers, options.blocks, options.calls), left_out)
    print(heading("make bench"), EXPLANATION, figures, sep="\n\n")
    if options.write:
        results = "\n\n".join(["# Figures", heading("make bench"), EXPLANATION, figures]) + "\n"
        (ROOT / "benches" / "RESULTS.md").write_text(results, encoding="utf-8")


if __name__ == "__main__":
    main()
