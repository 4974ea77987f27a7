"""What the exceptions of handlers become."""

from __future__ import annotations

import traceback
from typing import TYPE_CHECKING

from hmsffi.errors import Code, Error, stack_note
from hmsffi.logs import logger
from hmsffi.schemas import typed_errors

if TYPE_CHECKING:
    from hmsffi._native import ErrorHandle


def failure_of(
    error: BaseException,
) -> tuple[int, str, str, str, dict[str, str], ErrorHandle | None, str, bytes]:
    """How a handler's exception is answered.

    Code, message, source, stack, details, cause, and the id of the schema of its data with those.
    """
    nested = _nested(error)
    cause = nested._handle if nested else None
    stack = _stack(error, chain=nested is None)
    if isinstance(error, Error):
        details = {str(key): str(value) for key, value in error.details.items()}
        # One of a nested call was some other component's.
        source = "" if nested is error else error.source or ""
        return error.code, error.message, source, stack, details, cause, *_typed(error)
    text = str(error)
    name = type(error).__name__
    return Code.UNKNOWN, f"{name}: {text}" if text else name, "", stack, {}, cause, "", b""


def _typed(error: Error) -> tuple[str, bytes]:
    try:
        return typed_errors.payload(error)
    except Exception as why:
        # That there was a failure matters more than its data.
        logger.warning("%s is answered without its data: %s", type(error).__name__, why)
        return "", b""


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
        own = stack_note(error)
        shown.__notes__ = [note for note in getattr(error, "__notes__", []) if note != own]
    return "".join(shown.format(chain=chain)).rstrip("\n")
