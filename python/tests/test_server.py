"""Services: made with decorators, by hand, listed, started and stopped."""

import asyncio
import threading
import time

import hmsffi
import pytest


@hmsffi.service("calc", "Calculator", "Adds.", "1.2.3", {"team": "maths"})
class Calculator:
    @hmsffi.method(metadata={"cost": "low"})
    def add(self, numbers: list[int]) -> int:
        """Adds numbers."""
        return sum(numbers)

    @hmsffi.method("negate", "Changes the sign.")
    async def change_sign(self, number: int) -> int:
        return -number

    def hidden(self, _: object) -> None:
        """No method of the service."""


def test_decorated_class_is_a_service(server: hmsffi.Server, client: hmsffi.Client) -> None:
    assert server.register_service(Calculator()) == "calc"
    calc = client.get_service("calc")
    assert calc.call("add", [1, 2, 3]) == 6
    assert calc.call("negate", 4) == -4
    with pytest.raises(hmsffi.NotFound):
        calc.call("hidden")
    assert client.get_service("calc@^1.2").call("add", [1]) == 1


def test_decorated_class_describes_itself() -> None:
    assert isinstance(Calculator(), hmsffi.ServiceHandler)
    assert Calculator.service_info == hmsffi.ServiceInfo(  # type: ignore[attr-defined]
        id="calc",
        name="Calculator",
        description="Adds.",
        version="1.2.3",
        methods=[
            hmsffi.MethodInfo("add", "Adds numbers.", metadata={"cost": "low"}),
            hmsffi.MethodInfo("negate", "Changes the sign."),
        ],
        metadata={"team": "maths"},
    )


def test_handler_may_describe_itself(server: hmsffi.Server, client: hmsffi.Client) -> None:
    class Echo(hmsffi.ServiceHandler):
        @property
        def service_info(self) -> hmsffi.ServiceInfo:
            return hmsffi.ServiceInfo("own", "Own", methods=[hmsffi.MethodInfo("echo")])

        def echo(self, value: object) -> object:
            return value

    server.register_service(Echo())
    assert client.get_service("own").call("echo", 5) == 5


def test_derived_class_keeps_the_methods_that_it_does_not_override(
    server: hmsffi.Server, client: hmsffi.Client
) -> None:
    @hmsffi.service("calc.odd")
    class Odd(Calculator):
        @hmsffi.method()
        def add(self, numbers: list[int]) -> int:
            return 1 + super().add(numbers)

    server.register_service(Odd())
    assert client.get_service("calc.odd").call("add", [1, 2]) == 4
    assert client.get_service("calc.odd").call("negate", 2) == -2


def test_other_objects_are_no_services(server: hmsffi.Server) -> None:
    with pytest.raises(hmsffi.InvalidArgument, match=r"hmsffi\.service"):
        server.register_service(object())


def test_service_without_an_id_gets_one(server: hmsffi.Server, client: hmsffi.Client) -> None:
    @hmsffi.service("")
    class Anonymous:
        @hmsffi.method()
        def ping(self, _: object) -> str:
            return "pong"

    made_up = server.register_service(Anonymous())
    assert made_up
    assert client.get_service(made_up).call("ping") == "pong"


def test_taken_id_with_another_definition_is_refused(server: hmsffi.Server) -> None:
    server.register_method("taken", "one", lambda _: 1)
    with hmsffi.create_server("other") as other, pytest.raises(hmsffi.AlreadyExists):
        other.register_method("taken", "two", lambda _: 2)


def test_unregistered_service_is_not_found(server: hmsffi.Server, client: hmsffi.Client) -> None:
    server.register_method("short", "ping", lambda _: "pong")
    assert client.get_service("short").call("ping") == "pong"
    server.unregister_service("short")
    with pytest.raises(hmsffi.NotFound):
        client.get_service("short").call("ping")


def test_server_knows_whether_it_runs() -> None:
    with hmsffi.create_server("running") as server:
        assert not server.is_running
        server.start()
        assert server.is_running
        assert not server.wait(timeout=0.01)
        server.stop()
        assert not server.is_running
        assert server.wait()


def test_wait_ends_when_another_thread_stops_the_server(server: hmsffi.Server) -> None:
    threading.Timer(0.05, server.stop).start()
    assert server.wait(timeout=5)


def test_stop_lets_calls_end(server: hmsffi.Server, client: hmsffi.Client) -> None:
    server.register_method("slow", "nap", lambda s: time.sleep(s) or "rested")
    server.register_method("slow", "doze", lambda s: asyncio.sleep(s, "rested"))
    call = client.get_service("slow").call_async("nap", 0.1)
    time.sleep(0.02)
    server.stop()
    assert call.result() == "rested"


def test_stop_says_when_calls_still_run(server: hmsffi.Server, client: hmsffi.Client) -> None:
    server.register_method("slow", "nap", time.sleep)
    call = client.get_service("slow").call_async("nap", 0.2)
    time.sleep(0.02)
    with pytest.raises(hmsffi.DeadlineExceeded):
        server.stop(timeout=0.01)
    assert not server.is_running
    call.result()


def test_running_server_lives_although_nothing_refers_to_it(client: hmsffi.Client) -> None:
    def serve() -> None:
        server = hmsffi.create_server("forgotten")
        server.register_method("forgotten", "stop", lambda _: server.stop(timeout=0))
        server.start()

    serve()
    client.get_service("forgotten").call("stop")
    with pytest.raises(hmsffi.Unavailable):
        client.get_service("forgotten").call("stop")


def test_limit_of_no_calls_is_refused() -> None:
    with pytest.raises(hmsffi.InvalidArgument, match="max_concurrent_calls"):
        hmsffi.create_server("none", max_concurrent_calls=0)


def test_enums_have_the_numbers_of_the_specification() -> None:
    assert [status.value for status in hmsffi.CallStatus] == [0, 1, 2, 3, 4, 5]
    assert hmsffi.StreamType.BIDIRECTIONAL.value == 3
    assert hmsffi.TransportType.MESSAGE_QUEUE.value == 8
    assert hmsffi.AuthType.CUSTOM.value == 3
    assert hmsffi.LogLevel.WARN is hmsffi.LogLevel.WARNING
    assert hmsffi.LogLevel.ERROR.value == 3
