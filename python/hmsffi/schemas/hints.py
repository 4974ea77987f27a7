"""From a schema to a type hint: what a caller in Python sends and gets."""

from __future__ import annotations

import datetime
import uuid
from collections.abc import Callable
from enum import IntEnum
from typing import Any, Literal, Union

Definition = dict[str, Any]
"""A schema as the service registry gives it: all members, types by number."""


class SchemaType(IntEnum):
    """Types of the specification."""

    NULL = 1
    BOOLEAN = 2
    INTEGER = 3
    NUMBER = 4
    STRING = 5
    ARRAY = 6
    OBJECT = 7
    MAP = 8
    ENUM = 9
    UNION = 10
    REF = 11
    ANY = 12
    BINARY = 13
    DATE = 14
    DATETIME = 15
    TIME = 16
    DURATION = 17
    UUID = 18
    URI = 19
    EMAIL = 20


_PLAIN: dict[int, Any] = {
    SchemaType.NULL: None,
    SchemaType.BOOLEAN: bool,
    SchemaType.INTEGER: int,
    SchemaType.NUMBER: float,
    SchemaType.STRING: str,
    SchemaType.OBJECT: dict[str, Any],
    SchemaType.BINARY: bytes,
    SchemaType.DATE: datetime.date,
    SchemaType.DATETIME: datetime.datetime,
    SchemaType.TIME: datetime.time,
    SchemaType.DURATION: datetime.timedelta,
    SchemaType.UUID: uuid.UUID,
    SchemaType.URI: str,
    SchemaType.EMAIL: str,
}
_COMPOSED: dict[int, Callable[[Definition], Any]] = {
    SchemaType.ARRAY: lambda schema: list[hint(schema["items"])],  # type: ignore[misc]
    SchemaType.MAP: lambda schema: dict[str, hint(schema["value_schema"])],  # type: ignore[misc]
    SchemaType.ENUM: lambda schema: Literal[tuple(one["value"] for one in schema["enum_values"])],
    SchemaType.UNION: lambda schema: Union[tuple(map(hint, schema["one_of"]))],  # noqa: UP007
}


def hint(schema: Definition | None) -> Any:
    """The hint of a schema; Any for what is not known here."""
    if schema is None:
        return Any
    composed = _COMPOSED.get(schema["type"])
    return composed(schema) if composed else _PLAIN.get(schema["type"], Any)
