"""pair.py serve: serves `soak.python` until its standard input ends.
pair.py call CALLS LANGUAGE...: makes CALLS calls of each of these; fails unless both ends are
afterwards as large as before."""

import gc
import sys
from contextlib import suppress
from pathlib import Path

import hmsffi

MOST_GROWTH_KIB = 1024
WARM = 30_000
"""Calls after which all is as large as it will ever be."""
ROUNDS = 3
"""What has grown once may have to be collected; what leaks grows each time."""
SMALL, LARGE = b"x" * 64, b"y" * 20_000


def size() -> tuple[int, int]:
    """KiB that the process has for itself, or shares; and how many descriptors."""
    gc.collect()
    status = Path("/proc/self/status").read_text(encoding="utf-8").splitlines()
    kib = sum(int(line.split()[1]) for line in status if line.startswith(("RssAnon:", "RssShmem:")))
    return kib, len(list(Path("/proc/self/fd").iterdir()))


def refuse(_: object) -> None:
    raise hmsffi.Error(hmsffi.Code.PERMISSION_DENIED, "refused")


def serve() -> None:
    server = hmsffi.create_server("soak.python")
    server.register_method("soak.python", "echo", lambda body: body)
    server.register_method("soak.python", "refuse", refuse)
    server.register_method("soak.python", "size", lambda _: "{} {}".format(*size()).encode())
    server.register_stream_method(
        "soak.python",
        "count",
        lambda stream: [stream.send(i) for i in range(3)] and None,
        stream_type=hmsffi.StreamType.SERVER_STREAMING,
    )
    server.start()
    sys.stdin.read()


def every_shape(service: hmsffi.ServiceClient, calls: int) -> None:
    echo = service.bind("echo")
    for i in range(calls):
        body = LARGE if i % 100 == 50 else SMALL
        if echo(body) != body:
            sys.exit("another answer")
        # These cross threads, or make an error with its stack.
        if i % 100:
            continue
        with suppress(hmsffi.PermissionDenied):
            service.call("refuse", b"")
            sys.exit("not refused")
        for _ in service.stream_call("count", b""):
            pass


def size_of(service: hmsffi.ServiceClient) -> tuple[int, int]:
    kib, descriptors = service.call("size", b"").split()
    return int(kib), int(descriptors)


def call(language: str, calls: int) -> bool:
    service = hmsffi.create_client().get_service(f"soak.{language}")
    every_shape(service, WARM)
    grows = {"here", "there"}
    for _ in range(ROUNDS):
        if grows:
            grows &= ends_that_grow(service, language, calls)
    return not grows


def ends_that_grow(service: hmsffi.ServiceClient, language: str, calls: int) -> set[str]:
    before = {"here": size(), "there": size_of(service)}
    every_shape(service, calls)
    after = {"here": size(), "there": size_of(service)}
    grown = {end: after[end][0] - before[end][0] for end in before}
    text = ", ".join(f"{kib} KiB more {end}" for end, kib in grown.items())
    print(f"python calls {language}: {calls} calls, {text}", flush=True)
    return {end for end in before if grown[end] > MOST_GROWTH_KIB or after[end][1] > before[end][1]}


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["serve"]:
            serve()
        case ["call", calls, *languages]:
            sys.exit(not all([call(language, int(calls)) for language in languages]))
        case _:
            sys.exit(__doc__)
