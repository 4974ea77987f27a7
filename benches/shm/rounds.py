"""Runs cases in turn, so that noise hits all of them."""

import ctypes
import json
import os
import select
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from build import PLACES
from cases import Case

Block = dict[str, float]
Blocks = dict[str, list[Block]]
"""By case, one of each round."""

SECONDS_TO_START = 30
SECONDS_FOR_A_BLOCK = 120
PR_SET_PDEATHSIG = 1
LIBC = ctypes.CDLL(None)


def cpu(index: int) -> int:
    usable = sorted(os.sched_getaffinity(0))
    return usable[index % len(usable)]


def child(pinned_to: int | None) -> Callable[[], None]:
    """What a started process does first."""

    def prepare() -> None:
        # A server that spins would not notice that this runner was killed.
        LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        if pinned_to is not None:
            os.sched_setaffinity(0, {pinned_to})

    return prepare


def stop(process: subprocess.Popen[str]) -> None:
    process.terminate()
    try:
        process.wait(timeout=5)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


@contextmanager
def hog(wanted: bool) -> Iterator[None]:
    if not wanted:
        yield
        return
    busy = subprocess.Popen(
        [sys.executable, "-c", "while True: pass"], preexec_fn=child(cpu(0)), text=True
    )
    try:
        yield
    finally:
        stop(busy)


@contextmanager
def server(
    command: list[str], environment: dict[str, str], pinned_to: int | None
) -> Iterator[None]:
    process = subprocess.Popen(
        command, env=environment, preexec_fn=child(pinned_to), stdout=subprocess.PIPE, text=True
    )
    try:
        readable, _, _ = select.select([process.stdout], [], [], SECONDS_TO_START)
        if not readable or process.stdout.readline() != "ready\n":
            raise RuntimeError(f"the server did not get ready: {' '.join(command)}")
        yield
    finally:
        stop(process)
        process.stdout.close()


def client(command: list[str], environment: dict[str, str], pinned_to: int | None) -> Block:
    ran = subprocess.run(
        command,
        env=environment,
        preexec_fn=child(pinned_to),
        stdout=subprocess.PIPE,
        text=True,
        check=True,
        timeout=SECONDS_FOR_A_BLOCK,
    )
    return json.loads(ran.stdout)


def block(case: Case) -> Block:
    program = [part.format(**PLACES) for part in case.program]
    environment = os.environ | case.environment
    pinned = None if case.cpus is None else tuple(map(cpu, case.cpus))
    with hog(case.hog), tempfile.TemporaryDirectory() as folder:
        if not case.server:
            pins = [] if pinned is None else map(str, pinned)
            return client([*program, str(case.calls), *pins], environment, None)
        address = str(Path(folder) / "peer")
        client_cpu, server_cpu = pinned or (None, None)
        other = case.server if isinstance(case.server, tuple) else case.program
        serving = [part.format(**PLACES) for part in other]
        with server([*serving, "server", address], environment, server_cpu):
            mode = [case.mode] if case.mode else []
            calls = ["client", address, str(case.calls), *mode]
            return client([*program, *calls], environment, client_cpu)


def measure(cases: Sequence[Case], rounds: int) -> Blocks:
    blocks: Blocks = {case.name: [] for case in cases}
    for number in range(rounds):
        print(f"round {number + 1} of {rounds}", file=sys.stderr)
        for case in cases:
            blocks[case.name].append(block(case))
    return blocks
