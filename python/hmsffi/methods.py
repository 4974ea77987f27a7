"""Methods of a service as functions, by its definition: `service.hello(name="Ada")`."""

from __future__ import annotations

import json
import keyword
from collections.abc import Callable
from inspect import Parameter, Signature
from typing import TYPE_CHECKING, Any

from hmsffi import cbor
from hmsffi.errors import Error, NotFound
from hmsffi.model import StreamType
from hmsffi.schemas.hints import SchemaType, hint
from hmsffi.schemas.plain import plain
from hmsffi.streams import Stream

if TYPE_CHECKING:
    from hmsffi.client import ServiceClient

Definition = dict[str, Any]

_REGISTRY = "hms.ffi.v1.ServiceRegistry"
_MEMBERS = (SchemaType.OBJECT, SchemaType.MAP)


class UnknownMethod(NotFound, AttributeError):
    """A service has no method of that name, or is not there itself."""


class Methods:
    """The methods of one service as attributes, which `dir` and `help` show.

    A method takes the members of an object by their names, or one value of any kind. Where it has a
    schema, instances of dataclasses and pydantic models, enums, dates and their like travel as a
    handler with such hints takes them.
    """

    def __init__(self, service: ServiceClient, asynchronous: bool) -> None:
        self._service = service
        self._asynchronous = asynchronous

    def __getattr__(self, name: str) -> Callable[..., Any]:
        # What looks into objects asks for all kinds of names.
        if name.startswith("_"):
            raise AttributeError(f"{type(self).__name__} has no attribute {name!r}")
        function = _function(self._service, self._definition(name), self._asynchronous)
        # From now on it is found without asking.
        setattr(self, name, function)
        return function

    def __dir__(self) -> list[str]:
        try:
            return sorted(_definitions(self._service))
        except Error:
            # Whoever only looks is not to be disturbed.
            return []

    def __repr__(self) -> str:
        return f"<methods of {self._service.service_id}>"

    def _definition(self, name: str) -> Definition:
        if definition := _definitions(self._service).get(name):
            return definition
        try:
            # Looks among the other processes too, and says what there is.
            self._service.bind(name)
        except NotFound as error:
            raise UnknownMethod(error.message, error.source, error.details) from None
        if definition := _definitions(self._service).get(name):
            return definition
        raise UnknownMethod(
            f"{self._service.service_id}.{name} was there a moment ago, and has gone"
        )


def _definitions(service: ServiceClient) -> dict[str, Definition]:
    """The methods of a service by their names; none where the service is not there."""
    registry = type(service)(_REGISTRY, service._client)
    answer = registry.call("GetService", {"service_id": service.service_id})
    found = answer["service"] or {"methods": []}
    return {method["name"]: method for method in found["methods"]}


def _function(service: ServiceClient, method: Definition, asynchronous: bool) -> Callable[..., Any]:
    name, schema = method["name"], method["input_schema"]
    takes_members = schema is not None and schema["type"] in _MEMBERS
    sends_messages = method["stream_type"] in (
        StreamType.CLIENT_STREAMING.value,
        StreamType.BIDIRECTIONAL.value,
    )

    # Without a schema nobody could tell a date from text.
    sent = plain if schema else _same

    def params(values: tuple[Any, ...], members: dict[str, Any]) -> Any:
        if len(values) + bool(members) > 1:
            raise TypeError(f"{name}() takes one value, or the members of an object by their names")
        if values:
            return sent(values[0])
        if members or (takes_members and not sends_messages):
            return sent(members)
        return None

    def stream(*values: Any, **members: Any) -> Stream[Any, Any]:
        opened = service.stream_call(name, params(values, members))
        opened._write = sent
        return opened

    async def awaited(*values: Any, **members: Any) -> Any:
        return await service.async_call(name, params(values, members))

    def called(*values: Any, **members: Any) -> Any:
        return service.call(name, params(values, members))

    unary: Callable[..., Any] = awaited if asynchronous else called
    function: Any = stream if method["is_streaming"] else unary
    function.__name__, function.__qualname__ = name, f"{service.service_id}.{name}"
    function.__doc__ = _documentation(method)
    function.__signature__ = _signature(method, sends_messages)
    named: Callable[..., Any] = function
    return named


def _signature(method: Definition, sends_messages: bool) -> Signature:
    schema, answer = method["input_schema"], hint(method["output_schema"])
    if method["is_streaming"]:
        answer = Stream[hint(schema) if sends_messages else Any, answer]  # type: ignore[misc]
    if sends_messages:
        return Signature(return_annotation=answer)
    if schema is not None and schema["type"] == SchemaType.OBJECT:
        fields = sorted(schema["fields"], key=lambda field: not field["required"])
        parameters = [
            Parameter(
                field["name"],
                Parameter.KEYWORD_ONLY,
                default=Parameter.empty if field["required"] else _default(field),
                annotation=hint(field["schema"]),
            )
            for field in fields
            # Others are members of an object that is given as it is.
            if field["name"].isidentifier() and not keyword.iskeyword(field["name"])
        ]
    else:
        default = Parameter.empty if schema else None
        kind = Parameter.POSITIONAL_ONLY
        parameters = [Parameter("value", kind, default=default, annotation=hint(schema))]
    return Signature(parameters, return_annotation=answer)


class _LeftOut:
    """The default of a field that its service gives."""

    def __repr__(self) -> str:
        return "..."


def _default(field: Definition) -> Any:
    """What the service puts in, as far as it says so."""
    given = field["default_value"]
    if given is None:
        return _LeftOut()
    try:
        return json.loads(given)
    except ValueError:
        return cbor.loads(given)


def _documentation(method: Definition) -> str:
    schema = method["input_schema"] or {"description": "", "fields": []}
    described = [
        f"    {field['name']}: {field['description'] or field['schema']['description']}"
        for field in schema["fields"]
        if field["description"] or field["schema"]["description"]
    ]
    parts = [method["description"] or schema["description"]]
    if described:
        parts.append("\n".join(["Args:", *described]))
    return "\n\n".join(filter(None, parts))


def _same(value: Any) -> Any:
    return value
