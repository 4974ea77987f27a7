"""What the hints of a handler say: its schemas, and how values become its arguments and answers."""

from __future__ import annotations

import collections.abc
import functools
import inspect
import typing
from collections.abc import Callable
from dataclasses import dataclass
from inspect import Parameter
from typing import Any

from hmsffi.errors import Error, Internal, InvalidArgument
from hmsffi.logs import logger
from hmsffi.model import StreamType
from hmsffi.schemas import records
from hmsffi.schemas.derive import Derivation
from hmsffi.schemas.docstrings import entries
from hmsffi.schemas.misfit import REFUSALS, misfit
from hmsffi.schemas.shape import ANY, Convert, Shape
from hmsffi.streams import ServerStream

_ITEMS = (
    collections.abc.Iterator,
    collections.abc.Iterable,
    collections.abc.Generator,
    collections.abc.AsyncIterator,
    collections.abc.AsyncIterable,
    collections.abc.AsyncGenerator,
)
# A decorator with these takes what the function takes that it wraps.
_PASSED_ON = (Parameter.VAR_POSITIONAL, Parameter.VAR_KEYWORD)
_NAMED = (Parameter.POSITIONAL_OR_KEYWORD, Parameter.KEYWORD_ONLY)


@dataclass(frozen=True)
class Contract:
    """What a handler takes and gives; where a side streams, each of its messages."""

    input: Shape = ANY
    output: Shape = ANY
    #: Whether the members of an object are its parameters.
    by_name: bool = False

    @property
    def input_schema(self) -> dict[str, Any] | None:
        """The schema of what callers send; None = anything."""
        return None if self.input.is_loose else self.input.schema

    @property
    def output_schema(self) -> dict[str, Any] | None:
        """The schema of what is answered; None = anything."""
        return None if self.output.is_loose else self.output.schema

    @property
    def read(self) -> Convert | None:
        """From what arrived to the argument, or to a dict of them; None = it is one."""
        return self.input.read and functools.partial(_read, self.input.read)

    @property
    def write(self) -> Convert | None:
        """From an answer to what is sent; None = it is sent itself."""
        return self.output.write and functools.partial(_write, self.output.write)


def contract(
    function: Callable[..., Any],
    stream_type: StreamType | None = None,
    typed: bool = True,
    message: type[Any] | None = None,
) -> Contract:
    """Looks at the parameters of a handler and, where it is `typed`, at its hints.

    A request that is a Protobuf `message` is no matter of schemas.
    """
    parameters = _parameters(function)
    by_name = _takes_names(parameters)
    if not typed and not by_name:
        return Contract()
    hints = _hints(function) if typed else {}
    first = next(iter(parameters), "")
    taken, answered = _ends(hints.get(first, Any), hints.get("return", Any), stream_type)
    output = Derivation("serialization").shape(answered)
    if by_name:
        return Contract(_by_name(function, parameters, hints), output, by_name=True)
    return Contract(ANY if message else Derivation().shape(taken), output)


def _ends(taken: Any, returned: Any, stream_type: StreamType | None) -> tuple[Any, Any]:
    """The hints of what is taken and what is answered, by the kind of method."""
    if stream_type is None:
        return taken, returned
    is_stream = ServerStream in (taken, typing.get_origin(taken))
    sent, received = (
        typing.get_args(taken) if is_stream and taken is not ServerStream else (Any, Any)
    )
    if typing.get_origin(returned) in _ITEMS:
        received = typing.get_args(returned)[0]
    match stream_type:
        case StreamType.SERVER_STREAMING:
            return sent if is_stream else taken, received
        case StreamType.CLIENT_STREAMING:
            return sent, returned
        case _:
            return sent, received


def _by_name(
    function: Callable[..., Any], parameters: dict[str, Parameter], hints: dict[str, Any]
) -> Shape:
    if not parameters:
        return Shape(ANY.schema, lambda _: {})
    derivation, described = Derivation(), entries(function)
    fields = [
        records.field(
            name,
            derivation.shape(hints.get(name, Any)),
            records.NONE if parameter.default is Parameter.empty else parameter.default,
            described.get(name, ""),
            required=parameter.default is Parameter.empty,
        )
        for name, parameter in parameters.items()
        if parameter.kind in _NAMED
    ]
    takes_others = any(one.kind is Parameter.VAR_KEYWORD for one in parameters.values())
    read_members = records.members(fields, takes_others)
    return Shape(records.schema(fields), lambda value: read_members({} if value is None else value))


def _parameters(function: Callable[..., Any]) -> dict[str, Parameter]:
    try:
        own, wrapped = (
            dict(inspect.signature(function, follow_wrapped=follow).parameters)
            for follow in (False, True)
        )
    except (ValueError, TypeError):
        # Some that are written in C do not tell.
        return {"value": Parameter("value", Parameter.POSITIONAL_ONLY)}
    passes_on = own and all(parameter.kind in _PASSED_ON for parameter in own.values())
    return wrapped if passes_on else own


def _takes_names(parameters: dict[str, Parameter]) -> bool:
    """Whether a function has several parameters, one that has to be named, or none."""
    kinds = [parameter.kind for parameter in parameters.values()]
    if Parameter.POSITIONAL_ONLY in kinds or Parameter.VAR_POSITIONAL in kinds:
        return False
    if kinds.count(Parameter.POSITIONAL_OR_KEYWORD) != 1:
        return True
    return any(
        parameter.kind is Parameter.KEYWORD_ONLY and parameter.default is Parameter.empty
        for parameter in parameters.values()
    )


def _hints(function: Callable[..., Any]) -> dict[str, Any]:
    while isinstance(function, functools.partial):
        function = function.func
    if not inspect.isroutine(function):
        function = type(function).__call__
    try:
        return records.hints_of(function)
    except (InvalidArgument, TypeError) as error:
        # Hints may name what only type checkers see.
        logger.debug("no schemas are made of hints: %s", error)
        return {}


def _read(read: Convert, value: Any) -> Any:
    try:
        return read(value)
    except REFUSALS as error:
        raise misfit(error).refusal() from error


def _write(write: Convert, answer: Any) -> Any:
    try:
        return write(answer)
    except Error:
        raise
    except Exception as error:
        raise Internal(f"the handler's answer does not fit its type hint: {error}") from error
