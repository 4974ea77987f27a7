"""Parameters and answers are checked against the schemas of their method."""

import base64
import json
from typing import Any

import hmsffi
import pytest

GREETING = {
    "type": "OBJECT",
    "fields": [
        {"name": "name", "required": True, "schema": {"type": "STRING"}},
        {
            "name": "times",
            "schema": {"type": "INTEGER", "constraints": {"minimum": 1}},
            "default_value": base64.b64encode(b"1").decode(),
        },
    ],
}


@hmsffi.service("greet", metadata={"hms.validate": "always"})
class Greeter:
    def __init__(self) -> None:
        self.seen: list[Any] = []

    @hmsffi.method(input_schema=GREETING, output_schema='{"type": "STRING"}')
    def hello(self, params: dict[str, Any]) -> str:
        self.seen.append(params)
        return params["name"] * params["times"]

    @hmsffi.method(input_schema={"type": "INTEGER"})
    async def later(self, number: int) -> int:
        self.seen.append(number)
        return number

    @hmsffi.method(output_schema={"type": "INTEGER"})
    def lie(self, value: object) -> object:
        return value


@pytest.fixture
def greeter(server: hmsffi.Server) -> Greeter:
    greeter = Greeter()
    server.register_service(greeter)
    return greeter


def test_bad_parameters_are_told_all_at_once(greeter: Greeter, client: hmsffi.Client) -> None:
    with pytest.raises(hmsffi.InvalidArgument) as refused:
        client.get_service("greet").call("hello", {"times": 0})
    assert "greet.hello: $.times: 0 is below the minimum 1; $.name: required" in str(refused.value)
    assert json.loads(refused.value.details["hms.violations"]) == [
        {"path": "$.times", "message": "0 is below the minimum 1", "code": "minimum"},
        {"path": "$.name", "message": "required", "code": "required"},
    ]
    assert greeter.seen == []


def test_defaults_are_put_in(greeter: Greeter, client: hmsffi.Client) -> None:
    assert client.get_service("greet").call("hello", {"name": "Ada"}) == "Ada"
    assert greeter.seen == [{"name": "Ada", "times": 1}]


def test_coroutines_are_guarded_too(greeter: Greeter, client: hmsffi.Client) -> None:
    greet = client.get_service("greet")
    assert greet.call("later", 3) == 3
    with pytest.raises(hmsffi.InvalidArgument, match="needs INTEGER, found text"):
        greet.call("later", "3")
    assert greeter.seen == [3]


def test_a_broken_promise_is_internal(greeter: Greeter, client: hmsffi.Client) -> None:
    greet = client.get_service("greet")
    assert greet.call("lie", 3) == 3
    with pytest.raises(hmsffi.Internal, match=r"broke its output schema: \$: needs INTEGER"):
        greet.call("lie", "three")


def test_a_schema_that_is_none_is_refused(server: hmsffi.Server) -> None:
    schema = {"type": "OBJECT", "fields": [{"name": "a", "schema": {"type": "UNION"}}]}
    with pytest.raises(hmsffi.InvalidArgument, match=r"\$\.a: UNION needs one_of"):
        server.register_method("one", "m", str, input_schema=schema)
    with pytest.raises(hmsffi.InvalidArgument, match="input_schema is not the JSON of a schema"):
        server.register_method("two", "m", str, input_schema='{"type": "TEXT"}')
