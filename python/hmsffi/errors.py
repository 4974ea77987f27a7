"""What goes wrong, in every language of the process the same 16 codes."""

from __future__ import annotations

import traceback
from enum import IntEnum
from typing import TYPE_CHECKING, Any, ClassVar

if TYPE_CHECKING:
    from hmsffi._native import ErrorHandle


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

    Attributes:
        code: why, as one of `Code`.
        message: what happened, for people.
        source: the component that failed, such as `greet.hello`.
        details: further details.
        stack: the stack of the handler that failed, as its language prints it.

    `__cause__` is the error behind this one, nearer to where the failure began.
    """

    def __init__(
        self,
        code: int,
        message: str,
        source: str | None = None,
        details: dict[str, str] | None = None,
    ) -> None:
        if code not in _CODES or code == Code.OK:
            raise ValueError(f"{code} is not the code of an error; see hmsffi.Code")
        self.code = Code(code)
        self.message = message
        self.source = source
        self.details = details or {}
        self.stack: str | None = None
        self._handle: ErrorHandle | None = None
        super().__init__(message)

    def __str__(self) -> str:
        return f"{self.code.name} ({self.code.value}): {self.message}"

    def __reduce__(self) -> tuple[Any, ...]:
        # The handle belongs to this process.
        state = {"stack": self.stack, "__notes__": getattr(self, "__notes__", [])}
        return _rebuilt, (type(self), self.code, self.message, self.source, self.details), state


class _OfCode(Error):
    """An error whose class says its code."""

    CODE: ClassVar[Code]

    def __init__(
        self, message: str, source: str | None = None, details: dict[str, str] | None = None
    ) -> None:
        super().__init__(self.CODE, message, source, details)


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


def _rebuilt(
    cls: type[Error], code: int, message: str, source: str | None, details: dict[str, str]
) -> Error:
    if issubclass(cls, _OfCode):
        return cls(message, source, details)
    return cls(code, message, source, details)


def from_native(
    code: int,
    message: str,
    source: str,
    stack: str,
    details: dict[str, str],
    cause: Error | None,
    handle: ErrorHandle,
) -> Error:
    """The exception for an error of the library."""
    error = _BY_CODE.get(code, Unknown)(message, source or None, details)
    error._handle = handle
    error.__cause__ = cause
    if stack:
        error.stack = stack
        error.add_note(_note(error))
    return error


def failure_of(
    error: BaseException,
) -> tuple[int, str, str, str, dict[str, str], ErrorHandle | None]:
    """How a handler's exception is answered: code, message, source, stack, details, cause."""
    nested = _nested(error)
    cause = nested._handle if nested else None
    stack = _stack(error, chain=nested is None)
    if isinstance(error, Error):
        details = {str(key): str(value) for key, value in error.details.items()}
        # One of a nested call was some other component's.
        source = "" if nested is error else error.source or ""
        return error.code, error.message, source, stack, details, cause
    text = str(error)
    name = type(error).__name__
    return Code.UNKNOWN, f"{name}: {text}" if text else name, "", stack, {}, cause


def _nested(error: BaseException) -> Error | None:
    """The error of a nested call that made the handler fail."""
    seen: set[int] = set()
    at: BaseException | None = error
    while at is not None and id(at) not in seen:
        seen.add(id(at))
        if isinstance(at, Error) and at._handle is not None:
            return at
        at = at.__cause__ or (None if at.__suppress_context__ else at.__context__)
    return None


def _stack(error: BaseException, chain: bool) -> str:
    # The stack of a nested call's handler travels with the cause.
    shown = traceback.TracebackException.from_exception(error, compact=True)
    if isinstance(error, Error) and error.stack:
        own = _note(error)
        shown.__notes__ = [note for note in getattr(error, "__notes__", []) if note != own]
    return "".join(shown.format(chain=chain)).rstrip("\n")


def _note(error: Error) -> str:
    return f"Stack of {error.source or 'the handler'}:\n{error.stack}"
