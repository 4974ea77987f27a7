"""Services and calls between languages, in one process.

import hmsffi

@hmsffi.service("greet")
class Greeter:
    @hmsffi.method()
    def hello(self, params):
        return f"Hello {params['name']}"

server = hmsffi.create_server("greeter")
server.register_service(Greeter())
server.start()

client = hmsffi.create_client()
print(client.get_service("greet").call("hello", {"name": "Ada"}))
"""

try:
    from hmsffi import _native
except ImportError as _refused:
    if "subinterpreter" not in str(_refused):
        raise
    raise ImportError(
        "hmsffi does not work in a sub-interpreter; use it in the main interpreter of the process"
    ) from None

from hmsffi import cbor, logs, schemas, shutdown
from hmsffi._native import Call, Loan, Method, current_call
from hmsffi.client import (
    AsyncCall,
    Client,
    ServiceClient,
    create_client,
    load_component,
)
from hmsffi.decorators import method, service, stream_method
from hmsffi.discovery import ServiceWatch
from hmsffi.errors import (
    Aborted,
    AlreadyExists,
    Cancelled,
    Code,
    DataLoss,
    DeadlineExceeded,
    Error,
    FailedPrecondition,
    Internal,
    InvalidArgument,
    NotFound,
    OutOfRange,
    PermissionDenied,
    ResourceExhausted,
    Unauthenticated,
    Unavailable,
    Unimplemented,
    Unknown,
)
from hmsffi.model import (
    AuthConfig,
    AuthType,
    CallReport,
    CallStatus,
    CertValidation,
    EventType,
    LogLevel,
    MethodInfo,
    ServiceEvent,
    ServiceInfo,
    StreamType,
    TransportType,
)
from hmsffi.options import AsyncCallOptions, CallOptions, StreamOptions
from hmsffi.server import Server, ServiceHandler, create_server
from hmsffi.streams import ServerStream, Stream

__version__ = _native.library_version()


def instance_id() -> bytes:
    """16 bytes, the same for everything in this process that shares this copy of the library."""
    return _native.instance_id()


def introspect() -> dict[str, int]:
    """Counts of what lives in this process, over all languages: handles, threads, buffers."""
    return _native.introspect()


logs.install()
shutdown.install()

__all__ = [
    "Aborted",
    "AlreadyExists",
    "AsyncCall",
    "AsyncCallOptions",
    "AuthConfig",
    "AuthType",
    "Call",
    "CallOptions",
    "CallReport",
    "CallStatus",
    "Cancelled",
    "CertValidation",
    "Client",
    "Code",
    "DataLoss",
    "DeadlineExceeded",
    "Error",
    "EventType",
    "FailedPrecondition",
    "Internal",
    "InvalidArgument",
    "Loan",
    "LogLevel",
    "Method",
    "MethodInfo",
    "NotFound",
    "OutOfRange",
    "PermissionDenied",
    "ResourceExhausted",
    "Server",
    "ServerStream",
    "ServiceClient",
    "ServiceEvent",
    "ServiceHandler",
    "ServiceInfo",
    "ServiceWatch",
    "Stream",
    "StreamOptions",
    "StreamType",
    "TransportType",
    "Unauthenticated",
    "Unavailable",
    "Unimplemented",
    "Unknown",
    "cbor",
    "create_client",
    "create_server",
    "current_call",
    "instance_id",
    "introspect",
    "load_component",
    "method",
    "schemas",
    "service",
    "stream_method",
]
