"""What is measured: the promised figures, and what stands beside them."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Driver:
    """A program that prints lines of JSON, and the languages that it needs."""

    name: str
    languages: tuple[str, ...]


@dataclass(frozen=True)
class Row:
    """One call set against another, both measured by the same driver in interleaved blocks."""

    title: str
    driver: str
    measured: str
    against: str
    limit: float | None = None
    """The most that the ratio may be; None = shown beside the promised figures."""


@dataclass(frozen=True)
class Scaling:
    """What a second thread adds to a call, set against what it adds to another."""

    title: str
    driver: str
    measured: str
    against: str
    at_least: float


DRIVERS = (
    Driver("c", ("c",)),
    Driver("go", ("c", "cpp", "go")),
    Driver("python", ("go", "python", "rust")),
    Driver("node", ("node", "rust")),
)

TWO_THREADS = ", two threads"
BY_NAME = ", by name"

ROWS = (
    Row("C to C handler", "go", "c to c", "empty cgo call", 1.0),
    Row("C to Go handler (with its context)", "go", "c to go", "cgo callback", 2.5),
    Row("Go to C++ handler", "go", "go to c++", "empty cgo call", 4.0),
    Row("Python to Rust handler, bytes", "python", "python to rust", "empty cffi call", 0.8),
    Row("Python to Go handler, bytes", "python", "python to go", "ctypes to Go export", 0.85),
    Row(
        "Python to Rust handler, dict (CBOR)",
        "python",
        "python to rust, dict",
        "cbor2 both ways",
        1.0,
    ),
    Row("Node callSync to Rust handler, Buffer", "node", "node to rust", "N-API copy", 1.5),
    Scaling("two threads, two methods of one server", "c", "c to c", "function pointer", 0.9),
)

BESIDE = (
    Row("C to C, by name", "go", "c to c, by name", "empty cgo call"),
    Row("C to Go, by name", "go", "c to go, by name", "cgo callback"),
    Row("hand-written cgo export", "go", "cgo export", "cgo callback"),
    Row("Go to C++, by name", "go", "go to c++, by name", "empty cgo call"),
    Row("Python to Rust, by name", "python", "python to rust, by name", "empty cffi call"),
    Row("hand-written PyO3 function", "python", "PyO3 copy", "empty cffi call"),
    Row("Python to Go, by name", "python", "python to go, by name", "ctypes to Go export"),
    Row(
        "Python to Rust, dict, by name",
        "python",
        "python to rust, dict, by name",
        "cbor2 both ways",
    ),
    Row("Node to Rust, by name", "node", "node to rust, by name", "N-API copy"),
)
