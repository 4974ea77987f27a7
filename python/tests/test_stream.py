"""Streams of the three kinds, with plain functions, generators and coroutines on either side."""

import asyncio
import gc
import threading
import time
from collections.abc import AsyncIterator, Iterator
from typing import Any

import hmsffi
import pytest
from hmsffi import ServerStream, StreamType

SERVER = StreamType.SERVER_STREAMING
CLIENT = StreamType.CLIENT_STREAMING


@hmsffi.service("flows")
class Flows:
    @hmsffi.stream_method(stream_type=SERVER)
    def count(self, to: int) -> Iterator[int]:
        yield from range(to)

    @hmsffi.stream_method(stream_type=SERVER)
    async def count_async(self, to: int) -> AsyncIterator[int]:
        for number in range(to):
            await asyncio.sleep(0)
            yield number

    @hmsffi.stream_method(stream_type=SERVER)
    def count_by_hand(self, stream: ServerStream[Any, int]) -> None:
        for number in range(stream.request):
            stream.send(number)

    @hmsffi.stream_method(stream_type=CLIENT)
    def total(self, stream: ServerStream[int, int]) -> int:
        return sum(stream)

    @hmsffi.stream_method(stream_type=CLIENT)
    async def total_async(self, stream: ServerStream[int, int]) -> int:
        return sum([number async for number in stream])

    @hmsffi.stream_method()
    def double(self, stream: ServerStream[int, int]) -> Iterator[int]:
        for number in stream:
            yield 2 * number

    @hmsffi.stream_method()
    async def double_async(self, stream: ServerStream[int, int]) -> AsyncIterator[int]:
        async for number in stream:
            yield 2 * number

    @hmsffi.stream_method(stream_type=SERVER)
    def break_down(self, after: int) -> Iterator[int]:
        yield from range(after)
        raise ValueError("broken")


@pytest.fixture
def flows(server: hmsffi.Server, client: hmsffi.Client) -> hmsffi.ServiceClient:
    server.register_service(Flows())
    return client.get_service("flows")


@pytest.mark.parametrize("method", ["count", "count_async", "count_by_hand"])
def test_server_stream_is_iterated(flows: hmsffi.ServiceClient, method: str) -> None:
    assert list(flows.stream_call(method, 1000)) == list(range(1000))


@pytest.mark.parametrize("method", ["count", "count_async"])
def test_server_stream_is_iterated_on_a_loop(flows: hmsffi.ServiceClient, method: str) -> None:
    async def main() -> list[int]:
        return [number async for number in flows.stream_call(method, 1000)]

    assert asyncio.run(main()) == list(range(1000))


@pytest.mark.parametrize("method", ["total", "total_async"])
def test_client_stream_has_one_result(flows: hmsffi.ServiceClient, method: str) -> None:
    with flows.stream_call(method) as stream:
        for number in range(1000):
            stream.send(number)
        assert stream.result() == 499_500


@pytest.mark.parametrize("method", ["total", "total_async"])
def test_client_stream_is_fed_from_a_loop(flows: hmsffi.ServiceClient, method: str) -> None:
    async def main() -> int:
        async with flows.stream_call(method) as stream:
            for number in range(1000):
                await stream.async_send(number)
            result: int = await stream.async_result()
            return result

    assert asyncio.run(main()) == 499_500


@pytest.mark.parametrize("method", ["double", "double_async"])
def test_bidirectional_stream_answers_as_it_goes(flows: hmsffi.ServiceClient, method: str) -> None:
    with flows.stream_call(method) as stream:
        for number in range(10):
            stream.send(number)
            assert stream.receive() == 2 * number
        stream.close()
        with pytest.raises(EOFError):
            stream.receive()


def test_bidirectional_stream_on_a_loop(flows: hmsffi.ServiceClient) -> None:
    async def main() -> None:
        async with flows.stream_call("double_async") as stream:
            for number in range(10):
                await stream.async_send(number)
                assert await stream.async_receive() == 2 * number
            stream.close()
            with pytest.raises(EOFError):
                await stream.async_receive()

    asyncio.run(main())


def test_failure_comes_after_what_was_sent_before(flows: hmsffi.ServiceClient) -> None:
    received = []
    with pytest.raises(hmsffi.Unknown, match="ValueError: broken") as caught:  # noqa: PT012
        for number in flows.stream_call("break_down", 3):
            received.append(number)  # noqa: PERF402
    assert received == [0, 1, 2]
    assert caught.value.stack
    assert "in break_down" in caught.value.stack


def test_receive_gives_up_in_time(flows: hmsffi.ServiceClient) -> None:
    with flows.stream_call("double") as stream, pytest.raises(hmsffi.DeadlineExceeded):
        stream.receive(timeout=0.02)


def test_slow_receiver_holds_the_sender_back(server: hmsffi.Server, client: hmsffi.Client) -> None:
    go_on = threading.Event()

    def wait(stream: ServerStream[int, int]) -> int:
        go_on.wait(10)
        return sum(stream)

    server.register_stream_method("slow", "wait", wait, stream_type=CLIENT)
    with client.get_service("slow").stream_call("wait") as stream:
        sent = 0
        with pytest.raises(hmsffi.DeadlineExceeded, match="no room"):  # noqa: PT012
            while sent < 10_000:
                stream.send(1, timeout=0.02)
                sent += 1
        go_on.set()
        assert stream.result() == sent


def test_cancelled_stream_ends_at_both_ends(server: hmsffi.Server, client: hmsffi.Client) -> None:
    ended: list[type[BaseException]] = []
    began, done = threading.Event(), threading.Event()

    def listen(stream: ServerStream[int, int]) -> None:
        began.set()
        try:
            stream.receive()
        except hmsffi.Error as error:
            ended.append(type(error))
            raise
        finally:
            done.set()

    server.register_stream_method("ears", "listen", listen)
    stream = client.get_service("ears").stream_call("listen")
    assert not stream.is_closed
    assert began.wait(5)
    stream.cancel()
    with pytest.raises(hmsffi.Cancelled):
        stream.receive()
    assert stream.is_closed
    assert done.wait(5)
    assert ended == [hmsffi.Cancelled]


def test_leaving_the_block_tears_the_stream_down(
    server: hmsffi.Server, client: hmsffi.Client
) -> None:
    began, ended = threading.Event(), threading.Event()

    async def listen(stream: ServerStream[int, int]) -> None:
        began.set()
        try:
            await stream.async_receive()
        finally:
            ended.set()

    server.register_stream_method("ears", "listen", listen)
    with client.get_service("ears").stream_call("listen"):
        assert began.wait(5)
    assert ended.wait(5)


def test_stream_that_is_left_before_its_handler_begins_ends(
    server: hmsffi.Server, client: hmsffi.Client
) -> None:
    async def listen(stream: ServerStream[int, int]) -> None:
        await stream.async_receive()

    server.register_stream_method("ears", "listen", listen)
    for _ in range(20):
        with client.get_service("ears").stream_call("listen"):
            pass
    server.stop(timeout=5)


def test_timeout_is_that_of_the_whole_stream(flows: hmsffi.ServiceClient) -> None:
    with (
        flows.stream_call("double", timeout=0.05) as stream,
        pytest.raises(hmsffi.DeadlineExceeded),
    ):
        stream.receive()


def test_stream_method_cannot_be_called(flows: hmsffi.ServiceClient) -> None:
    with pytest.raises(hmsffi.InvalidArgument, match="stream"):
        flows.call("count", 3)


def test_streams_and_their_memory_go_when_they_end(flows: hmsffi.ServiceClient) -> None:

    def counts() -> dict[str, int]:
        kinds = ("streams", "queued_bytes", "buffers", "inbound_calls")
        return {kind: hmsffi.introspect()[kind] for kind in kinds}

    gc.collect()
    before = counts()
    for _ in range(50):
        list(flows.stream_call("count", 10))
        flows.stream_call("double").cancel()
    until = time.monotonic() + 5
    while counts() != before and time.monotonic() < until:
        time.sleep(0.01)
    assert counts() == before
