"""Streams, seen from the caller and from the handler."""

from __future__ import annotations

import functools
import inspect
from collections.abc import AsyncIterator, Callable, Iterator
from typing import TYPE_CHECKING, Any, Generic, Self, TypeVar

from hmsffi import _native, shutdown
from hmsffi.errors import DeadlineExceeded, Error
from hmsffi.loops import running_queue
from hmsffi.model import StreamType
from hmsffi.schemas.typed_errors import ErrorType, adopt

if TYPE_CHECKING:
    from hmsffi.schemas.handlers import Contract

P = TypeVar("P")
R = TypeVar("R")

# States of the C ABI.
_ITEM, _PENDING = 1, 3


class Stream(Generic[P, R]):
    """The caller's end of a stream: it sends P and receives R.

    `ServiceClient.stream_call` gives one.
    Iterating receives until the other side ends. As a context manager it is torn down at the end of
    the block, unless the stream has ended.
    """

    #: From what arrives to messages, and back; None = they are the same.
    _read: Callable[[Any], Any] | None = None
    _write: Callable[[Any], Any] | None = None

    def __init__(self, native: _native.Stream, errors: dict[str, ErrorType] | None = None) -> None:
        self._native = native
        self._errors = errors or {}
        shutdown.opened(native)

    def send(self, data: P, timeout: float | None = None) -> None:
        """Sends a message. Waits while the other side lags behind, at most `timeout` seconds."""
        try:
            has_room = self._native.send(self._sent(data), timeout)
        except Error as error:
            adopt(error, self._errors)
            raise
        if not has_room:
            raise DeadlineExceeded(
                f"no room in the stream for {timeout} s; the other side lags behind"
            )

    def receive(self, timeout: float | None = None) -> R:
        """Receives a message, waiting at most `timeout` seconds.

        Raises `EOFError` when the other side sends nothing more, and the handler's error when it
        failed.
        """
        try:
            state, value = self._native.receive(timeout)
        except Error as error:
            adopt(error, self._errors)
            raise
        if state == _PENDING:
            raise DeadlineExceeded(f"nothing was received for {timeout} s")
        return self._item(state, value)

    async def async_send(self, data: P) -> None:
        """`send` for asyncio."""
        sent = self._sent(data)
        try:
            while not self._native.send(sent, 0):
                await self._ready(self._native.await_room)
        except Error as error:
            adopt(error, self._errors)
            raise

    async def async_receive(self) -> R:
        """`receive` for asyncio."""
        while True:
            try:
                state, value = self._native.receive(0)
            except Error as error:
                adopt(error, self._errors)
                raise
            if state != _PENDING:
                return self._item(state, value)
            await self._ready(self._native.await_item)

    def result(self) -> R:
        """Ends sending and gives the one answer of a client stream."""
        self.close()
        return self.receive()

    async def async_result(self) -> R:
        """`result` for asyncio."""
        self.close()
        return await self.async_receive()

    def close(self) -> None:
        """Nothing more from this end; receiving goes on. May be repeated."""
        self._native.finish()

    def cancel(self) -> None:
        """Tears the stream down: both ends get `Cancelled`."""
        self._native.cancel()

    @property
    def is_closed(self) -> bool:
        """Whether this end can neither send nor receive any more."""
        return self._native.closed

    def __iter__(self) -> Iterator[R]:
        while True:
            try:
                yield self.receive()
            except EOFError:
                return

    async def __aiter__(self) -> AsyncIterator[R]:
        while True:
            try:
                yield await self.async_receive()
            except EOFError:
                return

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._native.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        self._native.close()

    def _sent(self, data: P) -> Any:
        return data if self._write is None else self._write(data)

    def _item(self, state: int, value: Any) -> R:
        if state != _ITEM:
            raise EOFError("the other side of the stream sends nothing more")
        item: R = value if self._read is None else self._read(value)
        return item

    async def _ready(self, ask: Callable[[_native.Queue, int], None]) -> None:
        queue = running_queue()
        tag, future = queue.expect()
        try:
            ask(queue.native, tag)
            await future
        finally:
            queue.forget(tag)


class ServerStream(Stream[R, P], Generic[P, R]):
    """The handler's end of a stream: it sends R and receives P, as the caller's type says.

    The stream ends when the handler returns; what the handler of a client stream returns is its
    answer.
    """

    def __init__(
        self,
        call: _native.Call,
        message: type[Any] | None = None,
        request_message: type[Any] | None = None,
    ) -> None:
        super().__init__(call.stream(message))
        #: The call beside which the stream runs.
        self.call = call
        self._request_message = request_message
        self._read_request: Callable[[Any], Any] | None = None

    @functools.cached_property
    def request(self) -> Any:
        """What the caller gave when it opened the stream."""
        value = self.call.request(self._request_message)
        return value if self._read_request is None else self._read_request(value)


def is_asynchronous(function: Callable[..., Any]) -> bool:
    """Whether a handler runs on an asyncio loop."""
    return inspect.iscoroutinefunction(function) or inspect.isasyncgenfunction(function)


def stream_handler(
    function: Callable[..., Any],
    stream_type: StreamType,
    message: type[Any] | None,
    contract: Contract,
) -> Callable[[_native.Call], Any]:
    """Serves the calls of a stream method.

    A function takes the stream. A generator yields what is sent; that of a server stream takes the
    request instead of the stream.
    """
    takes_request = stream_type is StreamType.SERVER_STREAMING
    one_answer = stream_type is StreamType.CLIENT_STREAMING

    def opened(call: _native.Call) -> ServerStream[Any, Any]:
        stream = ServerStream[Any, Any](call, message, message if takes_request else None)
        stream._write = contract.write
        if takes_request:
            stream._read_request = contract.read
        else:
            stream._read = contract.read
        return stream

    def generated(stream: ServerStream[Any, Any]) -> Any:
        if not takes_request:
            return function(stream)
        return function(**stream.request) if contract.by_name else function(stream.request)

    def answer(result: Any) -> Any:
        if not one_answer:
            return b""
        return result if contract.write is None else contract.write(result)

    if inspect.isasyncgenfunction(function):

        async def serve_async_generator(call: _native.Call) -> Any:
            async with opened(call) as stream:
                async for item in generated(stream):
                    await stream.async_send(item)
                return b""

        return serve_async_generator

    if inspect.iscoroutinefunction(function):

        async def serve_coroutine(call: _native.Call) -> Any:
            async with opened(call) as stream:
                return answer(await function(stream))

        return serve_coroutine

    if inspect.isgeneratorfunction(function):

        def serve_generator(call: _native.Call) -> Any:
            with opened(call) as stream:
                for item in generated(stream):
                    stream.send(item)
                return b""

        return serve_generator

    def serve(call: _native.Call) -> Any:
        with opened(call) as stream:
            return answer(function(stream))

    return serve
