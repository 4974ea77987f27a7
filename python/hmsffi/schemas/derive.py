"""From a type hint to its shape."""

from __future__ import annotations

import collections
import collections.abc
import dataclasses
import types
import typing
from collections.abc import Callable
from dataclasses import replace
from enum import Enum, Flag
from typing import Any

from hmsffi.schemas import choices, containers, models, records
from hmsffi.schemas.constraints import constrained
from hmsffi.schemas.ids import Known, body, settled
from hmsffi.schemas.scalars import SHAPES
from hmsffi.schemas.shape import ANY, Shape

_LISTS: dict[Any, type] = {
    list: list,
    collections.abc.Sequence: list,
    collections.abc.MutableSequence: list,
    collections.abc.Iterable: list,
    collections.abc.Collection: list,
}
_SETS: dict[Any, type] = {
    set: set,
    frozenset: frozenset,
    collections.abc.Set: frozenset,
    collections.abc.MutableSet: set,
}
_MAPS = (dict, collections.abc.Mapping, collections.abc.MutableMapping)
# What says something about a field or a name, not about its values.
_QUALIFIERS = {"Required", "NotRequired", "ReadOnly", "Final", "ClassVar"}


class Derivation:
    """One schema in the making: a class that comes again is a REF to where it came first."""

    def __init__(self, mode: str = "validation") -> None:
        self._mode = mode
        self._ids: dict[Any, str] = {}
        self._shapes: dict[Any, Shape] = {}
        self._known: Known = {}

    def shape(self, hint: Any) -> Shape:
        """What a hint says; ANY where it says nothing that a schema could."""
        hint = _resolved(hint)
        if hasattr(hint, "__value__"):
            return self._named(hint, lambda: self.shape(hint.__value__))
        origin, arguments = typing.get_origin(hint), typing.get_args(hint)
        if origin is None:
            return self._of_class(hint) if isinstance(hint, type) else ANY
        if getattr(origin, "__name__", getattr(origin, "_name", "")) in _QUALIFIERS:
            return self.shape(arguments[0])
        if origin is typing.Annotated:
            shape = self.shape(arguments[0])
            return replace(shape, schema=constrained(shape.schema, arguments[1:]))
        if origin in (typing.Union, types.UnionType):
            return choices.union([self.shape(one) for one in arguments])
        if origin is typing.Literal:
            return choices.literal(arguments)
        return self._of_generic(origin, arguments)

    def _of_generic(self, origin: Any, arguments: tuple[Any, ...]) -> Shape:
        if origin in _LISTS:
            return containers.sequence(self.shape(arguments[0]), _LISTS[origin])
        if origin in _SETS:
            return containers.sequence(self.shape(arguments[0]), _SETS[origin], unique=True)
        if origin in _MAPS:
            return containers.mapping(self.shape(arguments[0]), self.shape(arguments[1]))
        if origin is tuple:
            if arguments[-1:] == (...,):
                return containers.sequence(self.shape(arguments[0]), tuple)
            return containers.fixed([self.shape(one) for one in arguments])
        return self._of_class(origin) if isinstance(origin, type) else ANY

    def _of_class(self, kind: type) -> Shape:
        if kind in SHAPES:
            return SHAPES[kind]
        if kind in _LISTS:
            return containers.sequence(ANY, _LISTS[kind])
        if kind in _SETS:
            return containers.sequence(ANY, _SETS[kind], unique=True)
        if kind in _MAPS:
            return containers.mapping(ANY, ANY)
        if kind is tuple:
            return containers.sequence(ANY, tuple)
        if issubclass(kind, Flag):
            return choices.flags(kind)
        if issubclass(kind, Enum):
            return choices.enum(kind)
        if _is_named_tuple(kind):
            hints = records.hints_of(kind)
            fields = [self.shape(hints.get(name, Any)) for name in kind._fields]  # type: ignore[attr-defined]
            return containers.fixed(fields, lambda items: kind(*items))
        if _is_typed_dict(kind) or dataclasses.is_dataclass(kind) or models.is_model(kind):
            return self._of_record(kind)
        return ANY

    def _of_record(self, kind: Any) -> Shape:
        if _is_typed_dict(kind):
            return self._named(kind, lambda: records.of_typed_dict(kind, self.shape))
        if models.is_model(kind):
            return self._of_model(kind)
        return self._named(kind, lambda: records.of_dataclass(kind, self.shape))

    def _of_model(self, kind: Any) -> Shape:
        if kind in self._ids:
            return self._reference(kind)
        shape = models.of_model(kind, self._mode)
        schema = {"schema_id": kind.__name__, **shape.schema}
        shape = replace(shape, schema=settled(schema, self._known, kind.__module__))
        self._ids[kind] = shape.schema["schema_id"]
        self._shapes[kind] = shape
        return shape

    def _named(self, of: Any, derive: Callable[[], Shape]) -> Shape:
        """What has a name: a class, or an alias of a type."""
        if of in self._ids:
            return self._reference(of)
        self._ids[of] = self._id(of)
        self._known[self._ids[of]] = None
        shape = derive()
        if shape.schema["type"] == "REF":
            self._ids[of] = shape.schema["ref"]
        else:
            # What has an id already keeps it.
            shape = replace(shape, schema={"schema_id": self._ids[of], **shape.schema})
            self._ids[of] = shape.schema["schema_id"]
            self._known[self._ids[of]] = body(shape.schema)
        self._shapes[of] = shape
        return shape

    def _reference(self, of: Any) -> Shape:
        def read(value: Any) -> Any:
            convert = self._shapes[of].read
            return value if convert is None else convert(value)

        def write(value: Any) -> Any:
            convert = self._shapes[of].write
            return value if convert is None else convert(value)

        return Shape(
            {"type": "REF", "ref": self._ids[of]},
            read,
            write,
            lambda value: self._shapes[of].arrives(value),
            # Asked for a default, too, while the class is being looked at.
            lambda value: of in self._shapes and self._shapes[of].holds(value),
        )

    def _id(self, of: Any) -> str:
        name: str = of.__name__
        return f"{of.__module__}.{name}" if name in self._known else name


def _resolved(hint: Any) -> Any:
    """The type behind names for it."""
    while True:
        if hasattr(hint, "__supertype__"):
            hint = hint.__supertype__
        elif isinstance(hint, typing.TypeVar):
            hint = hint.__bound__ or Any
        else:
            return type(None) if hint is None else hint


def _is_named_tuple(kind: type) -> bool:
    return issubclass(kind, tuple) and hasattr(kind, "_fields")


def _is_typed_dict(kind: type) -> bool:
    """Also one of typing_extensions."""
    return issubclass(kind, dict) and hasattr(kind, "__required_keys__")
