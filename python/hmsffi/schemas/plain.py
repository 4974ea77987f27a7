"""Values as they travel, made of whatever Python has for them, without a hint that says so."""

from __future__ import annotations

import datetime
import functools
import uuid
from collections.abc import Callable, Iterable
from decimal import Decimal
from typing import Any

from hmsffi.schemas.derive import Derivation

_CARRIED = frozenset(
    {str, int, float, bool, type(None), bytes, datetime.datetime, uuid.UUID, Decimal}
)


def plain(value: Any) -> Any:
    """A value with its dataclasses, models, enums, dates and their like as what they travel as.

    What has no such form stays, for the library to refuse it with its place.
    """
    if type(value) in _CARRIED:
        return value
    if isinstance(value, dict):
        if _are_carried(value.values()):
            return value
        return {name: plain(one) for name, one in value.items()}
    if isinstance(value, (list, tuple)):
        return value if _are_carried(value) else [plain(one) for one in value]
    kind: Any = type(value)
    write = _writer(kind)
    return value if write is None else write(value)


def _are_carried(values: Iterable[Any]) -> bool:
    return _CARRIED.issuperset(map(type, values))


@functools.lru_cache
def _writer(kind: Any) -> Callable[[Any], Any] | None:
    return Derivation("serialization").shape(kind).write
