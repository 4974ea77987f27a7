"""Types without parts: how each travels is docs/values.md and docs/schemas.md of the project."""

from __future__ import annotations

import base64
import datetime
import ipaddress
import math
import uuid
from dataclasses import replace
from decimal import Decimal
from typing import Any

from hmsffi import _native
from hmsffi.schemas import duration
from hmsffi.schemas.shape import Convert, Shape, Test


def _is(*types: type) -> Test:
    return lambda value: isinstance(value, types)


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float, Decimal)) and not isinstance(value, bool)


def is_integer(value: Any) -> bool:
    """Whether a number of any type has no fraction, and not more digits than integers have."""
    if isinstance(value, Decimal):
        return value.adjusted() < _MOST_DIGITS and value == value.to_integral_value()
    return _is_number(value) and (isinstance(value, int) or value.is_integer())


def integer(value: Any) -> int:
    """An integer that may have come as another number."""
    if type(value) is int:
        return value
    if not is_integer(value):
        raise TypeError(f"needs an integer, found {value!r}")
    return int(value)


def _number(value: Any) -> float:
    if type(value) is float or type(value) is int:
        return value
    if not _is_number(value):
        raise TypeError(f"needs a number, found {type(value).__name__}")
    made = float(value)
    if math.isinf(made):
        raise ValueError(f"{value} is more than a float holds")
    return made


def _decimal(value: Any) -> Decimal:
    if isinstance(value, Decimal):
        return value
    if not _is_number(value):
        raise TypeError(f"needs a number, found {type(value).__name__}")
    # The digits that were written, not those of the float behind them.
    return Decimal(repr(value))


def _bytes(value: Any) -> Any:
    """JSON has no bytes."""
    return base64.b64decode(value, validate=True) if isinstance(value, str) else value


def _bytearray(value: Any) -> bytearray:
    return bytearray(_bytes(value))


def _local_time(value: datetime.time) -> str:
    if value.tzinfo is not None:
        raise ValueError(f"{value} has an offset; a time of day has none")
    return value.isoformat()


def _text(kind: type, read: Convert, write: Convert = str, **schema: str) -> Shape:
    """What travels as text."""

    def from_text(value: Any) -> Any:
        if isinstance(value, kind):
            return value
        if not isinstance(value, str):
            raise TypeError(f"needs text, found {type(value).__name__}")
        return read(value)

    def reads(value: Any) -> bool:
        try:
            from_text(value)
        except (ValueError, TypeError):
            return False
        return True

    return Shape(schema, from_text, write, reads, _is(kind), kind)


def _itself(shape: Shape) -> Shape:
    """What CBOR carries as it is, and JSON as text."""
    return replace(shape, write=None)


# Those of an integer of 1024 bytes.
_MOST_DIGITS = 2467
_ISO_DATE = datetime.date.isoformat
_BINARY = {"type": "BINARY"}
_STRING = {"type": "STRING"}
_IS_TEXT = _is(str)
_IS_BYTES = _is(bytes, bytearray, memoryview)


def _is_date(value: Any) -> bool:
    return isinstance(value, datetime.date) and not isinstance(value, datetime.datetime)


SHAPES: dict[Any, Shape] = {
    type(None): Shape({"type": "NULL"}, None, None, _is(type(None)), _is(type(None))),
    bool: Shape({"type": "BOOLEAN"}, None, None, _is(bool), _is(bool)),
    int: Shape({"type": "INTEGER"}, integer, None, is_integer, is_integer, int),
    float: Shape({"type": "NUMBER"}, _number, None, _is_number, _is_number, float),
    Decimal: Shape({"type": "NUMBER"}, _decimal, None, _is_number, _is(Decimal), Decimal),
    str: Shape(_STRING, None, None, _IS_TEXT, _IS_TEXT),
    bytes: Shape(_BINARY, _bytes, None, _IS_BYTES, _IS_BYTES, bytes),
    bytearray: Shape(_BINARY, _bytearray, None, _IS_BYTES, _IS_BYTES),
    memoryview: Shape(_BINARY, _bytes, None, _IS_BYTES, _IS_BYTES),
    _native.Loan: Shape(_BINARY, None, None, _IS_BYTES, _is(_native.Loan)),
    datetime.datetime: _itself(
        _text(datetime.datetime, datetime.datetime.fromisoformat, type="DATETIME")
    ),
    uuid.UUID: _itself(_text(uuid.UUID, uuid.UUID, type="UUID")),
    datetime.date: Shape(
        {"type": "DATE"},
        (_date := _text(datetime.date, datetime.date.fromisoformat, type="DATE")).read,
        _ISO_DATE,
        _date.arrives,
        _is_date,
    ),
    datetime.time: _text(
        datetime.time, datetime.time.fromisoformat, _local_time, type="TIME", format="local"
    ),
    datetime.timedelta: _text(datetime.timedelta, duration.read, duration.write, type="DURATION"),
    ipaddress.IPv4Address: _text(
        ipaddress.IPv4Address, ipaddress.IPv4Address, type="STRING", format="ipv4"
    ),
    ipaddress.IPv6Address: _text(
        ipaddress.IPv6Address, ipaddress.IPv6Address, type="STRING", format="ipv6"
    ),
}
