"""Offering services."""

from __future__ import annotations

import asyncio
import inspect
from abc import ABCMeta, abstractmethod
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from hmsffi import _native, logs, shutdown
from hmsffi.decorators import MethodOptions, marked
from hmsffi.errors import DeadlineExceeded, Error, InvalidArgument
from hmsffi.loops import LoopQueue, LoopThread, has_running_loop, running_queue
from hmsffi.model import AuthConfig, AuthType, LogLevel, ServiceInfo, StreamType, TransportType
from hmsffi.schemas import typed_errors
from hmsffi.schemas.docstrings import summary
from hmsffi.schemas.exchange import Schema, serialized
from hmsffi.schemas.handlers import Contract, contract
from hmsffi.streams import is_asynchronous, stream_handler

# Numbers of the C ABI, whose AuthType also has a DEFAULT.
_AUTH = {AuthType.NONE: 1, AuthType.TOKEN: 2, AuthType.CERT: 3, AuthType.CUSTOM: 4}
_IDEMPOTENT, _LEAF = 1, 2
_DIRECT, _POOL, _HOP = 1, 2, 3

_STOP_SECONDS = 5.0


@dataclass
class MethodSpec:
    """A method as the library takes it."""

    name: str
    description: str
    metadata: dict[str, str]
    flags: int
    stream_type: int
    dispatch: int
    timeout: float | None
    site: str
    function: Callable[..., Any]
    message: type[Any] | None
    raw: bool
    view: bool
    takes_call: bool
    #: Make the argument of what arrived, and what is sent of the answer.
    read: Callable[[Any], Any] | None = None
    write: Callable[[Any], Any] | None = None
    by_name: bool = False
    #: What is of this very type is the argument without `read`.
    exact: type[Any] | None = None
    queue: _native.Queue | None = None
    queue_tag: int = 0
    input_schema: bytes = b""
    output_schema: bytes = b""
    error_schemas: list[bytes] = field(default_factory=list)


class ServiceHandler(metaclass=ABCMeta):
    """Base class of services that describe themselves. A class with `@service` needs none."""

    @property
    @abstractmethod
    def service_info(self) -> ServiceInfo:
        """What this service is.

        Its methods are the functions with the decorator `method`, and those named in here.
        """


class Server:
    """Hosts services for callers in all languages of the process.

    Args:
        name: of the server.
        transports: ways in; those that this version lacks are refused.
        auth_config: what is asked of callers; refused by this version unless it asks nothing.
        max_concurrent_calls: calls served at once, -1 = no limit; more fail with
            `ResourceExhausted`.
        call_timeout: default time for a call in seconds.
        log_level: least level of the library's log lines.
        pool_threads: threads for handlers that do not run on their caller's; 0 = one for each CPU,
            at least 4.
        max_message_size: bytes of a request, an answer or a message of a stream; 0 = 1 GiB, the
            least is 4096. Larger ones fail with `ResourceExhausted`.

    Plain handlers run on the thread of their caller, whatever language that is, several at once.
    Coroutines run on the loop that was running when they were registered, or else on a thread that
    the server has for them from `start` to `stop`.
    """

    def __init__(
        self,
        name: str,
        transports: list[TransportType] | None = None,
        auth_config: AuthConfig | None = None,
        max_concurrent_calls: int = 100,
        call_timeout: float = 30.0,
        log_level: LogLevel = LogLevel.INFO,
        pool_threads: int = 0,
        max_message_size: int = 0,
    ) -> None:
        self.name = name
        self.transports = transports or [TransportType.DEFAULT]
        self.auth_config = auth_config
        self.max_concurrent_calls = max_concurrent_calls
        self.call_timeout = call_timeout
        self.log_level = log_level
        logs.ask_for(log_level)
        if max_concurrent_calls == 0:
            raise InvalidArgument(
                "max_concurrent_calls is 0, so that no call could be served; -1 = no limit"
            )
        self._native = _native.Server(
            name,
            [transport.value for transport in self.transports if transport.value],
            _AUTH[auth_config.auth_type] if auth_config else 0,
            max_concurrent_calls,
            call_timeout,
            pool_threads,
            max_message_size,
        )
        self._services: set[str] = set()
        self._loop_thread: LoopThread | None = None
        self._queues: set[LoopQueue] = set()

    def register_service(self, handler: Any) -> str:
        """Hosts a service: an instance of a class with `@service`, or of a `ServiceHandler`.

        Returns its id, which is made up where `service_info` has none.
        """
        if not isinstance(handler, ServiceHandler):
            raise InvalidArgument(
                f"{type(handler).__name__} is no service: put the decorator hmsffi.service on the "
                "class, or derive it from hmsffi.ServiceHandler"
            )
        info = handler.service_info
        methods = [
            self._method(getattr(handler, attribute), options)
            for attribute, options in marked(type(handler))
        ]
        known = {method.name for method in methods}
        for described in info.methods:
            function = getattr(handler, described.name, None)
            if described.name not in known and callable(function):
                options = MethodOptions(
                    described.name,
                    described.description,
                    described.metadata,
                    described.stream_type if described.is_streaming else None,
                )
                methods.append(self._method(function, options))
        service_id = self._native.register(
            info.id, info.version, info.name, info.description, info.metadata, methods
        )
        self._services.add(service_id)
        return service_id

    def register_method(
        self,
        service_id: str,
        method: str,
        handler: Callable[[Any], Any],
        *,
        description: str = "",
        metadata: dict[str, str] | None = None,
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
    ) -> None:
        """Adds a method to a service; the first one makes the service. See `method`."""
        options = MethodOptions(
            method,
            description,
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
        self._add(service_id, self._method(handler, options))

    def register_stream_method(
        self,
        service_id: str,
        method: str,
        handler: Callable[[Any], Any],
        *,
        stream_type: StreamType = StreamType.BIDIRECTIONAL,
        description: str = "",
        metadata: dict[str, str] | None = None,
        timeout: float | None = None,
        request_type: type[Any] | None = None,
        typed: bool = True,
        input_schema: Schema | None = None,
        output_schema: Schema | None = None,
        error_schemas: Sequence[Schema] = (),
        errors: Sequence[type[Error]] = (),
    ) -> None:
        """Adds a streaming method; the first one makes the service. See `stream_method`."""
        options = MethodOptions(
            method,
            description,
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
        self._add(service_id, self._method(handler, options))

    def unregister_service(self, service_id: str) -> None:
        """Stops offering a service. Calls inside end."""
        self._native.unregister(service_id)
        self._services.discard(service_id)

    def start(self) -> None:
        """Serves calls from now on, until `stop`, even if nothing refers to the server any more."""
        if self._loop_thread:
            self._loop_thread.start()
        self._native.start()
        shutdown.started(self)

    def stop(self, timeout: float | None = _STOP_SECONDS) -> None:
        """Takes no more calls, and waits for those inside.

        It waits at most `timeout` seconds, None = for ever.         Raises `DeadlineExceeded` when
        calls still run; the server is stopped all the same. Where the running loop serves some of
        the handlers it does not wait: see `async_stop`.
        """
        serves_here = has_running_loop() and running_queue() in self._queues
        try:
            self._native.stop(0 if serves_here else timeout)
        except DeadlineExceeded:
            if not serves_here:
                raise
        finally:
            shutdown.stopped(self)
            if self._loop_thread:
                self._loop_thread.stop()

    async def async_stop(self, timeout: float | None = _STOP_SECONDS) -> None:
        """`stop` for asyncio: the loop serves its handlers meanwhile."""
        await asyncio.to_thread(self.stop, timeout)

    @property
    def is_running(self) -> bool:
        """Whether it serves calls."""
        return self._native.is_running

    def wait(self, timeout: float | None = None) -> bool:
        """Waits until it is stopped; False when `timeout` seconds were over first. Ctrl-C works."""
        return self._native.wait(timeout)

    def close(self) -> None:
        """Stops at once and withdraws the services for good."""
        shutdown.stopped(self)
        self._native.close()
        if self._loop_thread:
            self._loop_thread.close()
            self._loop_thread = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        try:
            if self.is_running:
                self.stop()
        finally:
            self.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        try:
            if self.is_running:
                await self.async_stop()
        finally:
            self.close()

    def _add(self, service_id: str, method: MethodSpec) -> None:
        if service_id in self._services:
            self._native.add_method(service_id, method)
        else:
            self._services.add(
                self._native.register(service_id, "1.0.0", service_id, "", {}, [method])
            )

    def _method(self, function: Callable[..., Any], options: MethodOptions) -> MethodSpec:
        typed = options.typed and not options.raw
        agreed = contract(function, options.stream_type, typed, options.request_type)
        errors = [kind.schema for kind in typed_errors.declared(options.errors).values()]
        spec = MethodSpec(
            name=options.name,
            description=options.description or summary(function),
            metadata=options.metadata,
            flags=_IDEMPOTENT * options.idempotent | _LEAF * options.leaf,
            stream_type=0,
            dispatch=_POOL if options.pool else _DIRECT,
            timeout=options.timeout,
            site=_site(function),
            function=function,
            message=options.request_type,
            raw=options.raw,
            view=options.view,
            takes_call=False,
            input_schema=serialized(options.input_schema or agreed.input_schema),
            output_schema=serialized(options.output_schema or agreed.output_schema),
            error_schemas=[serialized(schema) for schema in (*options.error_schemas, *errors)],
        )
        serve: Callable[..., Any]
        if options.stream_type is not None:
            serve = stream_handler(function, options.stream_type, options.request_type, agreed)
            spec.function, spec.takes_call = serve, True
            spec.stream_type, spec.dispatch = options.stream_type.value, _POOL
        elif is_asynchronous(function):
            serve = _with_request(function, options, agreed)
        else:
            spec.read, spec.write, spec.by_name = agreed.read, agreed.write, agreed.by_name
            spec.exact = agreed.input.exact
        if is_asynchronous(function):
            queue = self._queue()
            spec.dispatch, spec.queue = _HOP, queue.native
            spec.queue_tag = queue.add_method(serve)
        return spec

    def _queue(self) -> LoopQueue:
        if has_running_loop():
            queue = running_queue()
        else:
            if self._loop_thread is None:
                self._loop_thread = LoopThread(f"hmsffi loop of {self.name}")
                if self.is_running:
                    self._loop_thread.start()
            queue = self._loop_thread.queue
        self._queues.add(queue)
        return queue


def _with_request(
    function: Callable[..., Coroutine[Any, Any, Any]], options: MethodOptions, agreed: Contract
) -> Callable[[_native.Call], Coroutine[Any, Any, Any]]:
    read, write = agreed.read, agreed.write

    def argument(call: _native.Call) -> Any:
        if not options.view:
            value = call.request(options.request_type)
        else:
            request = call.request_buffer()
            is_bytes = request.content_type == "application/octet-stream"
            value = request.view() if is_bytes else request.value(options.request_type)
        return value if read is None else read(value)

    async def serve(call: _native.Call) -> Any:
        given = argument(call)
        answer = await (function(**given) if agreed.by_name else function(given))
        return answer if write is None else write(answer)

    return serve


def _site(function: Callable[..., Any]) -> str:
    """Name and place of a handler, for stacks."""
    name = getattr(function, "__qualname__", type(function).__name__)
    code = getattr(inspect.unwrap(function), "__code__", None)
    if code is None:
        return name
    return f"{name} ({Path(code.co_filename).name}:{code.co_firstlineno})"


def create_server(
    name: str,
    transports: list[TransportType] | None = None,
    auth_config: AuthConfig | None = None,
    max_concurrent_calls: int = 100,
    call_timeout: float = 30.0,
    log_level: LogLevel = LogLevel.INFO,
    pool_threads: int = 0,
    max_message_size: int = 0,
) -> Server:
    """A new server; see `Server` for the arguments."""
    return Server(
        name,
        transports,
        auth_config,
        max_concurrent_calls,
        call_timeout,
        log_level,
        pool_threads,
        max_message_size,
    )
