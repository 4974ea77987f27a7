"""Values that are one of several: enums, literals, unions."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from enum import Enum, Flag
from typing import Any

from hmsffi.schemas.docstrings import summary
from hmsffi.schemas.scalars import SHAPES, integer, is_integer
from hmsffi.schemas.shape import Convert, Shape, Test


def enum(kind: type[Enum]) -> Shape:
    """An `Enum`: by its values where they are texts or integers, else by its names."""
    values = [member.value for member in kind]
    numbered = all(map(is_integer, values))
    named = not numbered and not all(isinstance(value, str) for value in values)
    travels = {member.name if named else str(member.value): member for member in kind}
    texts = {member: text for text, member in travels.items()}

    def text_of(value: Any) -> Any:
        return str(int(value)) if is_integer(value) else value

    def arrives(value: Any) -> bool:
        text = text_of(value)
        return isinstance(text, str) and text in travels

    def read(value: Any) -> Enum:
        if not arrives(value):
            raise ValueError(f"needs one of {', '.join(travels)}, found {value!r}")
        return travels[text_of(value)]

    def write(member: Any) -> Any:
        text = texts[kind(member)]
        return int(text) if numbered else text

    schema: dict[str, Any] = {
        "type": "ENUM",
        "enum_values": [
            {"value": text, "display_name": member.name} for text, member in travels.items()
        ],
    }
    if described := summary(kind):
        schema["description"] = described
    return Shape(schema, read, write, arrives, lambda value: isinstance(value, kind))


def flags(kind: type[Flag]) -> Shape:
    """A `Flag`, of which several may be set: the integer that they are together."""
    return Shape(
        {"type": "INTEGER"},
        lambda value: kind(integer(value)),
        lambda member: member.value,
        is_integer,
        lambda value: isinstance(value, kind),
    )


def literal(values: tuple[Any, ...]) -> Shape:
    """Constants: texts are an ENUM, and integers an INTEGER that can be nothing else."""
    if isinstance(values[0], Enum):
        return _members(values)
    texts = [value for value in values if isinstance(value, str)]
    schemas = [_constant(value) for value in values if not isinstance(value, str)]
    if texts:
        schemas.insert(0, {"type": "ENUM", "enum_values": [{"value": text} for text in texts]})

    def is_one(value: Any) -> bool:
        return any(
            value == one and isinstance(value, bool) == isinstance(one, bool) for one in values
        )

    return Shape(one_of(schemas), None, None, is_one, is_one)


def _members(members: tuple[Any, ...]) -> Shape:
    """Some of the members of an `Enum`."""
    names = [member.name for member in members]
    of_all = enum(type(members[0]))
    some = [one for one in of_all.schema["enum_values"] if one["display_name"] in names]
    return replace(of_all, schema={**of_all.schema, "enum_values": some})


def union(shapes: list[Shape]) -> Shape:
    """The first of several types that fits."""
    null = SHAPES[type(None)]
    others = [shape for shape in shapes if shape is not null]
    return Shape(
        one_of([shape.schema for shape in shapes]),
        _chosen([(shape.arrives, shape.read) for shape in others]),
        _chosen([(shape.holds, shape.write) for shape in others]),
        _any([shape.arrives for shape in shapes]),
        _any([shape.holds for shape in shapes]),
    )


def _chosen(alternatives: list[tuple[Test, Convert | None]]) -> Convert | None:
    """Converts as the first alternative does whose test a value passes; None stays None."""
    if all(convert is None for _, convert in alternatives):
        return None
    if len(alternatives) == 1 and (only := alternatives[0][1]):
        return lambda value: None if value is None else only(value)

    def choose(value: Any) -> Any:
        if value is None:
            return None
        chosen = next((one for fits, one in alternatives if fits(value)), alternatives[-1][1])
        # Where none fits the last says why: as good as any, as the library has told all of them.
        return value if chosen is None else chosen(value)

    def convert(value: Any) -> Any:
        if _answers.known is not None:
            return choose(value)
        _answers.known = {}
        try:
            return choose(value)
        finally:
            _answers.known = None

    return convert


class _Answers(threading.local):
    """What was found of values while the outermost union around them is converted.

    Unions inside of each other would ask again and again, twice as often with each level.
    """

    known: dict[tuple[int, int], tuple[Any, bool]] | None = None


_answers = _Answers()


def _any(tests: list[Test]) -> Test:
    def test(value: Any) -> bool:
        known = _answers.known
        if known is None:
            return any(one(value) for one in tests)
        key = id(value), id(tests)
        if key not in known:
            # With the value, whose number would be another's when it is gone.
            known[key] = value, any(one(value) for one in tests)
        return known[key][1]

    return test


def one_of(schemas: list[dict[str, Any]]) -> dict[str, Any]:
    """What one of several schemas takes."""
    different: list[dict[str, Any]] = []
    for schema in schemas:
        for one in schema["one_of"] if set(schema) == {"type", "one_of"} else [schema]:
            if one not in different:
                different.append(one)
    return different[0] if len(different) == 1 else {"type": "UNION", "one_of": different}


_CONSTANTS: dict[type, Callable[[Any], dict[str, Any]]] = {
    bool: lambda _: {"type": "BOOLEAN"},
    bytes: lambda _: {"type": "BINARY"},
    int: lambda value: {"type": "INTEGER", "constraints": {"minimum": value, "maximum": value}},
    type(None): lambda _: {"type": "NULL"},
}


def _constant(value: Any) -> dict[str, Any]:
    schema_of = _CONSTANTS.get(type(value))
    return schema_of(value) if schema_of else {"type": "ANY"}
