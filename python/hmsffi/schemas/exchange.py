"""Schemas in other forms, what a change of one breaks, and payloads in other encodings."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any, Literal

from hmsffi import _native

# A mapping such as {"type": "STRING"}, its JSON, or a Protobuf message hms.ffi.v1.Schema.
Schema = Mapping[str, Any] | str | bytes


class Form(Enum):
    """How a schema is written."""

    #: The message `hms.ffi.v1.Schema` in Protobuf.
    PROTOBUF = 1
    #: The same message in JSON, with types by name.
    JSON = 2
    #: JSON Schema, 2020-12.
    JSON_SCHEMA = 3


class Encoding(Enum):
    """How a payload is written."""

    #: `application/cbor`
    CBOR = 1
    #: `application/protobuf`
    PROTOBUF = 2
    #: `application/json`
    JSON = 3


@dataclass(frozen=True)
class Loss:
    """What one form says and another cannot: at which place, in which keyword, and why."""

    path: str
    keyword: str
    reason: str


@dataclass(frozen=True)
class Converted:
    """A schema in another form, and what was lost on the way."""

    schema: bytes
    losses: list[Loss]


@dataclass(frozen=True)
class PayloadLoss:
    """What a schema does not know and an encoding cannot say: where, such as `$.in.x`, and why."""

    path: str
    message: str
    code: str


@dataclass(frozen=True)
class ConvertedPayload:
    """A payload in another encoding, and what was lost on the way."""

    payload: bytes
    losses: list[PayloadLoss]


@dataclass(frozen=True)
class Difference:
    """Something that differs between two schemas.

    Attributes:
        path: where, such as `$.items[*].age`.
        aspect: what, by its name in the schema.
        old: how it was; None = it was not there.
        new: how it is; None = it is there no more.
        breaks_backward: readers with the new schema refuse some of what is written with the old.
        breaks_forward: readers with the old schema refuse some of what is written with the new.
        moves_first: who must have the new schema before the others; `both` = all at once.
    """

    path: str
    aspect: str
    old: str | None
    new: str | None
    breaks_backward: bool
    breaks_forward: bool
    moves_first: Literal["reader", "writer", "both"] | None


def convert(schema: Schema, source: Form, target: Form) -> Converted:
    """A schema in another form: to and from JSON Schema, for example.

    Args:
        schema: in the form `source`; a mapping stands for its JSON.
        source: the form that it has. Where PROTOBUF or JSON is meant, the other is read too.
        target: the form that is wanted; JSON Schema and JSON are text in UTF-8.

    Raises `InvalidArgument` when it is no schema.
    """
    out, losses = _native.schema_convert(serialized(schema), source.value, target.value)
    return Converted(out, [Loss(**loss) for loss in json.loads(losses)])


def compare(old: Schema, new: Schema) -> list[Difference]:
    """What differs between two schemas, and whom it breaks; nothing when they are the same.

    Each is a message `hms.ffi.v1.Schema`, as Protobuf, JSON or a mapping, and refers to nothing
    outside of itself.

    Raises `InvalidArgument` when one of them is no schema.
    """
    found = json.loads(_native.schema_compare(serialized(old), serialized(new)))
    return [Difference(**difference) for difference in found]


def convert_payload(
    schema: Schema,
    payload: bytes,
    source: Encoding,
    target: Encoding,
    *,
    deterministic: bool = False,
) -> ConvertedPayload:
    """The same payload in another encoding, with the defaults that it left out.

    Args:
        schema: what the payload means: a message `hms.ffi.v1.Schema`, as Protobuf, JSON or a
            mapping, that refers to nothing outside of itself. For Protobuf it is an OBJECT whose
            fields have the label `hms.protobuf.number`. The last 64 of up to 64 KiB are kept
            compiled, and found by their bytes.
        payload: in the encoding `source`; JSON is text in UTF-8.
        source: the encoding that it has.
        target: the encoding that is wanted; the same checks the payload and puts in the defaults.
        deterministic: CBOR in the one form that equal values have: RFC 8949, 4.2.1.

    May be called on any thread.

    Raises `InvalidArgument` when the schema is none, or the payload does not fit it, or cannot be
    said in the other encoding: the detail `hms.violations` has all that is wrong, as JSON.
    """
    out, losses = _native.payload_convert(
        serialized(schema), payload, source.value, target.value, int(deterministic)
    )
    return ConvertedPayload(out, [PayloadLoss(**loss) for loss in json.loads(losses)])


def serialized(schema: Schema | None) -> bytes:
    """A schema as the library takes it; no bytes for none."""
    if schema is None:
        return b""
    if isinstance(schema, Mapping):
        schema = json.dumps(schema)
    return schema.encode() if isinstance(schema, str) else bytes(schema)
