"""Calling services."""

from __future__ import annotations

import asyncio
import copy
import functools
import os
from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path
from typing import Any, Generic, Literal, Self, TypeVar

from hmsffi import _native, logs
from hmsffi.discovery import ServiceWatch, service_info
from hmsffi.errors import DeadlineExceeded, Error, InvalidArgument
from hmsffi.loops import has_running_loop, running_queue
from hmsffi.methods import Methods
from hmsffi.model import (
    CallReport,
    CallStatus,
    LogLevel,
    ServiceInfo,
    TransportType,
)
from hmsffi.schemas.exchange import Schema, serialized
from hmsffi.schemas.typed_errors import ErrorType, adopt, declared
from hmsffi.streams import Stream
from hmsffi.transports import ways

R = TypeVar("R")

_REGISTRY = "hms.ffi.v1.ServiceRegistry"
_BINDINGS = {"loose": 1, "strict": 2}


class AsyncCall(Generic[R]):
    """A call that runs, or that ended up to 5 minutes ago.

    Its id is valid in every language of the process.

    `ServiceClient.call_async` gives one; `Client.get_call` finds one by its id.
    """

    def __init__(
        self,
        client: _native.Client,
        call_id: str,
        response_type: type[Any] | None = None,
        errors: dict[str, ErrorType] | None = None,
    ) -> None:
        self.call_id = call_id
        self._errors = errors or {}
        self._client = client
        self._response_type = response_type
        #: Metadata of the answer, once the result was read.
        self.response_metadata: dict[str, str] = {}
        self._future: asyncio.Future[Any] | None = None

    def result(self, timeout: float | None = None) -> R:
        """Waits for the answer, at most `timeout` seconds. May be asked again.

        Raises the error of the call when it failed, `DeadlineExceeded` when it still runs.
        """
        try:
            ended = self._client.async_result(self.call_id, timeout)
        except Error as error:
            adopt(error, self._errors)
            raise
        if ended is None:
            raise DeadlineExceeded(f"call {self.call_id} still runs after {timeout} s; ask again")
        return self._read(*ended)

    async def async_result(self, timeout: float | None = None) -> R:
        """`result` for asyncio."""
        try:
            async with asyncio.timeout(timeout):
                return self._read(*await self._ended())
        except TimeoutError:
            raise DeadlineExceeded(
                f"call {self.call_id} still runs after {timeout} s; ask again"
            ) from None
        except Error as error:
            adopt(error, self._errors)
            raise

    def cancel(self) -> bool:
        """Cancels the call; False when it had ended before."""
        return self._client.async_cancel(self.call_id)

    @property
    def status(self) -> CallStatus:
        """Where the call stands."""
        return CallStatus(self._client.async_status(self.call_id))

    async def _ended(self) -> tuple[_native.Buffer, dict[str, str]]:
        if self._future is not None and self._future.get_loop() is asyncio.get_running_loop():
            ended: tuple[_native.Buffer, dict[str, str]] = await asyncio.shield(self._future)
            return ended
        # Begun outside of this loop, whose queue does not hear of it.
        pause = 0.001
        while True:
            polled = self._client.async_result(self.call_id, 0)
            if polled is not None:
                return polled
            await asyncio.sleep(pause)
            pause = min(2 * pause, 0.05)

    def _read(self, answer: _native.Buffer, metadata: dict[str, str]) -> R:
        self.response_metadata = metadata
        value: R = answer.value(self._response_type)
        return value


class ServiceClient:
    """Calls the methods of one service. `Client.get_service` gives one.

    Its methods are attributes too: `service.hello(name="Ada")` calls `hello` with an object, and
    `service.add([1, 2])` calls `add` with a value; a stream method gives a `Stream`. `dir(service)`
    and `help(service.hello)` tell what the service says of itself. One that is not there is
    `NotFound`, and an `AttributeError`. A method with the name of one of these functions is called
    by `call`, which also has the options.

    Timeouts are in seconds. One that is given is kept: the caller returns in time whatever the
    handler does. `metadata` goes with the request; `response_metadata` is a dict that is filled
    with the metadata of the answer; `response_type` is the class of a Protobuf answer.
    """

    def __init__(
        self,
        service_id: str,
        client: _native.Client,
        expected: tuple[bytes, int] = (b"", 0),
        errors: dict[str, ErrorType] | None = None,
    ) -> None:
        self.service_id = service_id
        self._client = client
        self._expected = expected
        self._errors = errors or {}
        self._methods: dict[str | tuple[str, type[Any]], _native.Method] = {}

    @functools.cached_property
    def asyncio(self) -> Methods:
        """The methods for asyncio: `await service.asyncio.hello(name="Ada")`."""
        return Methods(copy.copy(self), asynchronous=True)

    @functools.cached_property
    def _by_attribute(self) -> Methods:
        # Of a copy, so that no circle of references keeps the client open.
        return Methods(copy.copy(self), asynchronous=False)

    def __getattr__(self, name: str) -> Callable[..., Any]:
        if name.startswith("_"):
            raise AttributeError(f"{type(self).__name__} has no attribute {name!r}")
        function: Callable[..., Any] = getattr(self._by_attribute, name)
        setattr(self, name, function)
        return function

    def __dir__(self) -> list[str]:
        return sorted({*super().__dir__(), *dir(self._by_attribute)})

    def bind(
        self, method: str, *, response_type: type[Any] | None = None, view: bool = False
    ) -> _native.Method:
        """Resolves a method once. Calling what this returns is the fastest way to call.

        With `view` an answer of bytes comes as a `memoryview` of the library's memory, without a
        copy. Errors have the classes of their codes, with `schema` and `data`.
        """
        return self._client.bind(self.service_id, method, response_type, view, self._expected)

    def loan(self, method: str, size: int) -> _native.Loan:
        """Memory of `size` bytes for a request: fill it, for example through `numpy.frombuffer`.

        Then call the method with it, or with a part of `memoryview(loan)`. A service in another
        process of this machine gets it without a copy. Take a new one for each request, and do not
        write to one that was sent.
        """
        return self._bound(method, None).loan(size)

    def call(
        self,
        method: str,
        params: Any = None,
        *,
        timeout: float | None = None,
        metadata: Mapping[str, str] | None = None,
        response_metadata: dict[str, str] | None = None,
        response_type: type[Any] | None = None,
        transport: TransportType | None = None,
        forbid: Collection[TransportType] = (),
        report: CallReport | None = None,
    ) -> Any:
        """Calls a method and waits for the answer.

        `transport` is the way that the call must take, `forbid` are those that it must not. The
        `report` is told which it took.
        """
        # Looked up here: what `_bound` and the keywords cost exceeds what the library does.
        bound = self._methods.get(method if response_type is None else (method, response_type))
        bound = bound or self._bound(method, response_type)
        plain = timeout is None and metadata is None and response_metadata is None
        try:
            if plain and transport is None and not forbid and report is None:
                return bound(params)
            return bound(
                params,
                timeout=timeout,
                metadata=metadata,
                response_metadata=response_metadata,
                ways=ways(transport, forbid),
                report=report,
            )
        except Error as error:
            adopt(error, self._errors)
            raise

    def call_async(
        self,
        method: str,
        params: Any = None,
        *,
        timeout: float | None = None,
        metadata: Mapping[str, str] | None = None,
        response_type: type[Any] | None = None,
        transport: TransportType | None = None,
        forbid: Collection[TransportType] = (),
    ) -> AsyncCall[Any]:
        """Starts a call and returns at once. `async_call` is a coroutine that waits for it."""
        bound = self._bound(method, response_type)
        if not has_running_loop():
            call_id = bound.submit(params, timeout, metadata, ways=ways(transport, forbid))
            return AsyncCall(self._client, call_id, response_type, self._errors)
        queue = running_queue()
        tag, future = queue.expect()
        try:
            call_id = bound.submit(
                params, timeout, metadata, queue.native, tag, ways(transport, forbid)
            )
        except BaseException:
            queue.forget(tag)
            raise
        # Who does not ask for the result need not be told of its failure.
        future.add_done_callback(lambda ended: ended.cancelled() or ended.exception())
        call: AsyncCall[Any] = AsyncCall(self._client, call_id, response_type, self._errors)
        call._future = future
        return call

    async def async_call(
        self,
        method: str,
        params: Any = None,
        *,
        timeout: float | None = None,
        metadata: Mapping[str, str] | None = None,
        response_metadata: dict[str, str] | None = None,
        response_type: type[Any] | None = None,
        transport: TransportType | None = None,
        forbid: Collection[TransportType] = (),
    ) -> Any:
        """Calls a method from asyncio. When the task is cancelled, so is the call.

        `call_async` starts a call without waiting for it.
        """
        bound, queue = self._bound(method, response_type), running_queue()
        tag, future = queue.expect()
        try:
            call_id = bound.submit(
                params, timeout, metadata, queue.native, tag, ways(transport, forbid)
            )
            try:
                answer, received = await future
            except asyncio.CancelledError:
                self._client.async_cancel(call_id)
                raise
            except Error as error:
                adopt(error, self._errors)
                raise
        finally:
            queue.forget(tag)
        if response_metadata is not None:
            response_metadata.update(received)
        return answer.value(response_type)

    def stream_call(
        self,
        method: str,
        params: Any = None,
        *,
        timeout: float | None = None,
        metadata: Mapping[str, str] | None = None,
        response_type: type[Any] | None = None,
        transport: TransportType | None = None,
        forbid: Collection[TransportType] = (),
    ) -> Stream[Any, Any]:
        """Opens a stream. `params` is the handler's request; the timeout is the whole stream's."""
        bound = self._bound(method, response_type)
        opened = bound.open_stream(params, timeout, metadata, ways(transport, forbid))
        return Stream(opened, self._errors)

    def close(self) -> None:
        """Forgets the methods that were bound. Calls that run end as they will."""
        self._methods.clear()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<ServiceClient {self.service_id}>"

    def _bound(self, method: str, response_type: type[Any] | None) -> _native.Method:
        key = method if response_type is None else (method, response_type)
        bound = self._methods.get(key)
        if bound is None:
            bound = self._client.bind(self.service_id, method, response_type, False, self._expected)
            self._methods[key] = bound
        return bound


class Client:
    """Reaches the services of this process, in whatever language they are written.

    Args:
        timeout: default time for a call in seconds; None = 30. The handler sees it, and a call that
            is served on its caller's own thread cannot be cut short by it.
        max_retries: how often a call is tried again that cannot have reached its handler.
        transport: the way that calls must take; those that this version lacks are refused.
        auth_token: proves who calls; refused by this version.
        log_level: least level of the library's log lines; they go to `logging.getLogger("hmsffi")`.
        spin: seconds that a thread which calls another process looks for its answer before it
            sleeps; None = as is found best, 0 = not at all.

    May be used by any thread.
    """

    def __init__(
        self,
        timeout: float | None = None,
        max_retries: int = 3,
        transport: TransportType = TransportType.DEFAULT,
        auth_token: str | None = None,
        log_level: LogLevel = LogLevel.INFO,
        spin: float | None = None,
    ) -> None:
        self.timeout = timeout
        self.max_retries = max_retries
        self.transport = transport
        self.auth_token = auth_token
        self.log_level = log_level
        logs.ask_for(log_level)
        # In the library 0 stands for its default.
        retries = max_retries or -1
        self._native = _native.Client(timeout, retries, transport.value, auth_token or "", spin)

    def get_service(
        self,
        service_id: str,
        *,
        expects: Schema | None = None,
        binding: Literal["loose", "strict"] = "loose",
        errors: Sequence[type[Error]] = (),
    ) -> ServiceClient:
        """Calls go to this service: an id, or `id@version` such as `billing@^1.2`.

        The service need not be there yet: a call says whether it is.

        With `expects`, the definition of the service that this program was made for (`hms info
        NAME --definition` writes it), it is looked up at once: calls go to the highest version that
        fits. `loose` takes the same major version that reads what is sent and answers what is
        expected, `strict` the same minor version with interchangeable schemas. Where none fits,
        `FailedPrecondition` names each difference and who must move.

        Errors with data are raised as those of the classes `errors` that have their schemas; they
        still are of the class of their code, too.
        """
        kinds = declared(errors)
        if expects is None:
            return ServiceClient(service_id, self._native, errors=kinds)
        if binding not in _BINDINGS:
            raise InvalidArgument(f"binding is {binding!r}; it must be 'loose' or 'strict'")
        expected = (serialized(expects), _BINDINGS[binding])
        self._native.fit(service_id, expected)
        return ServiceClient(service_id, self._native, expected, kinds)

    def get_call(self, call_id: str, *, response_type: type[Any] | None = None) -> AsyncCall[Any]:
        """A call that any language of this process started."""
        return AsyncCall(self._native, call_id, response_type)

    def list_services(
        self, pattern: str = "*", metadata: Mapping[str, str] | None = None
    ) -> list[ServiceInfo]:
        """Services whose id matches a pattern with `*` and `?`, and that have this metadata.

        Those of the library, `hms.ffi.v1.*`, are left out unless the pattern begins with `hms.`.
        """
        found: list[ServiceInfo] = []
        request = {"name_pattern": pattern, "metadata_filter": dict(metadata or {}), "limit": 0}
        registry = self.get_service(_REGISTRY)
        page = ""
        while True:
            answer = registry.call("ListServices", {**request, "page_token": page})
            found += map(service_info, answer["services"])
            page = answer.get("next_page_token", "")
            if not page:
                return found

    def watch_services(
        self, pattern: str = "*", metadata: Mapping[str, str] | None = None
    ) -> ServiceWatch:
        """The services that run, each as added, then changes: for `for` or `async for`."""
        request = {"name_pattern": pattern, "metadata_filter": dict(metadata or {})}
        return ServiceWatch(self.get_service(_REGISTRY).stream_call("WatchServices", request))

    def close(self) -> None:
        """Closes the client.

        What was bound through it fails from now on; calls that run end as they will.
        """
        self._native.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def create_client(
    timeout: float | None = None,
    max_retries: int = 3,
    transport: TransportType = TransportType.DEFAULT,
    auth_token: str | None = None,
    log_level: LogLevel = LogLevel.INFO,
    spin: float | None = None,
) -> Client:
    """A new client; see `Client` for the arguments."""
    return Client(timeout, max_retries, transport, auth_token, log_level, spin)


def load_component(path: str | os.PathLike[str]) -> None:
    """Loads a component: a shared library of another language, which registers its services.

    It stays loaded until the process ends. Loading it again does nothing.
    """
    # The loader looks for a bare name elsewhere than in the working directory.
    _native.load_component(str(Path(path).absolute()))
