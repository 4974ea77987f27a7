"""leak.py CALLS: makes CALLS calls, and fails unless as much is alive as after the first tenth."""

import gc
import resource
import sys
import time
from contextlib import suppress
from pathlib import Path

import hmsffi


def refuse(_: object) -> None:
    raise hmsffi.Error(hmsffi.Code.PERMISSION_DENIED, "refused")


POOL_THREADS = 2
server = hmsffi.create_server("soak", pool_threads=POOL_THREADS)
server.register_method("soak", "echo", lambda body: body)
server.register_method("soak", "refuse", refuse)
server.start()
service = hmsffi.create_client().get_service("soak")
BODY = bytes(64)


def every_shape(calls: int) -> None:
    echo = service.bind("echo")
    for i in range(calls):
        echo(BODY)
        # These cross threads, or make an error with its stack.
        if i % 100:
            continue
        service.call("echo", {"id": 1}, timeout=1.0)
        with suppress(hmsffi.PermissionDenied):
            service.call("refuse", None)


def alive() -> dict[str, int]:
    gc.collect()
    # A handler thread lets go of its last request a little after its caller has the answer.
    until = time.monotonic() + 10
    while hmsffi.introspect()["buffers"] > 0 and time.monotonic() < until:
        time.sleep(0.01)
    counts = {name: n for name, n in hmsffi.introspect().items() if not name.endswith("_total")}
    return counts | {"descriptors": len(list(Path("/proc/self/fd").iterdir()))}


def main() -> None:
    calls = int(sys.argv[1])
    every_shape(calls // 10)
    before, memory = alive(), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    every_shape(calls)
    after = alive()
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - memory
    print(f"{calls} calls, {after['descriptors']} descriptors, {grown} KiB more")
    # Handler threads start when there is work; the thread that keeps time comes and goes. Less of
    # anything is no leak either.
    before["threads"] = POOL_THREADS + 1
    left = {name: n for name, n in after.items() if n > before.get(name, 0)}
    if left:
        sys.exit(f"left: {left}\nbefore: {before}")


if __name__ == "__main__":
    main()
