"""Schemas in other forms, what a change of one breaks, and payloads in other encodings."""

import json
from base64 import b64encode
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Annotated, Any

import hmsffi
import pytest
from google.protobuf.api_pb2 import Api
from google.protobuf.descriptor_pb2 import FileDescriptorSet
from google.protobuf.wrappers_pb2 import Int32Value, StringValue
from hmsffi import schemas
from hmsffi.schemas import Constraints, Encoding, Form, PayloadLoss


@dataclass
class Before:
    name: str
    age: Annotated[int, Constraints(minimum=0)]


@dataclass
class After:
    name: str
    age: Annotated[int, Constraints(minimum=1)]
    ward: str


def test_hint_becomes_json_schema_and_comes_back() -> None:
    written = schemas.convert(schemas.of(Before), Form.JSON, Form.JSON_SCHEMA)
    document = json.loads(written.schema)
    assert document["properties"]["age"] == {"type": "integer", "minimum": 0}
    assert document["required"] == ["name", "age"]
    assert written.losses == []
    back = schemas.convert(written.schema, Form.JSON_SCHEMA, Form.JSON)
    assert schemas.compare(schemas.of(Before), back.schema) == []


def test_protobuf_form_is_what_the_library_takes(
    server: hmsffi.Server, client: hmsffi.Client
) -> None:
    message = schemas.convert({"type": "INTEGER"}, Form.JSON, Form.PROTOBUF).schema
    server.register_method("forms", "half", lambda number: number // 2, input_schema=message)
    assert client.get_service("forms").call("half", 4) == 2
    with pytest.raises(hmsffi.InvalidArgument, match="needs INTEGER"):
        client.get_service("forms").call("half", "four")


def test_what_is_lost_is_told_with_its_place() -> None:
    document = {"type": "object", "properties": {"a": {"type": "string", "not": {"const": "x"}}}}
    (loss,) = schemas.convert(document, Form.JSON_SCHEMA, Form.JSON).losses
    assert (loss.path, loss.keyword) == ("/properties/a", "not")
    assert loss.reason == "there is no negation"


def test_differences_tell_whom_they_break() -> None:
    found = {each.path: each for each in schemas.compare(schemas.of(Before), schemas.of(After))}
    assert found["$.ward"].breaks_backward
    assert found["$.ward"].moves_first == "writer"
    age = found["$.age"]
    assert (age.aspect, age.old, age.new) == ("minimum", "0", "1")
    assert not age.breaks_forward


def test_message_of_protobuf_has_a_schema_that_checks_it(
    server: hmsffi.Server, client: hmsffi.Client
) -> None:
    schema = schemas.of_message(Int32Value)
    (field,) = schema["fields"]
    assert (field["name"], field["schema"]["type"]) == ("value", "INTEGER")
    field["schema"]["constraints"] = {"minimum": 0}
    server.register_method(
        "messages",
        "half",
        lambda message: Int32Value(value=message.value // 2),
        request_type=Int32Value,
        input_schema=schema,
    )
    messages = client.get_service("messages")
    assert messages.call("half", Int32Value(value=8), response_type=Int32Value).value == 4
    with pytest.raises(hmsffi.InvalidArgument, match=r"\$\.value: -8 is below the minimum 0"):
        messages.call("half", Int32Value(value=-8))


def test_descriptors_are_registered_and_methods_refer_to_their_messages(
    server: hmsffi.Server, client: hmsffi.Client
) -> None:
    files = FileDescriptorSet()
    Int32Value.DESCRIPTOR.file.CopyToProto(files.file.add())
    name = Int32Value.DESCRIPTOR.full_name
    labels = {"hms.protobuf.descriptors": b64encode(files.SerializeToString()).decode()}
    schema = {"schema_id": name, "type": "OBJECT", "metadata": labels}
    registry = client.get_service("hms.ffi.v1.SchemaRegistry")
    assert registry.call("RegisterSchema", {"schema": schema})["schema_id"] == name
    server.register_method(
        "numbers",
        "same",
        lambda message: message,
        request_type=Int32Value,
        input_schema={"type": "REF", "ref": name},
    )
    numbers = client.get_service("numbers")
    assert numbers.call("same", Int32Value(value=8), response_type=Int32Value).value == 8
    with pytest.raises(hmsffi.InvalidArgument, match=r"\$\.value: "):
        numbers.call("same", StringValue(value="eight"))


def test_message_comes_with_all_that_its_file_imports() -> None:
    fields = {field["name"]: field["schema"] for field in schemas.of_message(Api)["fields"]}
    assert fields["source_context"]["type"] == "OBJECT"
    assert fields["methods"]["type"] == "ARRAY"
    with pytest.raises(hmsffi.InvalidArgument):
        schemas.of_message(b"no descriptors")


@pytest.mark.parametrize("schema", ["no schema", {"type": "TEXT"}, b"\xff"])
def test_what_is_no_schema_is_refused(schema: schemas.Schema) -> None:
    with pytest.raises(hmsffi.InvalidArgument):
        schemas.convert(schema, Form.JSON, Form.JSON_SCHEMA)
    with pytest.raises(hmsffi.InvalidArgument):
        schemas.compare(schema, {"type": "STRING"})


VISIT = {
    "type": "OBJECT",
    "fields": [
        {
            "name": "at",
            "required": True,
            "schema": {"type": "DATETIME", "metadata": {"hms.protobuf.number": "1"}},
        },
        {
            "name": "scan",
            "schema": {"type": "BINARY", "metadata": {"hms.protobuf.number": "2"}},
        },
    ],
}


def test_payload_changes_its_encoding_as_its_schema_tells() -> None:
    text = b'{"at":"2013-03-21T20:04:00Z","scan":"AQI="}'
    message = schemas.convert_payload(VISIT, text, Encoding.JSON, Encoding.PROTOBUF)
    assert message.payload == b"\x0a\x142013-03-21T20:04:00Z\x12\x02\x01\x02"
    assert message.losses == []
    cbor = schemas.convert_payload(VISIT, message.payload, Encoding.PROTOBUF, Encoding.CBOR)
    at = datetime(2013, 3, 21, 20, 4, tzinfo=UTC)
    assert hmsffi.cbor.loads(cbor.payload) == {"at": at, "scan": b"\x01\x02"}


@pytest.mark.parametrize(
    ("schema", "sent", "comes_back"),
    [
        ({"type": "NUMBER"}, 1, 1.0),
        ({"type": "NUMBER", "format": "float"}, 0.1, 0.10000000149011612),
        ({"type": "NUMBER"}, Decimal("0.10000000000000000001"), 0.1),
        ({"type": "INTEGER"}, 1.0, 1),
        ({"type": "ENUM", "enum_values": [{"value": "1"}]}, 1, "1"),
        ({"type": "UNION", "one_of": [{"type": "STRING"}, {"type": "NULL"}]}, None, None),
        ({"type": "ARRAY", "items": {"type": "STRING"}}, [], None),
        (
            {"type": "DATETIME", "metadata": {"hms.protobuf.type": "google.protobuf.Timestamp"}},
            datetime(2013, 3, 21, 20, 4, 0, 500_000, timezone(timedelta(hours=2))),
            "2013-03-21T18:04:00.500Z",
        ),
        (
            {"type": "DURATION", "metadata": {"hms.protobuf.type": "google.protobuf.Duration"}},
            "P1DT1H0.50S",
            "PT90000.5S",
        ),
    ],
)
def test_what_protobuf_has_one_form_of_comes_back_in_it(
    schema: dict[str, Any], sent: object, comes_back: object
) -> None:
    labels = schema.get("metadata", {}) | {"hms.protobuf.number": "1"}
    whole = {
        "type": "OBJECT",
        "fields": [{"name": "it", "schema": schema | {"metadata": labels}}],
    }
    message = schemas.convert_payload(
        whole, hmsffi.cbor.dumps({"it": sent}), Encoding.CBOR, Encoding.PROTOBUF
    )
    back = schemas.convert_payload(whole, message.payload, Encoding.PROTOBUF, Encoding.JSON)
    expected = {} if comes_back is None else {"it": comes_back}
    assert back.payload.decode() == json.dumps(expected, separators=(",", ":"))


def test_decimal_is_the_nearest_number_in_json_and_lost_digits_are_told() -> None:
    def written(decimal: str) -> schemas.ConvertedPayload:
        sent = hmsffi.cbor.dumps(Decimal(decimal))
        return schemas.convert_payload({"type": "NUMBER"}, sent, Encoding.CBOR, Encoding.JSON)

    assert written("0.10") == schemas.ConvertedPayload(b"0.1", [])
    longer = written("0.10000000000000000001")
    assert longer.payload == b"0.1"
    assert [loss.path for loss in longer.losses] == ["$"]


def test_deterministic_payload_is_the_one_form_of_equal_values() -> None:
    written = schemas.convert_payload(
        {"type": "ANY"}, b'{"bb": 1.5, "a": 1}', Encoding.JSON, Encoding.CBOR, deterministic=True
    )
    assert written.payload == b"\xa2\x61a\x01\x62bb\xf9\x3e\x00"


def test_what_a_payload_loses_is_told_with_its_place() -> None:
    text = b'{"at": "2013-03-21T20:04:00Z", "ward": 7}'
    (loss,) = schemas.convert_payload(VISIT, text, Encoding.JSON, Encoding.PROTOBUF).losses
    assert loss == PayloadLoss("$.ward", "the schema has no such field", "encoding")


def test_payload_that_does_not_fit_is_refused_with_its_place() -> None:
    with pytest.raises(hmsffi.InvalidArgument, match=r"\$\.at: required") as refused:
        schemas.convert_payload(VISIT, b"{}", Encoding.JSON, Encoding.CBOR)
    assert json.loads(refused.value.details["hms.violations"])[0]["path"] == "$.at"
