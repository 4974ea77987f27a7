"""Values as docs/values.md says, over the vectors that all languages read."""

import datetime
import decimal
import json
import math
import uuid
from pathlib import Path
from typing import Any

import hmsffi
import pytest

GOLDEN = Path(__file__).parents[2] / "tests" / "golden" / "values.json"
VECTORS: list[dict[str, Any]] = json.loads(GOLDEN.read_text(encoding="utf-8"))
# Python holds microseconds.
TOO_FINE = [v for v in VECTORS if v.get("kind") == "datetime" and "00.123456789" in v["diagnostic"]]
GOOD = [v for v in VECTORS if "error" not in v and v not in TOO_FINE]
BAD = [v for v in VECTORS if "error" in v]


class Wire:
    """Sees the bytes of a value, and gives bytes to be read as one."""

    def __init__(self, server: hmsffi.Server, client: hmsffi.Client) -> None:
        self.bytes = b""
        server.register_method("wire", "write", self.written, raw=True)
        server.register_method("wire", "read", lambda _: self.bytes, raw=True)
        self.service = client.get_service("wire")

    def written(self, body: bytes) -> bytes:
        self.bytes = body
        return body

    def encode(self, value: object) -> bytes:
        self.service.call("write", value)
        return self.bytes

    def decode(self, body: bytes) -> Any:
        self.bytes = body
        return self.service.call("read")


@pytest.fixture
def wire(server: hmsffi.Server, client: hmsffi.Client) -> Wire:
    return Wire(server, client)


def meant(kind: str, value: Any) -> Any:
    match kind:
        case "int" | "bigint":
            return int(value)
        case "float":
            return float(value)
        case "bytes":
            return bytes.fromhex(value)
        case "datetime":
            return datetime.datetime.fromisoformat(value)
        case "uuid":
            return uuid.UUID(value)
        case "decimal":
            return decimal.Decimal(value)
        case "list":
            return [meant(**item) for item in value]
        case "map":
            return {key: meant(**item) for key, item in value}
        case _:
            return value


def value_of(vector: dict[str, Any]) -> Any:
    if "nested" not in vector:
        return meant(vector["kind"], vector["value"])
    value = meant(**vector["value"])
    for _ in range(vector["nested"]):
        value = [value] if vector["kind"] == "list" else {"a": value}
    return value


def same(a: Any, b: Any) -> bool:
    if type(a) is not type(b):
        return False
    if isinstance(a, float):
        return (a == b and math.copysign(1, a) == math.copysign(1, b)) or (a != a and b != b)
    if isinstance(a, list):
        return len(a) == len(b) and all(map(same, a, b))
    if isinstance(a, dict):
        return list(a) == list(b) and all(same(a[key], b[key]) for key in a)
    if isinstance(a, datetime.datetime):
        return a == b and a.utcoffset() == b.utcoffset()
    if isinstance(a, decimal.Decimal):
        return a.as_tuple() == b.as_tuple()
    return bool(a == b)


@pytest.mark.parametrize("vector", GOOD, ids=[v["name"] for v in GOOD])
def test_golden_value_is_read(wire: Wire, vector: dict[str, Any]) -> None:
    for digits in [vector["hex"], *vector.get("also", [])]:
        assert same(wire.decode(bytes.fromhex(digits)), value_of(vector))


@pytest.mark.parametrize("vector", GOOD, ids=[v["name"] for v in GOOD])
def test_golden_value_is_written(wire: Wire, vector: dict[str, Any]) -> None:
    value = value_of(vector)
    if isinstance(value, bytes):
        # Alone it would not be CBOR.
        assert wire.encode([value]).hex() == "81" + vector["hex"]
    elif vector["kind"] in ("datetime", "decimal"):
        # Made from a native type, which does not keep zeros at the end of a fraction, or a small e.
        assert same(wire.decode(wire.encode(value)), value)
    else:
        assert wire.encode(value).hex() == vector["hex"]


@pytest.mark.parametrize("vector", BAD, ids=[v["name"] for v in BAD])
def test_golden_damage_is_refused_with_the_reason(wire: Wire, vector: dict[str, Any]) -> None:
    with pytest.raises(hmsffi.InvalidArgument) as caught:
        wire.decode(bytes.fromhex(vector["hex"]))
    assert vector["reason"] in caught.value.message


@pytest.mark.parametrize("vector", TOO_FINE, ids=[v["name"] for v in TOO_FINE])
def test_nanoseconds_are_an_error(wire: Wire, vector: dict[str, Any]) -> None:
    with pytest.raises(hmsffi.InvalidArgument, match="microseconds"):
        wire.decode(bytes.fromhex(vector["hex"]))


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ({"a": [1, {2}]}, r"\$\.a\[1\]: a value of type set is not carried"),
        ({"first name": object()}, r'\$\["first name"\]: a value of type object'),
        ({1: 2}, r"\$: map key is a value of type int; keys are text"),
        (["\ud800"], r"\$\[0\]: text is not UTF-8"),
        ({"\ud800": 1}, r"\$: text is not UTF-8"),
        (datetime.datetime(2013, 3, 21), r"has no offset"),
        (
            datetime.datetime(2013, 3, 21, tzinfo=datetime.timezone(datetime.timedelta(seconds=1))),
            "is not a date-time such as",
        ),
        (decimal.Decimal("NaN"), r'"NaN" is not a Decimal'),
        (decimal.Decimal("-Infinity"), "is not a Decimal"),
        (1 << 8192, r"integer of 1025 bytes; at most 1024"),
    ],
)
def test_value_without_a_place_is_refused(wire: Wire, value: object, reason: str) -> None:
    with pytest.raises(hmsffi.InvalidArgument, match=reason):
        wire.encode(value)


def test_list_that_holds_itself_is_refused(wire: Wire) -> None:
    loop: list[Any] = []
    loop.append(loop)
    with pytest.raises(hmsffi.InvalidArgument, match="more than 64 lists and maps"):
        wire.encode(loop)


def test_tuple_and_derived_types_are_written_as_what_they_are(wire: Wire) -> None:
    class Text(str):
        __slots__ = ()

    value = (hmsffi.Code.NOT_FOUND, Text("x"), bytearray(b"y"), True)
    assert wire.decode(wire.encode(value)) == [5, "x", b"y", True]


def test_json_is_read_where_a_handler_sends_it(wire: Wire) -> None:
    from hmsffi import json as payload

    assert payload.read(b'{"a": [1, 2.0, null]}') == {"a": [1, 2.0, None]}
    for damaged in (b"{", b'{"a": 1, "a": 2}', b"NaN"):
        with pytest.raises(hmsffi.InvalidArgument):
            payload.read(damaged)


@pytest.mark.parametrize("vector", GOOD, ids=[v["name"] for v in GOOD])
def test_cbor_of_a_value_is_what_travels(wire: Wire, vector: dict[str, Any]) -> None:
    value = value_of(vector)
    encoded = hmsffi.cbor.dumps(value)
    assert same(hmsffi.cbor.loads(encoded), value)
    # Bytes alone are no CBOR when they travel.
    assert isinstance(value, bytes) or encoded == wire.encode(value)


def test_value_is_encoded_once_and_sent_many_times(wire: Wire) -> None:
    settings = {"mode": "fast", "steps": [1, 2]}
    encoded = hmsffi.cbor.Encoded(settings)
    settings["mode"] = "changed later"
    for _ in range(2):
        assert wire.decode(wire.encode(encoded)) == {"mode": "fast", "steps": [1, 2]}
    assert wire.decode(wire.encode([encoded, {"a": encoded}])) == [
        {"mode": "fast", "steps": [1, 2]},
        {"a": {"mode": "fast", "steps": [1, 2]}},
    ]
    assert encoded.value() == {"mode": "fast", "steps": [1, 2]}


def test_encoded_value_counts_with_its_depth(wire: Wire) -> None:
    def nested(depth: int, value: Any) -> Any:
        for _ in range(depth):
            value = [value]
        return value

    encoded = hmsffi.cbor.Encoded(nested(32, None))
    assert wire.encode(nested(32, encoded)) == wire.encode(nested(64, None))
    with pytest.raises(hmsffi.InvalidArgument, match="more than 64 lists and maps"):
        wire.encode(nested(33, encoded))


def test_encoded_answer_arrives_as_its_value(server: hmsffi.Server, client: hmsffi.Client) -> None:
    answer = hmsffi.cbor.Encoded({"always": "the same"})
    server.register_method("constant", "get", lambda: answer)
    assert client.get_service("constant").get() == {"always": "the same"}
