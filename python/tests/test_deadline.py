"""Timeouts, and what a handler sees of them."""

import asyncio
import time

import hmsffi
import pytest

TO_BEGIN = 0.5
"""Seconds in which a handler has begun, on a busy machine too."""


def time_left(_: object) -> float | None:
    call = hmsffi.current_call()
    assert call
    return call.time_left


def test_timeout_is_kept_although_the_handler_sleeps(
    server: hmsffi.Server, client: hmsffi.Client
) -> None:
    server.register_method("slow", "nap", time.sleep)
    start = time.monotonic()
    with pytest.raises(hmsffi.DeadlineExceeded):
        client.get_service("slow").call("nap", 3.0, timeout=0.05)
    assert time.monotonic() - start < 2


def test_timeout_is_kept_although_a_coroutine_sleeps(
    server: hmsffi.Server, client: hmsffi.Client
) -> None:
    ended: list[str] = []

    async def nap(seconds: float) -> None:
        try:
            await asyncio.sleep(seconds)
        except asyncio.CancelledError:
            ended.append("cancelled")
            raise

    server.register_method("slow", "nap", nap)
    with pytest.raises(hmsffi.DeadlineExceeded):
        client.get_service("slow").call("nap", 30, timeout=TO_BEGIN)
    server.stop()
    assert ended == ["cancelled"]


def test_handler_sees_the_time_left(server: hmsffi.Server, client: hmsffi.Client) -> None:
    server.register_method("clock", "left", time_left)
    service = client.get_service("clock")
    assert 4 < service.call("left", timeout=5) <= 5
    # The server's own 30 s are the earliest then.
    assert 29 < service.call("left", timeout=float("inf")) <= 30
    assert service.call("left") is None


def test_time_left_goes_on_to_nested_calls(server: hmsffi.Server, client: hmsffi.Client) -> None:
    service = client.get_service("clock")
    server.register_method("clock", "left", time_left)
    server.register_method("clock", "nested", lambda _: service.call("left"))

    async def nested(_: object) -> float:
        return await service.async_call("left")

    server.register_method("clock", "coroutine", nested)
    assert service.call("nested", timeout=2) <= 2
    assert service.call("coroutine", timeout=2) <= 2


def test_default_of_the_client_counts(server: hmsffi.Server) -> None:
    server.register_method("clock", "left", time_left)
    with hmsffi.create_client(timeout=3) as client:
        assert client.get_service("clock").call("left") <= 3


def test_default_of_the_method_counts(server: hmsffi.Server, client: hmsffi.Client) -> None:
    server.register_method("clock", "left", time_left, timeout=2)
    assert client.get_service("clock").call("left") <= 2


@pytest.mark.parametrize("timeout", [0, -1, float("nan")])
def test_senseless_timeout_is_refused(
    server: hmsffi.Server, client: hmsffi.Client, timeout: float
) -> None:
    server.register_method("clock", "left", time_left)
    with pytest.raises(hmsffi.InvalidArgument, match="above 0 seconds"):
        client.get_service("clock").call("left", timeout=timeout)


def test_handler_sees_that_its_caller_went_away(
    server: hmsffi.Server, client: hmsffi.Client
) -> None:
    seen: list[bool] = []

    def work(_: object) -> None:
        call = hmsffi.current_call()
        assert call
        seen.append(call.cancelled)
        until = time.monotonic() + 5
        while not call.cancelled and time.monotonic() < until:
            time.sleep(0.005)
        seen.append(call.cancelled)

    server.register_method("slow", "work", work)
    with pytest.raises(hmsffi.DeadlineExceeded):
        client.get_service("slow").call("work", timeout=TO_BEGIN)
    server.stop()
    assert seen == [False, True]
