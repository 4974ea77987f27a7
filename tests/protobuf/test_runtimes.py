"""What hms converts to Protobuf and from it is what runtimes of three languages write and read."""

import json
import math
from pathlib import Path
from typing import Any

import cbor2
import pytest
from google.protobuf.message import DecodeError
from peers import KINDS, PATIENT, RUNTIMES, Peer, converted, hms

PATIENTS: list[dict[str, Any]] = [
    {},
    {"id": "P1", "name": "Ада 🩺", "age": 36, "gender": "FEMALE"},
    {"age": -1, "contacts": [{"type": "mail", "value": "ada@example.org"}, {}]},
    {"attributes": {"": "empty key"}},
    {"attributes": {"empty value": ""}},
]
VALUES: list[dict[str, Any]] = [
    {"double_value": 0.1, "float_value": 0.5, "int32_value": -(2**31), "int64_value": -(2**63)},
    {
        "uint32_value": 2**32 - 1,
        "uint64_value": 2**64 - 1,
        "sint32_value": -(2**31),
        "sint64_value": -(2**63),
    },
    {
        "fixed32_value": 2**32 - 1,
        "fixed64_value": 2**64 - 1,
        "sfixed32_value": -2,
        "sfixed64_value": -(2**63),
    },
    {"bool_value": True, "string_value": "\u0000ä𐅑", "bytes_value": "AP8=", "enum_value": "RED"},
    {"enum_value": "BELOW", "message_value": {"name": "a", "number": -1, "inner": {"inner": {}}}},
    {"double_value": -0.0},
    {"optional_int32": 0, "optional_string": "", "optional_enum": "NONE", "optional_bool": False},
    {"int32_list": [1, 0, -1], "double_list": [0.1, 1e300], "bool_list": [True, False]},
    {"enum_list": ["RED", "NONE", "BELOW"], "string_list": ["", "b"], "bytes_list": ["", "AQ=="]},
    {"message_list": [{}, {"name": "x", "inner": {"number": 7}}]},
    {"string_map": {"": 0}, "int64_map": {"-5": {"name": "y"}}, "bool_map": {"false": ""}},
    {"sint32_map": {"-7": "RED"}, "fixed64_map": {"18446744073709551615": "AQ=="}},
    {"chosen_text": ""},
    {"chosen_message": {"number": 1}},
    {"chosen_number": 0},
    {"at": "2013-03-21T20:04:00.5Z"},
    {"at": "0001-01-01T00:00:00Z"},
    {"at": "1969-12-31T23:59:59.5Z"},
    {"at": "9999-12-31T23:59:59.999999999Z"},
    {"child": {"child": {"int32_value": 1}, "string_map": {"k": 1}}},
]
CASES = [(PATIENT, value) for value in PATIENTS] + [(KINDS, value) for value in VALUES]


@pytest.mark.parametrize("runtime", RUNTIMES)
@pytest.mark.parametrize(("message", "value"), CASES, ids=lambda case: str(case)[:40])
def test_bytes_are_those_of_the_stock_runtime_both_ways(
    peers: dict[str, Peer],
    schemas: dict[str, Path],
    runtime: str,
    message: str,
    value: dict[str, Any],
) -> None:
    peer, schema = peers[runtime], schemas[message]
    written = peer.write(message, value)
    own = converted(schema, "json", "protobuf", json.dumps(value).encode())
    assert own == written
    # Back in JSON, zeros and empty lists are there that the bytes have not: the same message.
    read = converted(schema, "protobuf", "json", written)
    assert peer.write(message, json.loads(read)) == written
    by_way_of_cbor = converted(
        schema, "cbor", "protobuf", converted(schema, "protobuf", "cbor", written)
    )
    assert peer.read(message, by_way_of_cbor) == peer.read(message, written)


@pytest.mark.parametrize("runtime", RUNTIMES)
def test_what_has_another_form_in_their_json_is_the_same_in_bytes(
    peers: dict[str, Peer], schemas: dict[str, Path], runtime: str
) -> None:
    """Durations are ISO 8601 here; lists that the file says are not packed may be."""
    peer = peers[runtime]
    written = peer.write(KINDS, {"lasting": "93600.5s", "sint64_list": [1, -1]})
    read = json.loads(converted(schemas[KINDS], "protobuf", "json", written))
    assert (read["lasting"], read["sint64_list"]) == ("PT93600.5S", [1, -1])
    own = converted(
        schemas[KINDS], "json", "protobuf", b'{"lasting": "P1DT2H0.5S", "sint64_list": [1, -1]}'
    )
    assert peer.read(KINDS, own) == peer.read(KINDS, written)


@pytest.mark.parametrize("runtime", RUNTIMES)
def test_numbers_that_json_has_no_form_for_come_through_in_cbor(
    peers: dict[str, Peer], schemas: dict[str, Path], runtime: str
) -> None:
    special = {"double_list": ["NaN", "Infinity", "-Infinity"], "float_value": "-Infinity"}
    peer = peers[runtime]
    written = peer.write(KINDS, special)
    read = cbor2.loads(converted(schemas[KINDS], "protobuf", "cbor", written))
    assert [math.isnan(number) or number for number in read["double_list"]] == [
        True,
        math.inf,
        -math.inf,
    ]
    assert read["float_value"] == -math.inf
    own = converted(schemas[KINDS], "cbor", "protobuf", cbor2.dumps(read))
    # Runtimes have NaNs of their own.
    assert peer.read(KINDS, own) == peer.read(KINDS, written)


@pytest.mark.parametrize(
    ("message", "value"),
    # cbor2 writes date-times anew.
    [case for case in CASES if "at" not in case[1]],
    ids=lambda case: str(case)[:40],
)
def test_deterministic_cbor_is_that_of_cbor2(
    schemas: dict[str, Path], message: str, value: dict[str, Any]
) -> None:
    text = json.dumps(value).encode()
    own = converted(schemas[message], "json", "cbor", text, "--deterministic")
    assert cbor2.dumps(cbor2.loads(own), canonical=True) == own
    plain = converted(schemas[message], "json", "cbor", text)
    assert cbor2.loads(plain) == cbor2.loads(own)


@pytest.mark.parametrize(
    ("message", "written"),
    [
        (PATIENT, b"\x0a\x05P00"),
        (PATIENT, b"\x0a\x01\xff"),
        (PATIENT, b"\x2a\x03\x0a\x01\xff"),
        (KINDS, b"\xa9\x01"),
        (KINDS, b"\x0b\x08\x01"),
        (KINDS, b"\x08" + b"\xff" * 10),
    ],
)
def test_what_the_runtimes_refuse_is_refused(
    peers: dict[str, Peer], schemas: dict[str, Path], message: str, written: bytes
) -> None:
    with pytest.raises(DecodeError):
        peers["python"].read(message, written)
    done = hms(
        "schema",
        "convert",
        "--schema",
        schemas[message],
        "--from",
        "protobuf",
        "--to",
        "json",
        "-",
        stdin=written,
    )
    assert done.returncode == 1, done
    assert done.stderr.startswith(b"$"), done
