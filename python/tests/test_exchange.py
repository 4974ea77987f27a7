"""Schemas in other forms, and what a change of one breaks."""

import json
from dataclasses import dataclass
from typing import Annotated

import hmsffi
import pytest
from google.protobuf.api_pb2 import Api
from google.protobuf.wrappers_pb2 import Int32Value
from hmsffi import schemas
from hmsffi.schemas import Constraints, Form


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
