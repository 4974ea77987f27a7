"""The library's log lines, in `logging.getLogger("hmsffi")`."""

from __future__ import annotations

import logging

from hmsffi import _native
from hmsffi.model import LogLevel

logger = logging.getLogger("hmsffi")

# Numbers of the C ABI.
_ABI_LEVEL = {LogLevel.DEBUG: 1, LogLevel.INFO: 2, LogLevel.WARNING: 3, LogLevel.ERROR: 4}
_LEVEL = {1: logging.DEBUG, 2: logging.INFO, 3: logging.WARNING, 4: logging.ERROR}

_least = _ABI_LEVEL[LogLevel.INFO]


def emit(level: int, target: str, message: str) -> None:
    """Takes one line of the library."""
    logger.log(_LEVEL.get(level, logging.INFO), "%s", message, extra={"hms_target": target})


def install() -> None:
    """Sends the library's lines to `logging` from now on."""
    _native.set_log_sink(_least)


def ask_for(level: LogLevel) -> None:
    """Lets lines of this level pass, whatever less talkative clients and servers ask for."""
    global _least
    if _ABI_LEVEL[level] < _least:
        _least = _ABI_LEVEL[level]
        install()
