"""The vocabulary of the specification: enums and descriptions."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum


class CallStatus(Enum):
    """Status of a call."""

    UNKNOWN = 0
    OK = 1
    IN_PROGRESS = 2
    FAILED = 3
    CANCELLED = 4
    TIMEOUT = 5


class StreamType(Enum):
    """Type of a streaming method."""

    UNKNOWN = 0
    SERVER_STREAMING = 1
    CLIENT_STREAMING = 2
    BIDIRECTIONAL = 3


class TransportType(Enum):
    """How a call reaches its service."""

    DEFAULT = 0
    IN_PROCESS = 1
    SHARED_MEMORY = 2
    LOCAL_SOCKET = 3
    TCP = 4
    HTTP = 5
    GRPC = 6
    WEBSOCKET = 7
    MESSAGE_QUEUE = 8


@dataclass
class CallReport:
    """What a call took: give one to `ServiceClient.call`, and read it afterwards."""

    #: The way that it took; `DEFAULT` when it did not get as far.
    transport: TransportType = TransportType.DEFAULT
    #: Bytes of request and answer that the library copied, in both processes.
    bytes_copied: int = 0

    def _fill(self, transport: int, bytes_copied: int) -> None:
        self.transport = TransportType(transport)
        self.bytes_copied = bytes_copied


class AuthType(Enum):
    """How callers prove who they are."""

    NONE = 0
    TOKEN = 1
    CERT = 2
    CUSTOM = 3


class LogLevel(Enum):
    """Least level of the library's log lines that are wanted."""

    DEBUG = 0
    INFO = 1
    WARNING = 2
    WARN = 2
    ERROR = 3


class EventType(Enum):
    """What happened to a service."""

    UNKNOWN = 0
    SERVICE_ADDED = 1
    SERVICE_MODIFIED = 2
    SERVICE_REMOVED = 3


@dataclass
class MethodInfo:
    """What is known of a method."""

    name: str
    description: str = ""
    is_streaming: bool = False
    stream_type: StreamType = StreamType.UNKNOWN
    metadata: dict[str, str] = field(default_factory=dict)


@dataclass
class ServiceInfo:
    """What is known of a service."""

    id: str
    name: str
    description: str = ""
    version: str = "1.0.0"
    methods: list[MethodInfo] = field(default_factory=list)
    metadata: dict[str, str] = field(default_factory=dict)


@dataclass
class ServiceEvent:
    """A change of the services that run; `timestamp` is in milliseconds since 1970."""

    type: EventType
    service: ServiceInfo
    timestamp: int


@dataclass
class CertValidation:
    """How certificates are checked."""

    trusted_cas: list[bytes]
    check_revocation: bool = True
    allow_self_signed: bool = False


@dataclass
class AuthConfig:
    """What a server asks of its callers."""

    auth_type: AuthType
    token_validator: Callable[[str], bool] | None = None
    cert_validation: CertValidation | None = None
