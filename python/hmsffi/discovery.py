"""Which services run, and how that changes."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import Any, Self

from hmsffi.model import EventType, MethodInfo, ServiceEvent, ServiceInfo, StreamType
from hmsffi.streams import Stream


class ServiceWatch:
    """Changes of the services that run. `Client.watch_services` gives one."""

    def __init__(self, stream: Stream[Any, Any]) -> None:
        self._stream = stream

    def close(self) -> None:
        """Watches no more."""
        self._stream.cancel()

    def __iter__(self) -> Iterator[ServiceEvent]:
        return map(_service_event, self._stream)

    async def __aiter__(self) -> AsyncIterator[ServiceEvent]:
        async for event in self._stream:
            yield _service_event(event)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _service_event(event: dict[str, Any]) -> ServiceEvent:
    return ServiceEvent(
        EventType(event["type"]), service_info(event["service"]), event["timestamp"]
    )


def service_info(service: dict[str, Any]) -> ServiceInfo:
    """What the service registry tells of a service."""
    return ServiceInfo(
        id=service["service_id"],
        name=service.get("display_name", ""),
        description=service.get("description", ""),
        version=service.get("version", ""),
        methods=[_method_info(method) for method in service.get("methods", [])],
        metadata=service.get("metadata", {}),
    )


def _method_info(method: dict[str, Any]) -> MethodInfo:
    return MethodInfo(
        name=method["name"],
        description=method.get("description", ""),
        is_streaming=method.get("is_streaming", False),
        stream_type=StreamType(method.get("stream_type", 0)),
        metadata=method.get("metadata", {}),
    )
