"""The end of the interpreter: no thread of the library may be inside of Python code then."""

from __future__ import annotations

import atexit
import contextlib
import os
import threading
import time
import weakref
from typing import TYPE_CHECKING

from hmsffi import _native
from hmsffi.errors import Error

if TYPE_CHECKING:
    from hmsffi.server import Server

#: Seconds that handlers which run have to end.
DRAIN_SECONDS = 5.0
#: Seconds for threads that are about to enter.
_GRACE_SECONDS = 0.02

# Running servers live until they are stopped.
_running: set[Server] = set()
_streams: weakref.WeakSet[_native.Stream] = weakref.WeakSet()
_ever_started = False


def started(server: Server) -> None:
    """A server serves calls."""
    global _ever_started
    _ever_started = True
    _running.add(server)


def stopped(server: Server) -> None:
    """A server serves no more."""
    _running.discard(server)


def opened(stream: _native.Stream) -> None:
    """Somebody may wait for the other end of this stream."""
    _streams.add(stream)


def _at_exit() -> None:
    until = time.monotonic() + DRAIN_SECONDS
    for stream in list(_streams):
        with contextlib.suppress(Error):
            stream.cancel()
    for server in list(_running):
        with contextlib.suppress(Error):
            server.stop(max(0.0, until - time.monotonic()))
    others = _ever_started or threading.active_count() > 1
    _native.close_gate(max(0.0, until - time.monotonic()), _GRACE_SECONDS if others else 0.0)


def _in_child() -> None:
    # Its servers are those of the parent, whose threads it does not have.
    _running.clear()
    _streams.clear()
    _native.forget_parent()


def install() -> None:
    """Watches for the end from now on."""
    atexit.register(_at_exit)
    os.register_at_fork(after_in_child=_in_child)
