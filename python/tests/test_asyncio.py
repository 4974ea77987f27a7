"""asyncio: calls from a loop, and handlers that are coroutines."""

import asyncio
import threading
import time
from typing import Any

import hmsffi
import pytest


async def nap(seconds: float) -> str:
    await asyncio.sleep(seconds)
    return threading.current_thread().name


@pytest.fixture
def napping(server: hmsffi.Server, client: hmsffi.Client) -> hmsffi.ServiceClient:
    server.register_method("napping", "nap", nap)
    server.register_method("napping", "block", time.sleep)
    return client.get_service("napping")


def test_coroutine_handler_answers_a_synchronous_caller(napping: hmsffi.ServiceClient) -> None:
    assert napping.call("nap", 0) == "hmsffi loop of test"


def test_coroutine_handlers_run_side_by_side(napping: hmsffi.ServiceClient) -> None:
    start = time.monotonic()
    calls = [napping.call_async("nap", 0.2) for _ in range(20)]
    for call in calls:
        call.result()
    assert time.monotonic() - start < 1


def test_loop_calls_without_blocking(napping: hmsffi.ServiceClient) -> None:
    async def main() -> None:
        start = time.monotonic()
        await asyncio.gather(*[napping.async_call("nap", 0.2) for _ in range(20)])
        await asyncio.gather(*[napping.async_call("block", 0.05) for _ in range(4)])
        assert time.monotonic() - start < 1

    asyncio.run(main())


def test_async_call_is_awaited_or_asked_later(napping: hmsffi.ServiceClient) -> None:
    async def main() -> None:
        call = napping.call_async("nap", 0.05)
        with pytest.raises(hmsffi.DeadlineExceeded, match="still runs"):
            await call.async_result(timeout=0.01)
        assert await call.async_result() == "hmsffi loop of test"
        assert await call.async_result() == "hmsffi loop of test"
        assert call.status is hmsffi.CallStatus.OK

    asyncio.run(main())


def test_call_begun_outside_of_the_loop_can_be_awaited(napping: hmsffi.ServiceClient) -> None:
    call = napping.call_async("nap", 0.02)

    async def main() -> Any:
        return await call.async_result(timeout=5)

    assert asyncio.run(main()) == "hmsffi loop of test"


def test_cancelled_task_cancels_its_call(server: hmsffi.Server, client: hmsffi.Client) -> None:
    ended = threading.Event()

    async def wait(_: object) -> None:
        try:
            await asyncio.sleep(10)
        finally:
            ended.set()

    server.register_method("waiting", "wait", wait)

    async def main() -> None:
        task = asyncio.create_task(client.get_service("waiting").async_call("wait"))
        await asyncio.sleep(0.05)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(main())
    assert ended.wait(2)


def test_failure_of_a_coroutine_shows_its_lines(
    server: hmsffi.Server, client: hmsffi.Client
) -> None:
    async def fail(_: object) -> None:
        await asyncio.sleep(0)
        raise ValueError("bad")

    server.register_method("failing", "fail", fail)

    async def main() -> None:
        with pytest.raises(hmsffi.Unknown, match="ValueError: bad") as caught:
            await client.get_service("failing").async_call("fail")
        assert caught.value.stack
        assert 'raise ValueError("bad")' in caught.value.stack

    asyncio.run(main())


def test_handlers_registered_on_a_loop_run_on_it(client: hmsffi.Client) -> None:
    async def main() -> None:
        async with hmsffi.create_server("here") as server:
            server.register_method("here", "nap", nap)
            server.start()
            service = client.get_service("here")
            assert await service.async_call("nap", 0) == "MainThread"
            assert await asyncio.to_thread(service.call, "nap", 0) == "MainThread"

    asyncio.run(main())


def test_call_that_would_wait_for_its_own_loop_is_refused(client: hmsffi.Client) -> None:
    async def main() -> None:
        async with hmsffi.create_server("here") as server:
            server.register_method("here", "nap", nap)
            server.start()
            with pytest.raises(hmsffi.Aborted, match="here"):
                client.get_service("here").call("nap", 0)

    asyncio.run(main())


def test_handlers_of_a_loop_that_ended_are_unavailable(
    server: hmsffi.Server, client: hmsffi.Client
) -> None:
    async def main() -> None:
        server.register_method("gone", "nap", nap)
        assert await client.get_service("gone").async_call("nap", 0)

    thread = threading.Thread(target=lambda: asyncio.run(main()))
    thread.start()
    thread.join()
    with pytest.raises(hmsffi.Unavailable):
        client.get_service("gone").call("nap", 0)


def test_each_loop_of_the_process_works(napping: hmsffi.ServiceClient) -> None:
    def own_loop() -> None:
        results.extend(asyncio.run(napping.async_call("nap", 0)) for _ in range(3))

    results: list[str] = []
    threads = [threading.Thread(target=own_loop) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == ["hmsffi loop of test"] * 12


def test_metadata_goes_both_ways_through_coroutines(
    server: hmsffi.Server, client: hmsffi.Client
) -> None:
    async def answer(_: object) -> str | None:
        await asyncio.sleep(0)
        call = hmsffi.current_call()
        assert call
        call.response_metadata["k"] = "out"
        return call.metadata.get("k")

    server.register_method("meta", "data", answer)

    async def main() -> None:
        received: dict[str, str] = {}
        service = client.get_service("meta")
        asked = {"k": "in"}
        assert await service.async_call("data", metadata=asked, response_metadata=received) == "in"
        assert received == {"k": "out"}

    asyncio.run(main())


def test_nested_call_of_a_coroutine_belongs_to_its_chain(
    server: hmsffi.Server, client: hmsffi.Client
) -> None:
    service = client.get_service("chain")

    def depth(_: object) -> int:
        call = hmsffi.current_call()
        assert call
        return call.depth

    async def nested(_: object) -> list[int]:
        direct = await asyncio.to_thread(service.call, "depth")
        return [depth(None), await service.async_call("depth"), direct]

    server.register_method("chain", "depth", depth)
    server.register_method("chain", "nested", nested)
    assert service.call("nested") == [0, 1, 1]


def test_loop_thread_ends_with_its_server(client: hmsffi.Client) -> None:
    with hmsffi.create_server("brief") as server:
        server.register_method("brief", "nap", nap)
        server.start()
        assert client.get_service("brief").call("nap", 0) == "hmsffi loop of brief"
        server.stop()
        assert "hmsffi loop of brief" not in [thread.name for thread in threading.enumerate()]
        server.start()
        assert client.get_service("brief").call("nap", 0) == "hmsffi loop of brief"
    assert "hmsffi loop of brief" not in [thread.name for thread in threading.enumerate()]
