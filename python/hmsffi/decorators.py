"""Decorators that make a service of a class."""

from __future__ import annotations

import abc
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from hmsffi.errors import Error
from hmsffi.model import MethodInfo, ServiceInfo, StreamType
from hmsffi.schemas.docstrings import summary
from hmsffi.schemas.exchange import Schema

C = TypeVar("C", bound=type)
F = TypeVar("F", bound=Callable[..., Any])

MARK = "__hmsffi_method__"


@dataclass(frozen=True)
class MethodOptions:
    """What a method is, beside its function."""

    name: str
    description: str = ""
    metadata: dict[str, str] = field(default_factory=dict)
    stream_type: StreamType | None = None
    timeout: float | None = None
    pool: bool = False
    idempotent: bool = False
    leaf: bool = False
    raw: bool = False
    view: bool = False
    request_type: type[Any] | None = None
    typed: bool = True
    input_schema: Schema | None = None
    output_schema: Schema | None = None
    error_schemas: Sequence[Schema] = ()
    errors: Sequence[type[Error]] = ()


def method(
    name: str | None = None,
    description: str | None = None,
    metadata: dict[str, str] | None = None,
    *,
    timeout: float | None = None,
    pool: bool = False,
    idempotent: bool = False,
    leaf: bool = False,
    raw: bool = False,
    view: bool = False,
    request_type: type[Any] | None = None,
    typed: bool = True,
    input_schema: Schema | None = None,
    output_schema: Schema | None = None,
    error_schemas: Sequence[Schema] = (),
    errors: Sequence[type[Error]] = (),
) -> Callable[[F], F]:
    """Makes a function of a class, plain or a coroutine, a method of its service.

    A function with one parameter takes what callers send. One with several, or with a `*` before
    the first, takes the members of the object that callers send by their names; one without any
    takes nothing of it.

    Args:
        name: the function's by default.
        description: for people; the first line of the docstring by default.
        metadata: labels.
        timeout: seconds for a call; the server's by default.
        pool: calls run on a handler thread instead of their caller's.
        idempotent: a call may be repeated after a failure.
        leaf: short, and never calls back.
        raw: the function takes the request's bytes whatever they are; bytes that it returns keep
            the request's content type.
        view: a request of bytes comes as a `memoryview`, which may be kept. What is large and came
            from another process of this machine is not copied.
        request_type: class of a Protobuf request.
        typed: the function's type hints are its schemas, unless others are given, and what arrives
            becomes what its hints name: a dataclass, an `Enum`, a pydantic model; so do answers on
            their way back. False = the function gets what arrived.
        input_schema: what callers send. What does not fit is `InvalidArgument`, and the function
            does not see it; what is left out and has a default is put in.
        output_schema: what the function answers; checked where the service has the label
            `hms.validate` = `always`.
        error_schemas: errors with data, each with the id by which the error names it.
        errors: the same as classes of errors whose data are their schemas; see `Error`.
    """

    def decorate(function: F) -> F:
        options = MethodOptions(
            name or function.__name__,
            _description(description, function),
            metadata or {},
            timeout=timeout,
            pool=pool,
            idempotent=idempotent,
            leaf=leaf,
            raw=raw,
            view=view,
            request_type=request_type,
            typed=typed,
            input_schema=input_schema,
            output_schema=output_schema,
            error_schemas=error_schemas,
            errors=errors,
        )
        setattr(function, MARK, options)
        return function

    return decorate


def stream_method(
    name: str | None = None,
    description: str | None = None,
    stream_type: StreamType = StreamType.BIDIRECTIONAL,
    metadata: dict[str, str] | None = None,
    *,
    timeout: float | None = None,
    request_type: type[Any] | None = None,
    typed: bool = True,
    input_schema: Schema | None = None,
    output_schema: Schema | None = None,
    error_schemas: Sequence[Schema] = (),
    errors: Sequence[type[Error]] = (),
) -> Callable[[F], F]:
    """Makes a function of a class a streaming method of its service.

    A function, plain or a coroutine, takes a `ServerStream`; what that of a client stream returns
    is the answer. A generator, plain or asynchronous, yields what is sent; that of a server stream
    takes the request instead of the stream. `request_type` is the class of Protobuf messages from
    the caller. Hints and schemas are as for `method`, those of a stream in `ServerStream[P, R]` and
    `Iterator[R]`; those of a side that sends messages are of each message.
    """

    def decorate(function: F) -> F:
        options = MethodOptions(
            name or function.__name__,
            _description(description, function),
            metadata or {},
            stream_type=stream_type,
            timeout=timeout,
            request_type=request_type,
            typed=typed,
            input_schema=input_schema,
            output_schema=output_schema,
            error_schemas=error_schemas,
            errors=errors,
        )
        setattr(function, MARK, options)
        return function

    return decorate


def service(
    id: str,
    name: str | None = None,
    description: str | None = None,
    version: str = "1.0.0",
    metadata: dict[str, str] | None = None,
) -> Callable[[C], C]:
    """Makes a class a service: its instances can be given to `Server.register_service`.

    Args:
        id: what callers ask for.
        name: for people; the class's by default.
        description: for people; the first line of the docstring by default.
        version: a semantic version.
        metadata: labels.
    """

    def decorate(cls: C) -> C:
        from hmsffi.server import ServiceHandler

        info = ServiceInfo(
            id=id,
            name=name or cls.__name__,
            description=_description(description, cls),
            version=version,
            methods=[_info(options) for _, options in marked(cls)],
            metadata=metadata or {},
        )
        cls.service_info = info  # type: ignore[attr-defined]
        abc.update_abstractmethods(cls)
        ServiceHandler.register(cls)
        return cls

    return decorate


def marked(cls: type) -> list[tuple[str, MethodOptions]]:
    """The attributes of a class that are methods of its service."""
    found = {}
    for base in reversed(cls.__mro__):
        for attribute, function in vars(base).items():
            options = getattr(function, MARK, None)
            if isinstance(options, MethodOptions):
                found[attribute] = options
            else:
                # Overridden without the decorator: a method no more.
                found.pop(attribute, None)
    return list(found.items())


def _info(options: MethodOptions) -> MethodInfo:
    return MethodInfo(
        name=options.name,
        description=options.description,
        is_streaming=options.stream_type is not None,
        stream_type=options.stream_type or StreamType.UNKNOWN,
        metadata=options.metadata,
    )


def _description(given: str | None, documented: Any) -> str:
    return summary(documented) if given is None else given
