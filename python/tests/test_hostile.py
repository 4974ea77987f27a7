"""Handlers and callers that do not keep to what is expected of them."""

import asyncio
import threading

import hmsffi
import pytest


def test_handler_that_never_answers_is_left_at_the_deadline(
    server: hmsffi.Server, client: hmsffi.Client
) -> None:
    ended = threading.Event()

    async def never(_: object) -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    server.register_method("hostile", "never", never)
    with pytest.raises(hmsffi.DeadlineExceeded):
        client.get_service("hostile").call("never", timeout=0.1)
    assert ended.wait(5)


def test_coroutine_that_cancels_itself_fails_its_call(
    server: hmsffi.Server, client: hmsffi.Client
) -> None:
    async def give_up(_: object) -> None:
        task = asyncio.current_task()
        assert task
        task.cancel()
        await asyncio.sleep(5)

    server.register_method("hostile", "give_up", give_up)
    with pytest.raises(hmsffi.Error):
        client.get_service("hostile").call("give_up", timeout=5)


def test_answer_after_a_cancel_goes_nowhere(server: hmsffi.Server, client: hmsffi.Client) -> None:
    begun, let_go, answered = threading.Event(), threading.Event(), threading.Event()

    def late(value: object) -> object:
        begun.set()
        let_go.wait(5)
        answered.set()
        return value

    server.register_method("hostile", "late", late)
    server.register_method("hostile", "echo", lambda value: value)
    service = client.get_service("hostile")
    call = service.call_async("late", 1)
    assert begun.wait(5)
    call.cancel()
    with pytest.raises(hmsffi.Cancelled):
        call.result()
    let_go.set()
    assert answered.wait(5)
    assert service.call("echo", 2) == 2


def test_calls_nest_a_thousand_deep_or_are_refused(client: hmsffi.Client) -> None:
    service = client.get_service("deep")

    def dig(depth: int) -> int:
        return 1 + service.call("dig", depth - 1) if depth else 0

    with hmsffi.create_server("deep", max_concurrent_calls=-1) as server:
        server.register_method("deep", "dig", dig)
        server.start()
        try:
            assert service.call("dig", 1000) == 1000
        except hmsffi.Error as error:
            last: BaseException = error
            while last.__cause__:
                last = last.__cause__
            refused = isinstance(last, hmsffi.ResourceExhausted)
            assert refused or "RecursionError" in str(last)
        assert service.call("dig", 3) == 3


@pytest.mark.parametrize("value", ["\ud800", {"\udfff": 1}, ["text\ud800"]])
def test_text_that_is_not_unicode_is_refused(
    server: hmsffi.Server, client: hmsffi.Client, value: object
) -> None:
    server.register_method("hostile", "echo", lambda value: value)
    service = client.get_service("hostile")
    with pytest.raises(hmsffi.InvalidArgument):
        service.call("echo", value)
    assert service.call("echo", "text") == "text"


def test_close_inside_of_a_handler_does_not_hang(client: hmsffi.Client) -> None:
    server = hmsffi.create_server("closing")

    def close(_: object) -> str:
        try:
            server.stop(timeout=0.1)
        except hmsffi.Error:
            return "refused"
        return "stopped"

    server.register_method("closing", "close", close)
    server.start()
    call = client.get_service("closing").call_async("close")
    assert call.result() in ("refused", "stopped")
    server.close()


def test_closed_server_says_so() -> None:
    server = hmsffi.create_server("closed")
    server.close()
    server.close()
    with pytest.raises(hmsffi.Error):
        server.register_method("closed", "echo", lambda value: value)
    with pytest.raises(hmsffi.Error):
        server.start()


def test_threads_with_small_stacks_call(server: hmsffi.Server, client: hmsffi.Client) -> None:
    server.register_method("hostile", "echo", lambda value: value)
    server.register_method("hostile", "pool", lambda value: value, pool=True)
    service = client.get_service("hostile")
    answers: list[object] = []

    def call() -> None:
        answers.append(service.call("echo", {"key": [1, 2]}, timeout=5))
        answers.append(service.call("pool", {"key": [1, 2]}, timeout=5))

    before = threading.stack_size(64 * 1024)
    try:
        threads = [threading.Thread(target=call) for _ in range(4)]
        for thread in threads:
            thread.start()
    finally:
        threading.stack_size(before)
    for thread in threads:
        thread.join(20)
    assert answers == [{"key": [1, 2]}] * 8


def test_message_over_the_limit_is_refused_either_way(client: hmsffi.Client) -> None:
    with hmsffi.create_server("sized", max_message_size=8192) as server:
        server.register_method("sized", "echo", lambda body: body)
        server.register_method("sized", "grow", lambda _: bytes(8193))
        server.start()
        sized = client.get_service("sized")
        assert sized.call("echo", bytes(8192)) == bytes(8192)
        for method, params in (("echo", bytes(8193)), ("grow", None)):
            with pytest.raises(hmsffi.ResourceExhausted, match="over the limit of 8192 bytes"):
                sized.call(method, params)
    with pytest.raises(hmsffi.InvalidArgument, match="max_message_size"):
        hmsffi.create_server("too small", max_message_size=1)
