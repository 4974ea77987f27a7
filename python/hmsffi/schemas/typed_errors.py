"""Classes of errors with data: their schemas, and the ways between data and instances."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from hmsffi import _native
from hmsffi.errors import Error, InvalidArgument, joined
from hmsffi.logs import logger
from hmsffi.schemas import records
from hmsffi.schemas.derive import Derivation
from hmsffi.schemas.shape import Shape

# What all errors have.
_TAKEN = {"args", "code", "data", "details", "message", "schema", "source", "stack"}


@dataclass(frozen=True)
class ErrorType:
    """A class of errors, and what it says of their data."""

    cls: type[Error]
    shape: Shape

    @property
    def schema(self) -> dict[str, Any]:
        """The schema of the data, with the id by which an error names it."""
        known = self.shape.schema
        own = known.get("schema_id")
        schema_id = self.cls.schema or own or self.cls.__name__
        if own == schema_id:
            return known

        def called(members: dict[str, Any]) -> dict[str, Any]:
            return {**members, "ref": schema_id} if members.get("ref") == own else members

        # It may refer to itself.
        renamed = json.loads(json.dumps(known), object_hook=called) if own else known
        return {**renamed, "schema_id": schema_id}

    def written(self, error: Error) -> Any:
        """The data of an error as they travel."""
        holder = error if dataclasses.is_dataclass(self.cls) else error.data
        return holder if self.shape.write is None else self.shape.write(holder)

    def adopt(self, error: Error) -> None:
        """Makes an error of the library one of this class. Raises when its data do not fit."""
        data = error.data if self.shape.read is None else self.shape.read(error.data)
        cls = joined(self.cls, type(error))
        if not dataclasses.is_dataclass(self.cls):
            error.__class__, error.data = cls, data
            return
        error.__class__ = cls
        vars(error).update(vars(data) | vars(error))


_known: dict[type[Error], ErrorType | None] = {}


def of_class(cls: type[Error]) -> ErrorType | None:
    """What a class of errors says of their data; None = nothing."""
    if cls not in _known:
        _known[cls] = _looked_at(cls)
    return _known[cls]


def _looked_at(cls: type[Error]) -> ErrorType | None:
    if not dataclasses.is_dataclass(cls):
        hint = records.hints_of(cls).get("data", Any)
        if hint is Any and cls.schema is None:
            return None
        return ErrorType(cls, Derivation("serialization").shape(hint))
    taken = _TAKEN.intersection(field.name for field in dataclasses.fields(cls))
    if taken:
        raise InvalidArgument(
            f"{cls.__name__} has the field '{min(taken)}', which all errors have. Rename it, or "
            "leave the decorator dataclass out and annotate `data` with the type of the data"
        )
    return ErrorType(cls, Derivation("serialization").shape(cls))


def declared(classes: Iterable[type[Error]]) -> dict[str, ErrorType]:
    """Classes that callers or handlers name, by the ids of their schemas."""
    found = {}
    for cls in classes:
        kind = of_class(cls)
        if kind is None:
            raise InvalidArgument(
                f"{cls.__name__} does not say which data it has. Make it a dataclass, or annotate "
                "`data` in it"
            )
        found[kind.schema["schema_id"]] = kind
    return found


def adopt(error: Error, kinds: dict[str, ErrorType]) -> None:
    """Makes an error that arrived one of its class, where there is one that its data fit."""
    kind = kinds.get(error.schema or "")
    if kind is None or isinstance(error, kind.cls):
        return
    try:
        kind.adopt(error)
    except Exception as why:
        # The error itself is not to be hidden by what a class makes of its data.
        error.add_note(f"It is no {kind.cls.__name__}, which its data do not fit: {why}")


def payload(error: Error) -> tuple[str, bytes]:
    """The id of the schema of what a handler raised, and its data in CBOR; nothing without data."""
    if error._handle is not None:
        # One that arrived has them in its details.
        return "", b""
    try:
        kind = of_class(type(error))
    except InvalidArgument as why:
        # Hints may name what only type checkers see.
        logger.debug("%s says nothing of its data: %s", type(error).__name__, why)
        kind = None
    if kind is not None:
        return kind.schema["schema_id"], _native.dumps(kind.written(error))
    return (error.schema, _native.dumps(error.data)) if error.schema else ("", b"")
