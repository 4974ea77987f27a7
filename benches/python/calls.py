"""Calls from Python to handlers in Rust and Go: calls.py BUILT BLOCKS CALLS.

Prints one line of JSON for each measured block.
"""

import ctypes
import gc
import importlib.util
import json
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from itertools import repeat
from pathlib import Path
from types import ModuleType
from typing import Any

import cbor2
import cffi
import hmsffi

REQUEST = bytes(64)
FOUR = {"id": 1, "name": "Ada Lovelace", "weight": 59.5, "active": True}


@dataclass(frozen=True)
class Way:
    """One way to call. All are called alike, so that none has a Python frame more than another."""

    call: Callable[..., Any]
    arguments: tuple[Any, ...] = ()


def empty_cffi_call(built: Path) -> Way:
    ffi = cffi.FFI()
    ffi.cdef("void bench_empty(void);")
    return Way(ffi.dlopen(str(built / "empty.so")).bench_empty)


def hand_written_pyo3(built: Path) -> Way:
    spec = importlib.util.spec_from_file_location("bench_pyo3", built / "bench_pyo3.so")
    assert spec
    assert spec.loader
    module: ModuleType = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return Way(module.copy, (REQUEST,))


def ctypes_to_go(component: Path) -> Way:
    """The file is loaded already: the loader gives the same one again, not a second Go runtime."""
    export = ctypes.CDLL(str(component)).bench_export
    export.argtypes = (ctypes.c_char_p, ctypes.c_size_t, ctypes.c_char_p)
    export.restype = None
    answer = ctypes.create_string_buffer(len(REQUEST))
    return Way(export, (REQUEST, len(REQUEST), answer))


def cbor2_both_ways(value: object) -> object:
    return cbor2.loads(cbor2.dumps(value))


def ways(built: Path) -> dict[str, Way]:
    hmsffi.load_component(built / "rust.so")
    hmsffi.load_component(built / "go.so")
    client = hmsffi.create_client()
    rust, go = client.get_service("bench.rust"), client.get_service("bench.go")
    return {
        "empty cffi call": empty_cffi_call(built),
        "python to rust": Way(rust.bind("echo"), (REQUEST,)),
        "python to rust, by name": Way(rust.call, ("echo", REQUEST)),
        "PyO3 copy": hand_written_pyo3(built),
        "ctypes to Go export": ctypes_to_go(built / "go.so"),
        "python to go": Way(go.bind("echo"), (REQUEST,)),
        "python to go, by name": Way(go.call, ("echo", REQUEST)),
        "cbor2 both ways": Way(cbor2_both_ways, (FOUR,)),
        "python to rust, dict": Way(rust.bind("four"), (FOUR,)),
        "python to rust, dict, by name": Way(rust.call, ("four", FOUR)),
    }


def measure(way: Way, calls: int) -> float:
    call, arguments = way.call, way.arguments
    start = time.perf_counter_ns()
    for _ in repeat(None, calls):
        call(*arguments)
    return (time.perf_counter_ns() - start) / calls


def main() -> None:
    built, blocks, calls = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
    measured = ways(built)
    gc.disable()
    # The first block warms up.
    for block in range(blocks + 1):
        for name, way in measured.items():
            ns = measure(way, calls)
            if block > 0:
                print(json.dumps({"name": name, "ns": ns}))


if __name__ == "__main__":
    main()
