"""Objects with fields: dataclasses, `TypedDict`, and parameters by name."""

from __future__ import annotations

import base64
import dataclasses
import json
import typing
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from hmsffi.errors import InvalidArgument
from hmsffi.schemas import choices
from hmsffi.schemas.docstrings import entries, summary
from hmsffi.schemas.misfit import Misfit, read_at, step
from hmsffi.schemas.scalars import SHAPES
from hmsffi.schemas.shape import Convert, Shape

Derive = Callable[[Any], Shape]

#: The default of a field that has none.
NONE = dataclasses.MISSING


@dataclass(frozen=True)
class Field:
    """A field of an object."""

    name: str
    shape: Shape
    required: bool
    default: Any
    description: str


def field(
    name: str, shape: Shape, default: Any = NONE, description: str = "", *, required: bool
) -> Field:
    """A field; one whose default is None takes it, even if its hint forgets to say so."""
    if default is None and not shape.holds(None):
        shape = choices.union([shape, SHAPES[type(None)]])
    return Field(name, shape, required, default, description)


def hints_of(of: Any) -> dict[str, Any]:
    """The type hints of a class or function, with their metadata."""
    try:
        return typing.get_type_hints(of, include_extras=True)
    except NameError as error:
        name = getattr(of, "__qualname__", repr(of))
        raise InvalidArgument(
            f"the type hints of {name} cannot be read: {error}. Import it where {name} is defined, "
            "or register the method with typed=False"
        ) from error


def of_dataclass(kind: Any, derive: Derive) -> Shape:
    """An instance is made of the fields that its `__init__` takes."""
    hints, described = hints_of(kind), entries(kind)
    fields = [
        field(
            one.name,
            derive(hints[one.name]),
            one.default,
            described.get(one.name, ""),
            required=one.default is NONE and one.default_factory is NONE,
        )
        for one in dataclasses.fields(kind)
        if one.init
    ]
    read_members = members(fields)

    def write(instance: Any) -> dict[str, Any]:
        return {one.name: _written(one, getattr(instance, one.name)) for one in fields}

    return Shape(
        schema(fields, summary(kind)),
        lambda value: value if isinstance(value, kind) else kind(**read_members(value)),
        write,
        _has(fields),
        lambda value: isinstance(value, kind),
    )


def of_typed_dict(kind: Any, derive: Derive) -> Shape:
    """A dict stays one; what is in it is made what its hints say."""
    hints, described = hints_of(kind), entries(kind)
    fields = [
        field(
            name,
            derive(hint),
            description=described.get(name, ""),
            required=_is_required(kind, name, hint),
        )
        for name, hint in hints.items()
    ]
    own = schema(fields, summary(kind))
    if getattr(kind, "__closed__", None):
        own["metadata"] = {"hms.closed": "true"}
    reads, writes = (
        {one.name: convert for one in fields if (convert := getattr(one.shape, way))}
        for way in ("read", "write")
    )

    def read(value: Any) -> dict[str, Any]:
        return {
            name: read_at(name, reads[name], one) if name in reads else one
            for name, one in _mapping(value).items()
        }

    def write(value: Mapping[str, Any]) -> dict[str, Any]:
        return {name: writes[name](one) if name in writes else one for name, one in value.items()}

    has = _has(fields)
    return Shape(own, read if reads else None, write if writes else None, has, has)


def schema(fields: list[Field], description: str = "") -> dict[str, Any]:
    """An OBJECT with these fields."""
    made: dict[str, Any] = {"type": "OBJECT", "fields": [_described(one) for one in fields]}
    if description:
        made["description"] = description
    return made


def members(fields: list[Field], others: bool = False) -> Convert:
    """Reads an object into keyword arguments; those without a field only with `others`."""
    known = [(one.name, one.shape.read, one.required) for one in fields]
    names = {one.name for one in fields}

    def read(value: Any) -> dict[str, Any]:
        given = _mapping(value)
        made: dict[str, Any] = {}
        problems: list[tuple[str, str]] = []
        for name, convert, required in known:
            if name not in given:
                if required:
                    problems.append((step(name), "required"))
            elif convert is None:
                made[name] = given[name]
            else:
                try:
                    made[name] = read_at(name, convert, given[name])
                except Misfit as error:
                    problems += error.problems
        if problems:
            raise Misfit(problems)
        if others:
            made.update((name, one) for name, one in given.items() if name not in names)
        return made

    return read


def _mapping(value: Any) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise TypeError(f"needs an object, found {type(value).__name__}")
    return value


def _has(fields: list[Field]) -> Callable[[Any], bool]:
    """Whether a dict has what the fields need."""

    def test(value: Any) -> bool:
        return isinstance(value, Mapping) and all(
            one.shape.arrives(value[one.name]) if one.name in value else not one.required
            for one in fields
        )

    return test


def _written(field: Field, value: Any) -> Any:
    return value if field.shape.write is None else field.shape.write(value)


def _described(field: Field) -> dict[str, Any]:
    made: dict[str, Any] = {"name": field.name, "schema": field.shape.schema}
    if field.required:
        made["required"] = True
    if field.description:
        made["description"] = field.description
    if (default := _default(field)) is not None:
        made["default_value"] = default
    return made


def _default(field: Field) -> str | None:
    """What is put in where the field is left out, if JSON can say it; else the class puts it in."""
    if field.default is NONE:
        return None
    try:
        text = json.dumps(_written(field, field.default), allow_nan=False)
    except (TypeError, ValueError):
        return None
    return base64.b64encode(text.encode()).decode()


def _is_required(kind: Any, name: str, hint: Any) -> bool:
    """Hints as text hide from `__required_keys__` what they say."""
    origin = typing.get_origin(hint)
    if origin in (typing.Required, typing.NotRequired):
        return origin is typing.Required
    return name in kind.__required_keys__
