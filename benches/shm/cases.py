"""What `make bench-shm` measures, and what is set against what."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Case:
    """A round trip between two processes.

    `program` is formatted with the places of `build.py`. With `server` it is started twice:
    `PROGRAM... server ADDRESS` (prints `ready`) and `PROGRAM... client ADDRESS CALLS`; without it
    once: `PROGRAM... CALLS`. The client prints a line of JSON with median_ns, p99_ns and calls.
    """

    name: str
    program: tuple[str, ...]
    server: bool | tuple[str, ...] = True
    """Or the program that is started as `PROGRAM... server ADDRESS`, if it is another."""
    calls: int = 5_000
    mode: str = ""
    """A last argument of the client: what it does other than a 64-byte echo."""
    environment: dict[str, str] = field(default_factory=dict)
    cpus: tuple[int, int] | None = None
    """The client's and the server's, counted among the usable ones; None = not pinned."""
    hog: bool = False
    """Another process keeps one CPU busy."""


@dataclass(frozen=True)
class Row:
    """A case set against the fastest of others, in the same round."""

    title: str
    measured: str
    against: tuple[str, ...]
    limit: float | None = None
    quantile: str = "median_ns"
    plus: str | None = None
    """A case that is added to what the measured one is set against."""


PLACEMENTS = {"one CPU": (0, 0), "two CPUs": (0, 1)}
HOGGED = ", one CPU kept busy"


def floor(name: str, suffix: str = "", **options: object) -> Case:
    """A case of floors/floors.c."""
    return Case(name + suffix, ("{floors}", name), server=False, **options)


FLOORS = (
    floor("line", calls=20_000),
    floor("futex"),
    floor("unix-socket"),
    *(
        floor(name, f", {place}", cpus=cpus)
        for name in ("futex", "unix-socket")
        for place, cpus in PLACEMENTS.items()
    ),
    floor("unix-socket", HOGGED, hog=True),
    floor("memcpy-1m", calls=2_000),
)

PEERS = (
    Case("iceoryx2", ("{rust}/iceoryx2",), calls=20_000),
    Case("iceoryx2-python", ("{venv}/bin/python", "{shm}/python/echo_iceoryx2.py")),
    Case("zeromq", ("{rust}/zeromq",), calls=3_000),
    Case("tonic", ("{rust}/tonic",), calls=3_000),
    Case("grpcio", ("{venv}/bin/python", "{shm}/python/echo_grpcio.py"), calls=1_000),
)

OURS: tuple[Case, ...] = (
    Case("c", ("{hmsffi}",), calls=20_000),
    *(
        Case(f"c, parked, {place}", ("{hmsffi}",), environment={"HMSFFI_SPIN": "0"}, cpus=cpus)
        for place, cpus in PLACEMENTS.items()
    ),
    Case("c, 1 MiB copied", ("{hmsffi}",), calls=2_000, mode=str(1 << 20)),
    Case("c, 1 MiB loaned", ("{hmsffi}",), calls=10_000, mode="loan"),
    Case("c, 64 in flight", ("{hmsffi}",), calls=200_000, mode="flight"),
    Case("c, 64 threads", ("{hmsffi}",), calls=20_000, mode="threads"),
    Case("c" + HOGGED, ("{hmsffi}",), hog=True),
    Case("go to rust", ("{go}",), server=("{bench-echo}",), calls=20_000),
    Case("empty cgo call", ("{go}", "empty"), server=False),
    Case("python", ("{python}", "{shm}/hmsffi/echo.py", "bytes")),
    Case("python, dict", ("{python}", "{shm}/hmsffi/echo.py", "dict")),
)
"""Our own rows, by the names that ROWS uses."""

CASES = FLOORS + PEERS + OURS

ROWS = (
    Row("C to C, awake, against one cache line", "c", ("line",), 1.6),
    Row("C to C, awake, against iceoryx2", "c", ("iceoryx2",), 0.25),
    *(
        Row(
            f"C to C, parked, {place}",
            f"c, parked, {place}",
            (f"futex, {place}", f"unix-socket, {place}"),
            1.15,
        )
        for place in PLACEMENTS
    ),
    Row(
        "Go to Rust, against C to C + one cgo call",
        "go to rust",
        ("c",),
        1.0,
        plus="empty cgo call",
    ),
    Row("Python to Python, dict, against iceoryx2", "python, dict", ("iceoryx2-python",), 1.0),
    Row("Python to Python against grpcio", "python", ("grpcio",), 1 / 25),
    Row("1 MiB loaned, not touched, against 64 bytes", "c, 1 MiB loaned", ("c",), 1.5),
    Row("1 MiB copied in and out, against memcpy", "c, 1 MiB copied", ("memcpy-1m",), 1.3),
    Row("64 calls in flight from one thread, time per call", "c, 64 in flight", ("c",), 1 / 4),
    Row("64 calls in flight from 64 threads, time per call", "c, 64 threads", ("c",), 1 / 4),
    Row("one CPU kept busy, p99", "c" + HOGGED, ("unix-socket" + HOGGED,), 1.0, "p99_ns"),
)
