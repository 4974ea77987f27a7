"""What goes wrong, in every language of the process the same 16 codes."""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING, Any, ClassVar, Self

if TYPE_CHECKING:
    from hmsffi._native import Buffer, ErrorHandle


class Code(IntEnum):
    """Status codes of the specification."""

    OK = 0
    CANCELLED = 1
    UNKNOWN = 2
    INVALID_ARGUMENT = 3
    DEADLINE_EXCEEDED = 4
    NOT_FOUND = 5
    ALREADY_EXISTS = 6
    PERMISSION_DENIED = 7
    RESOURCE_EXHAUSTED = 8
    FAILED_PRECONDITION = 9
    ABORTED = 10
    OUT_OF_RANGE = 11
    UNIMPLEMENTED = 12
    INTERNAL = 13
    UNAVAILABLE = 14
    DATA_LOSS = 15
    UNAUTHENTICATED = 16


class Error(Exception):
    """A failed call, or a failed function of this package.

    A handler raises one, or rather one of its subclasses, to answer with that code; any other
    exception of a handler arrives as `Unknown`.

    A subclass may say which data it has, as a dataclass whose fields they are, or by an annotation
    `data` of any type. Handlers name such classes in `errors` of `hmsffi.method`, callers in
    `errors` of `Client.get_service`:

        @dataclass
        class OutOfStock(hmsffi.FailedPrecondition):
            left: int

    Attributes:
        code: why, as one of `Code`.
        message: what happened, for people.
        source: the component that failed, such as `greet.hello`.
        details: further details.
        schema: id of the schema of its data; None = it has none, or none that can be read.
        data: as they came, unless the class says their type.
        stack: the stack of the handler that failed, as its language prints it.

    `__cause__` is the error behind this one, nearer to where the failure began.
    """

    schema: str | None = None
    data: Any = None

    def __new__(cls, *args: Any, **_: Any) -> Self:
        # The `__init__` of a dataclass sets its fields only.
        error = super().__new__(cls, *args)
        error._message = None
        error.source = None
        error.details = {}
        error.stack = None
        error._handle = None
        return error

    def __init__(
        self,
        code: int,
        message: str,
        source: str | None = None,
        details: dict[str, str] | None = None,
        *,
        schema: str | None = None,
        data: Any = None,
    ) -> None:
        if code not in _CODES or code == Code.OK:
            raise ValueError(f"{code} is not the code of an error; see hmsffi.Code")
        self.code = Code(code)
        self._message: str | None = message
        self.source: str | None = source
        self.details: dict[str, str] = details or {}
        if schema is not None:
            self.schema = schema
        if data is not None:
            self.data = data
        self.stack: str | None
        self._handle: ErrorHandle | None
        super().__init__(message)

    @property
    def message(self) -> str:
        """What happened; of a dataclass what its `__str__` says, or else its fields."""
        if self._message is not None:
            return self._message
        return repr(self) if type(self).__str__ is Error.__str__ else str(self)

    @message.setter
    def message(self, message: str) -> None:
        self._message = message

    def __str__(self) -> str:
        return f"{self.code.name} ({self.code.value}): {self.message}"

    def __reduce__(self) -> tuple[Any, ...]:
        # The handle belongs to this process.
        return _rebuilt, (_parts(type(self)), self.args), {**vars(self), "_handle": None}


class _OfCode(Error):
    """An error whose class says its code."""

    CODE: ClassVar[Code]

    def __new__(cls, *args: Any, **_: Any) -> Self:
        error = super().__new__(cls, *args)
        error.code = cls.CODE
        return error

    def __init__(
        self,
        message: str,
        source: str | None = None,
        details: dict[str, str] | None = None,
        *,
        schema: str | None = None,
        data: Any = None,
    ) -> None:
        super().__init__(self.CODE, message, source, details, schema=schema, data=data)


class Cancelled(_OfCode):
    """The operation was cancelled."""

    CODE = Code.CANCELLED


class Unknown(_OfCode):
    """The handler raised an exception without a code of its own."""

    CODE = Code.UNKNOWN


class InvalidArgument(_OfCode):
    """An argument is wrong."""

    CODE = Code.INVALID_ARGUMENT


class DeadlineExceeded(_OfCode):
    """The deadline passed first."""

    CODE = Code.DEADLINE_EXCEEDED


class NotFound(_OfCode):
    """No such service, method or call."""

    CODE = Code.NOT_FOUND


class AlreadyExists(_OfCode):
    """The thing to be created exists."""

    CODE = Code.ALREADY_EXISTS


class PermissionDenied(_OfCode):
    """The caller may not do this."""

    CODE = Code.PERMISSION_DENIED


class ResourceExhausted(_OfCode):
    """A limit was reached."""

    CODE = Code.RESOURCE_EXHAUSTED


class FailedPrecondition(_OfCode):
    """Not in the state that the operation needs: something closed, a forked process."""

    CODE = Code.FAILED_PRECONDITION


class Aborted(_OfCode):
    """Given up, for example because the call would wait for itself."""

    CODE = Code.ABORTED


class OutOfRange(_OfCode):
    """Past the valid range."""

    CODE = Code.OUT_OF_RANGE


class Unimplemented(_OfCode):
    """Not implemented, or not by this version."""

    CODE = Code.UNIMPLEMENTED


class Internal(_OfCode):
    """A bug: a panic, a call without an answer, an answer that cannot be sent."""

    CODE = Code.INTERNAL


class Unavailable(_OfCode):
    """The service cannot be reached now."""

    CODE = Code.UNAVAILABLE


class DataLoss(_OfCode):
    """Data was lost or damaged."""

    CODE = Code.DATA_LOSS


class Unauthenticated(_OfCode):
    """No valid credentials."""

    CODE = Code.UNAUTHENTICATED


_CODES = frozenset(Code)
_BY_CODE: dict[int, type[_OfCode]] = {each.CODE: each for each in _OfCode.__subclasses__()}


_joined: dict[tuple[type[Error], type[Error]], type[Error]] = {}


def joined(declared: type[Error], ordinary: type[Error]) -> type[Error]:
    """A class of both, so that either catches what arrives."""
    if issubclass(declared, ordinary):
        return declared
    parts = declared, ordinary
    if parts not in _joined:
        same = ("__module__", "__qualname__", "__doc__")
        members = {name: getattr(declared, name) for name in same}
        _joined[parts] = type(declared.__name__, parts, {**members, "_parts": parts})
    return _joined[parts]


def _parts(cls: type[Error]) -> tuple[type[Error], ...]:
    """What a class was joined of; the class itself where it was not."""
    parts: tuple[type[Error], ...] = vars(cls).get("_parts", (cls,))
    return parts


def _rebuilt(parts: tuple[type[Error], ...], args: tuple[Any, ...]) -> Error:
    cls = parts[0] if len(parts) == 1 else joined(*parts)
    error = cls.__new__(cls)
    error.args = args
    return error


def from_native(
    code: int,
    message: str,
    source: str,
    stack: str,
    details: dict[str, str],
    cause: Error | None,
    handle: ErrorHandle,
    schema: str,
    data: Buffer | None,
) -> Error:
    """The exception for an error of the library."""
    error = _BY_CODE.get(code, Unknown)(message, source or None, details)
    error._handle = handle
    error.__cause__ = cause
    if stack:
        error.stack = stack
        error.add_note(stack_note(error))
    if data is not None:
        try:
            error.data = data.value()
            error.schema = schema
        except Error as why:
            error.add_note(f"Its data, {schema}, cannot be read: {why.message}")
    return error


def stack_note(error: Error) -> str:
    """What a traceback shows of the handler's stack."""
    return f"Stack of {error.source or 'the handler'}:\n{error.stack}"
