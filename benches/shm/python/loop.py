"""The measuring loop of the peers in Python, the same as `measure.c`."""

import json
import signal
import sys
import time
from collections.abc import Callable

ECHO_SIZE = 64


def main(
    name: str, serve: Callable[[str], None], connect: Callable[[str], Callable[[bytes], bytes]]
) -> None:
    """Runs `server ADDRESS`, or `client ADDRESS CALLS` with the call that `connect` returns."""
    # A server that is stopped cleans up as one that ends.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    match sys.argv[1:]:
        case ["server", address]:
            serve(address)
        case ["client", address, calls]:
            measure(name, connect(address), int(calls))
        case _:
            sys.exit("usage: server ADDRESS | client ADDRESS CALLS")


def ready() -> None:
    """Tells the runner that clients may come."""
    print("ready", flush=True)


def measure(name: str, call: Callable[[bytes], bytes], calls: int) -> None:
    """Warms up, times the calls one by one and prints a line of JSON."""
    warm_up = calls // 10 + 100
    times = []
    now = time.monotonic_ns
    for number in range(warm_up + calls):
        edge = number.to_bytes(8, "little")
        request = edge + bytes(ECHO_SIZE - 16) + edge
        start = now()
        answer = call(request)
        took = now() - start
        if answer != request:
            sys.exit("the answer is not the request")
        times.append(took)
    times = sorted(times[warm_up:])
    line = {
        "case": name,
        "median_ns": times[calls // 2],
        "p99_ns": times[calls - 1 - calls // 100],
        "calls": calls,
    }
    print(json.dumps(line))
