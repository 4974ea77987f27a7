"""Constraints of `typing.Annotated`: those of this package, and those of annotated_types."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass
from typing import Any

from hmsffi.errors import InvalidArgument

_SIZE = {
    "STRING": "length",
    "URI": "length",
    "EMAIL": "length",
    "BINARY": "length",
    "ARRAY": "items",
    "OBJECT": "properties",
    "MAP": "properties",
}


@dataclass(frozen=True, kw_only=True)
class Constraints:
    """What a value must keep beside its type: `Annotated[int, Constraints(minimum=0)]`.

    The names are those of the specification's message. `format` is that of a number (`int32`) or of
    text (`email`, `uri`, `ipv4`); `description` is for people.
    """

    min_length: int | None = None
    max_length: int | None = None
    pattern: str | None = None
    minimum: float | None = None
    maximum: float | None = None
    exclusive_minimum: bool | None = None
    exclusive_maximum: bool | None = None
    multiple_of: float | None = None
    min_items: int | None = None
    max_items: int | None = None
    unique_items: bool | None = None
    min_properties: int | None = None
    max_properties: int | None = None
    format: str | None = None
    description: str | None = None


def constrained(schema: dict[str, Any], metadata: Iterable[Any]) -> dict[str, Any]:
    """A schema with what the metadata of `Annotated` asks for; others may mean something by it."""
    members, limits = dict(schema), dict(schema.get("constraints", {}))
    for one in _flat(metadata):
        for name, value in _told(one, schema["type"]):
            target = members if name in ("format", "description") else limits
            target[name] = value
    if schema["type"] == "UNION" and limits:
        members["one_of"] = [
            {**part, "constraints": {**part.get("constraints", {}), **limits}}
            if part["type"] != "NULL"
            else part
            for part in schema["one_of"]
        ]
    elif limits:
        members["constraints"] = limits
    return members


def _flat(metadata: Iterable[Any]) -> Iterator[Any]:
    """Pieces of metadata; some stand for several others, as a `Field` of pydantic does."""
    grouped = _known("GroupedMetadata")
    for one in metadata:
        if grouped is not None and isinstance(one, grouped):
            yield from _flat(one)
        elif isinstance(pieces := getattr(one, "metadata", None), list):
            yield from _flat(pieces)
        else:
            yield one


def _told(one: Any, kind: str) -> Iterator[tuple[str, Any]]:
    if isinstance(one, Constraints):
        yield from ((name, value) for name, value in asdict(one).items() if value is not None)
    elif isinstance(documentation := getattr(one, "documentation", None), str):
        yield "description", documentation
    else:
        for name, told in _ANNOTATED_TYPES.items():
            known = _known(name)
            if known is not None and isinstance(one, known):
                yield from told(one, kind)


def _known(name: str) -> type[Any] | None:
    """A class of annotated_types, where somebody uses it."""
    module = sys.modules.get("annotated_types")
    found = getattr(module, name, None)
    return found if isinstance(found, type) else None


def _number(limit: Any, kind: str) -> float:
    numbers = kind in ("INTEGER", "NUMBER", "UNION")
    if not numbers or isinstance(limit, bool) or not hasattr(limit, "__float__"):
        raise InvalidArgument(f"a schema of type {kind} has no limit such as {limit!r}")
    return limit if isinstance(limit, int) else float(limit)


def _sized(side: str, size: int, kind: str) -> tuple[str, int]:
    of = _SIZE.get(kind)
    if of is None:
        raise InvalidArgument(f"a schema of type {kind} has no {side} length")
    return f"{side}_{of}", size


_ANNOTATED_TYPES: dict[str, Callable[[Any, str], list[tuple[str, Any]]]] = {
    "Ge": lambda one, kind: [("minimum", _number(one.ge, kind))],
    "Gt": lambda one, kind: [("minimum", _number(one.gt, kind)), ("exclusive_minimum", True)],
    "Le": lambda one, kind: [("maximum", _number(one.le, kind))],
    "Lt": lambda one, kind: [("maximum", _number(one.lt, kind)), ("exclusive_maximum", True)],
    "MultipleOf": lambda one, kind: [("multiple_of", _number(one.multiple_of, kind))],
    "MinLen": lambda one, kind: [_sized("min", one.min_length, kind)],
    "MaxLen": lambda one, kind: [_sized("max", one.max_length, kind)],
}
