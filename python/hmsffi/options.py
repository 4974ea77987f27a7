"""The options of calls, for code that passes them on: `**options: Unpack[CallOptions]`."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TypedDict

from hmsffi.model import CallReport, TransportType


class StreamOptions(TypedDict, total=False):
    """Those of `ServiceClient.stream_call`."""

    #: Seconds for the whole of it.
    timeout: float | None
    #: Goes with the request.
    metadata: Mapping[str, str] | None
    #: The way that it must take.
    transport: TransportType | None
    #: Ways that it must not take.
    forbid: Collection[TransportType]


class AsyncCallOptions(StreamOptions, total=False):
    """Those of `ServiceClient.async_call`."""

    #: Is filled with the metadata of the answer.
    response_metadata: dict[str, str] | None


class CallOptions(AsyncCallOptions, total=False):
    """Those of `ServiceClient.call`."""

    #: Is told which way the call took.
    report: CallReport | None
