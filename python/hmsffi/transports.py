"""The ways that a call may take, as the library takes them."""

from __future__ import annotations

from collections.abc import Collection

from hmsffi.model import TransportType


def ways(transport: TransportType | None, forbid: Collection[TransportType]) -> tuple[int, int]:
    """The one that is wanted, and the bits of those that are forbidden."""
    return (transport.value if transport else 0, sum({1 << way.value for way in forbid}))
