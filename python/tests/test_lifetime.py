"""What is made goes away again."""

import asyncio
import gc
import time
import weakref
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import hmsffi
import pytest


def counts() -> dict[str, int]:
    gc.collect()
    found = {
        name: count
        for name, count in hmsffi.introspect().items()
        if not name.endswith("_total") and name not in ("threads", "runtimes")
    }
    return {**found, "descriptors": len(list(Path("/proc/self/fd").iterdir()))}


def fail(_: object) -> None:
    raise ValueError("as meant")


async def wait(_: object) -> None:
    await asyncio.sleep(0)


def everything() -> None:
    """Uses what there is, once."""
    with hmsffi.create_server("life") as server, hmsffi.create_client() as client:
        server.register_method("life", "echo", lambda value: value)
        server.register_method("life", "fail", fail)
        server.register_method("life", "wait", wait)
        server.register_stream_method(
            "life", "double", lambda s: [s.send(2 * n) for n in s] and None
        )
        server.start()
        service = client.get_service("life")
        for value in (b"bytes", {"a": [1, 2]}):
            received: dict[str, str] = {}
            service.call("echo", value, timeout=5, metadata={"k": "v"}, response_metadata=received)
        service.bind("echo", view=True)(b"view")
        with suppress(hmsffi.Unknown):
            service.call("fail")
        service.call("wait")
        asyncio.run(service.async_call("echo", 1))
        with service.stream_call("double") as stream:
            stream.send(1)
            assert stream.receive() == 2


def test_nothing_is_left_of_what_was_used() -> None:
    everything()
    # Results of asynchronous calls are kept for others to ask for.
    before = counts()
    for _ in range(20):
        everything()
    until = time.monotonic() + 5
    while (after := counts()) != expected(before) and time.monotonic() < until:
        time.sleep(0.01)
    assert after == expected(before)


def expected(before: dict[str, int]) -> dict[str, int]:
    """20 results more: that of `async_call`, one byte each."""
    kept = before["buffers"] and 20
    return {
        **before,
        "buffers": before["buffers"] + kept,
        "buffer_bytes": before["buffer_bytes"] + kept,
    }


@pytest.mark.parametrize("close", [hmsffi.Server.close, lambda server: None])
def test_handlers_are_let_go_with_their_server(close: Callable[[hmsffi.Server], None]) -> None:
    class Thing:
        def ping(self, _: object) -> str:
            return "pong"

    thing = Thing()
    gone = weakref.ref(thing)
    server = hmsffi.create_server("let.go")
    server.register_method("let.go", "ping", thing.ping)
    close(server)
    del thing, server
    gc.collect()
    assert gone() is None


def test_handler_is_let_go_when_its_service_is_unregistered(server: hmsffi.Server) -> None:
    class Thing:
        def __call__(self, _: object) -> str:
            return "pong"

    thing = Thing()
    gone = weakref.ref(thing)
    server.register_method("let.go", "ping", thing)
    server.unregister_service("let.go")
    del thing
    gc.collect()
    assert gone() is None


def test_params_and_answers_are_let_go(server: hmsffi.Server, client: hmsffi.Client) -> None:
    server.register_method("echo", "echo", lambda value: value)
    bound = client.get_service("echo").bind("echo")
    bound({"key": "value"})
    gc.collect()
    before = len(gc.get_objects())
    for _ in range(1000):
        bound({"key": [1.5, "text", b"bytes"]})
    gc.collect()
    assert len(gc.get_objects()) - before < 50
