"""Methods of a service as attributes of its client, without generated code."""

import asyncio
import datetime
import gc
import inspect
import pydoc
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

import hmsffi
import pytest
from hmsffi import ServerStream, StreamType


@dataclass
class Person:
    name: str
    born: datetime.date


@hmsffi.service("greet")
class Greeter:
    @hmsffi.method()
    def hello(self, name: str, times: int = 1, tone: Literal["warm", "cool"] = "warm") -> str:
        """Says hello.

        Args:
            name: whom to greet.
            times: how often.
        """
        return f"{tone}: " + name * times

    @hmsffi.method()
    async def add(self, numbers: list[int]) -> int:
        return sum(numbers)

    @hmsffi.method()
    def year(self, person: Person) -> int:
        return person.born.year

    @hmsffi.method()
    def since(self, day: datetime.date) -> int:
        return day.year

    @hmsffi.method()
    def anything(self, value: Any) -> Any:
        return value

    @hmsffi.method()
    def close(self, value: Any) -> str:
        return "closed"

    @hmsffi.stream_method(stream_type=StreamType.SERVER_STREAMING)
    def count(self, *, to: int) -> Iterator[int]:
        yield from range(to)

    @hmsffi.stream_method(stream_type=StreamType.CLIENT_STREAMING)
    def oldest(self, people: ServerStream[Person, int]) -> int:
        return min(person.born.year for person in people)

    @hmsffi.stream_method(stream_type=StreamType.CLIENT_STREAMING)
    def total(self, numbers: ServerStream[int, int]) -> int:
        return sum(numbers)


@pytest.fixture
def greet(server: hmsffi.Server, client: hmsffi.Client) -> hmsffi.ServiceClient:
    server.register_service(Greeter())
    return client.get_service("greet")


def test_members_are_given_by_their_names(greet: hmsffi.ServiceClient) -> None:
    assert greet.hello(name="Ada") == "warm: Ada"
    assert greet.hello(name="Ada", times=2, tone="cool") == "cool: AdaAda"
    assert greet.hello({"name": "Ada"}) == "warm: Ada"


def test_one_value_is_sent_as_it_is(greet: hmsffi.ServiceClient) -> None:
    assert greet.add([1, 2, 3]) == 6
    assert greet.anything() is None
    assert greet.anything(a=1) == {"a": 1}
    with pytest.raises(TypeError, match=r"anything\(\) takes one value, or the members"):
        greet.anything(1, a=1)


def test_instances_and_dates_are_sent_as_handlers_take_them(greet: hmsffi.ServiceClient) -> None:
    ada = Person("Ada", datetime.date(1815, 12, 10))
    assert greet.year(ada) == greet.year(name=ada.name, born=ada.born) == 1815
    assert greet.year({"name": "Ada", "born": ada.born}) == 1815
    assert greet.since(ada.born) == 1815
    with pytest.raises(hmsffi.InvalidArgument, match=r"type datetime\.date is not carried"):
        greet.anything(ada.born)


def test_bad_members_are_told_with_their_place(greet: hmsffi.ServiceClient) -> None:
    with pytest.raises(hmsffi.InvalidArgument, match=r"\$\.times: .*; \$\.name: required"):
        greet.hello(times="two")
    with pytest.raises(hmsffi.InvalidArgument, match=r"\$\.name: required"):
        greet.hello()


def test_unknown_method_is_told_with_the_nearest(greet: hmsffi.ServiceClient) -> None:
    with pytest.raises(hmsffi.NotFound, match=r"no method 'helo'\. Did you mean 'hello'\?"):
        greet.helo(name="Ada")
    assert not hasattr(greet, "helo")
    assert hasattr(greet, "hello")
    assert not hasattr(greet, "_repr_html_")


def test_unknown_service_is_told_when_its_method_is_asked_for(client: hmsffi.Client) -> None:
    with pytest.raises(hmsffi.NotFound, match="no service 'gret'"):
        client.get_service("gret").hello(name="Ada")


def test_method_that_comes_later_is_found(
    server: hmsffi.Server, client: hmsffi.Client, greet: hmsffi.ServiceClient
) -> None:
    later = client.get_service("later")
    assert not hasattr(later, "ping")
    server.register_method("later", "ping", lambda _: "pong")
    assert later.ping() == "pong"


def test_methods_of_another_process_are_known_too(client: hmsffi.Client) -> None:
    source = """
        import sys, hmsffi

        def hello(name: str, times: int = 1) -> str:
            return name * times

        with hmsffi.create_server("far") as server:
            server.register_method("far.greet", "hello", hello)
            server.start()
            print("ready", flush=True)
            sys.stdin.read()
    """
    with subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(source)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as far:
        assert far.stdout
        assert far.stdout.readline() == "ready\n"
        greet = client.get_service("far.greet")
        assert greet.hello(name="Ada", times=2) == "AdaAda"
        with pytest.raises(hmsffi.NotFound, match="Did you mean 'hello'"):
            greet.helo()


def test_names_that_python_cannot_have_are_members_all_the_same(
    server: hmsffi.Server, client: hmsffi.Client
) -> None:
    names = ("class", "a-b", "self", "__init__")
    fields = [{"name": name, "schema": {"type": "STRING"}} for name in names]
    schema = {"type": "OBJECT", "fields": fields}
    server.register_method("odd", "say-it", lambda value: value, input_schema=schema)
    say_it = getattr(client.get_service("odd"), "say-it")
    assert list(inspect.signature(say_it).parameters) == ["self", "__init__"]
    assert say_it(**dict.fromkeys(names, "x")) == dict.fromkeys(names, "x")


def test_methods_let_their_client_go(server: hmsffi.Server) -> None:
    server.register_service(Greeter())
    gc.disable()
    try:
        before = hmsffi.introspect()["clients"]
        greet = hmsffi.create_client().get_service("greet")
        assert greet.hello(name="Ada") == asyncio.run(greet.asyncio.hello(name="Ada"))
        assert hmsffi.introspect()["clients"] == before + 1
        del greet
        assert hmsffi.introspect()["clients"] == before
    finally:
        gc.enable()


def test_dir_of_a_closed_client_is_quiet() -> None:
    client = hmsffi.create_client()
    service = client.get_service("greet")
    client.close()
    assert "call" in dir(service)


def test_names_of_the_client_stay_its_own(greet: hmsffi.ServiceClient) -> None:
    assert greet.close() is None
    assert greet.call("close") == "closed"
    assert greet.hello(name="Ada") == "warm: Ada"


def test_streams_are_iterated(greet: hmsffi.ServiceClient) -> None:
    assert list(greet.count(to=3)) == [0, 1, 2]
    with greet.total() as stream:
        for number in range(4):
            stream.send(number)
        assert stream.result() == 6
    with greet.oldest() as stream:
        for year in (1815, 1791):
            stream.send(Person("Somebody", datetime.date(year, 12, 10)))
        assert stream.result() == 1791


def test_the_same_for_asyncio(greet: hmsffi.ServiceClient) -> None:
    async def main() -> None:
        methods = greet.asyncio
        assert await methods.hello(name="Ada") == "warm: Ada"
        assert await methods.close(1) == "closed"
        assert await asyncio.gather(*(methods.add([n]) for n in range(3))) == [0, 1, 2]
        assert [number async for number in methods.count(to=3)] == [0, 1, 2]
        with pytest.raises(hmsffi.NotFound, match="Did you mean 'hello'"):
            await methods.helo(name="Ada")

    assert inspect.iscoroutinefunction(greet.asyncio.hello)
    asyncio.run(main())


def test_dir_and_help_are_those_of_the_service(greet: hmsffi.ServiceClient) -> None:
    assert {"hello", "add", "count", "call"} <= set(dir(greet))
    assert {"hello", "add", "count"} <= set(dir(greet.asyncio))
    text = pydoc.plain(pydoc.render_doc(greet.hello))
    assert "hello(*, name: str, times: int = 1" in text
    assert "tone: Literal['warm', 'cool'] = 'warm') -> str" in text
    assert "Says hello." in text
    assert "name: whom to greet." in text
    assert str(inspect.signature(greet.add)) == "(value: list[int], /) -> int"
    assert str(inspect.signature(greet.count)).startswith("(*, to: int) -> hmsffi.streams.Stream[")
