"""asyncio loops: one queue of completions for each, drained by the loop itself."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import sys
import threading
import weakref
from collections.abc import AsyncGenerator, Callable, Coroutine
from contextvars import Context, ContextVar, copy_context
from typing import Any

from hmsffi import _native
from hmsffi.errors import Cancelled

# Completion kinds of the C ABI.
_CALL, _REQUEST, _CANCELLED = 1, 3, 4

# How long the loop looks for the answers of calls that it has just begun, before it sleeps. Many
# come sooner than a sleeping loop would wake.
_LINGER_NS = 5_000

running_call: ContextVar[_native.Call | None] = ContextVar("hmsffi_running_call", default=None)

Serve = Callable[[_native.Call], Coroutine[Any, Any, Any]]


class LoopQueue:
    """Brings completions of the library to an asyncio loop."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.native = _native.Queue()
        self._loop = weakref.ref(loop)
        self._fd = self.native.fd()
        self._tags = itertools.count(1)
        self._waiting: dict[int, asyncio.Future[Any]] = {}
        self._methods: dict[int, Serve] = {}
        self._tasks: dict[int, asyncio.Task[None]] = {}
        self._lingers = False
        loop.add_reader(self._fd, self._drain)

    def expect(self) -> tuple[int, asyncio.Future[Any]]:
        """A tag, and the future that its completion settles."""
        loop = asyncio.get_running_loop()
        tag, future = next(self._tags), loop.create_future()
        self._waiting[tag] = future
        if not self._lingers:
            self._lingers = True
            loop.call_soon(self._linger)
        return tag, future

    def forget(self, tag: int) -> None:
        """Nobody waits for this completion any more."""
        self._waiting.pop(tag, None)

    def add_method(self, serve: Serve) -> int:
        """The tag under which calls of a method will arrive."""
        tag = next(self._tags)
        self._methods[tag] = serve
        return tag

    def start(self) -> None:
        """Makes the library know which thread drains the queue; to be called on it."""
        self._drain()

    def close(self) -> None:
        """Fails what waits; calls that come are UNAVAILABLE from now on."""
        loop = self._loop()
        if loop is not None and not loop.is_closed():
            loop.remove_reader(self._fd)
        self._waiting.clear()
        self.native.close()

    def _linger(self) -> None:
        self._lingers = False
        if self._waiting:
            self._drain(_LINGER_NS)

    def _drain(self, timeout_ns: int = 0) -> None:
        for kind, tag, result, metadata in self.native.drain(timeout_ns):
            if kind == _REQUEST:
                self._serve(self._methods[tag], result)
            elif kind == _CANCELLED:
                if task := self._tasks.get(result):
                    task.cancel()
            elif (future := self._waiting.pop(tag, None)) and not future.done():
                if kind == _CALL and isinstance(result, BaseException):
                    future.set_exception(result)
                else:
                    future.set_result((result, metadata))

    def _serve(self, serve: Serve, call: _native.Call) -> None:
        context = copy_context()
        context.run(running_call.set, call)
        task = _start(_answer(serve, call), context)
        if not task.done():
            self._tasks[call.id] = task
            task.add_done_callback(lambda ended: self._ended(ended, call))

    def _ended(self, task: asyncio.Task[None], call: _native.Call) -> None:
        self._tasks.pop(call.id, None)
        if task.cancelled():
            # Before its first step, so that nobody answered.
            call.fail(Cancelled("the handler was cancelled before it began"))


async def _answer(serve: Serve, call: _native.Call) -> None:
    try:
        call.reply(await serve(call))
    except asyncio.CancelledError:
        call.fail(Cancelled("the handler was cancelled"))
    except Exception as error:
        call.fail(error)


def _start(coroutine: Coroutine[Any, Any, None], context: Context) -> asyncio.Task[None]:
    loop = asyncio.get_running_loop()
    if sys.version_info >= (3, 12):
        # Saves a turn of the loop.
        return asyncio.Task(coroutine, loop=loop, context=context, eager_start=True)
    return loop.create_task(coroutine, context=context)


_queues: weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, LoopQueue] = (
    weakref.WeakKeyDictionary()
)
_guards: weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, AsyncGenerator[None, None]] = (
    weakref.WeakKeyDictionary()
)


def running_queue() -> LoopQueue:
    """The queue of the running loop. It lives until `asyncio.run` ends, or until the loop goes."""
    loop = asyncio.get_running_loop()
    queue = _queues.get(loop)
    if queue is None:
        queue = _queues[loop] = LoopQueue(loop)
        queue.start()
        _close_with_loop(loop, queue)
    return queue


def has_running_loop() -> bool:
    """Whether this thread runs a loop right now."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True


def _close_with_loop(loop: asyncio.AbstractEventLoop, queue: LoopQueue) -> None:
    async def guard() -> AsyncGenerator[None, None]:
        try:
            yield
        finally:
            _queues.pop(loop, None)
            queue.close()

    # A loop has one thing that it closes for others before it ends: asynchronous generators that
    # were begun on it.
    begun = _guards[loop] = guard()
    step = begun.__anext__()
    with contextlib.suppress(StopIteration):
        step.send(None)
    weakref.finalize(loop, queue.native.close)


class LoopThread:
    """A thread that runs a loop for the coroutine handlers of a server."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._loop = asyncio.new_event_loop()
        self._thread: threading.Thread | None = None
        self.queue = LoopQueue(self._loop)

    def start(self) -> None:
        """Runs the loop from now on."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name=self._name, daemon=True)
            self._thread.start()

    def stop(self) -> None:
        """Cancels what runs and ends the thread. It can be started again."""
        thread, self._thread = self._thread, None
        if thread is None or not thread.is_alive() or thread is threading.current_thread():
            return
        self._loop.call_soon_threadsafe(self._loop.stop)
        thread.join(timeout=_STOP_SECONDS)

    def close(self) -> None:
        """Ends the thread and the loop."""
        self.stop()
        self.queue.close()
        if not self._loop.is_running():
            self._loop.close()

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.call_soon(self.queue.start)
        self._loop.run_forever()
        tasks = asyncio.all_tasks(self._loop)
        for task in tasks:
            task.cancel()
        if tasks:
            self._loop.run_until_complete(asyncio.wait(tasks, timeout=_STOP_SECONDS))
        self._loop.run_until_complete(self._loop.shutdown_asyncgens())


_STOP_SECONDS = 1.0
