"""Threads: callers side by side, handlers on threads that Python does not know."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import hmsffi


def test_many_threads_call_at_once(server: hmsffi.Server, client: hmsffi.Client) -> None:
    server.register_method("echo", "echo", lambda value: value)
    bound = client.get_service("echo").bind("echo")

    def call(start: int) -> bool:
        return all(bound({"n": n}) == {"n": n} for n in range(start, start + 500))

    with ThreadPoolExecutor(8) as threads:
        assert all(threads.map(call, range(0, 4000, 500)))


def test_plain_handler_runs_on_its_callers_thread(
    server: hmsffi.Server, client: hmsffi.Client
) -> None:
    server.register_method("who", "am_i", lambda _: threading.get_ident())
    assert client.get_service("who").call("am_i") == threading.get_ident()


def test_pool_handler_runs_on_a_thread_of_the_server(
    server: hmsffi.Server, client: hmsffi.Client
) -> None:
    server.register_method("who", "am_i", lambda _: threading.get_ident(), pool=True)
    assert client.get_service("who").call("am_i") != threading.get_ident()


def test_thread_of_the_server_stays_the_same_thread_to_python(client: hmsffi.Client) -> None:
    seen = threading.local()

    def count(_: object) -> int:
        seen.calls = getattr(seen, "calls", 0) + 1
        return seen.calls

    with hmsffi.create_server("one", pool_threads=1) as server:
        server.register_method("one", "count", count, pool=True)
        server.start()
        service = client.get_service("one")
        assert [service.call("count") for _ in range(5)] == [1, 2, 3, 4, 5]


def test_other_threads_run_while_a_call_waits(server: hmsffi.Server, client: hmsffi.Client) -> None:
    gate = threading.Event()
    server.register_method("gate", "wait", lambda _: gate.wait(5), pool=True)
    threading.Timer(0.02, gate.set).start()
    assert client.get_service("gate").call("wait") is True


def test_calls_of_two_languages_threads_nest(server: hmsffi.Server, client: hmsffi.Client) -> None:
    service = client.get_service("nest")
    server.register_method("nest", "inner", lambda _: "inner", pool=True)
    server.register_method("nest", "outer", lambda _: service.call("inner"), pool=True)
    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(lambda _: service.call("outer"), range(64)))
    assert answers == ["inner"] * 64


def test_leaf_method_is_called_like_any_other(server: hmsffi.Server, client: hmsffi.Client) -> None:
    server.register_method("leaf", "echo", lambda value: value, leaf=True)
    bound = client.get_service("leaf").bind("echo")
    assert bound(b"x") == b"x"
    # On a thread of the server, which needs the interpreter.
    assert bound(b"y", timeout=5) == b"y"


def test_threads_of_a_server_end_with_it(client: hmsffi.Client) -> None:
    before = hmsffi.introspect()["threads"]
    with hmsffi.create_server("brief") as server:
        server.register_method("brief", "ping", lambda _: "pong", pool=True)
        server.start()
        assert client.get_service("brief").call("ping") == "pong"
    until = time.monotonic() + 5
    while hmsffi.introspect()["threads"] > before and time.monotonic() < until:
        time.sleep(0.01)
    assert hmsffi.introspect()["threads"] <= before
