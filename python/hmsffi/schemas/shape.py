"""What values of a type look like when they travel, and how they become instances and back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

Convert = Callable[[Any], Any]
Test = Callable[[Any], bool]


def anything(_: Any) -> bool:
    """The test that every value passes."""
    return True


@dataclass(frozen=True)
class Shape:
    """A type as its schema, and the ways between its instances and the values that travel."""

    #: The members of the message `hms.ffi.v1.Schema`.
    schema: dict[str, Any]
    #: From what arrived to an instance; None = it is one. Raises what does not fit.
    read: Convert | None = None
    #: From an instance to what is sent; None = it is sent itself.
    write: Convert | None = None
    #: Whether something that arrived is of this type: tells the alternatives of a union apart.
    arrives: Test = anything
    #: The same for an instance.
    holds: Test = anything
    #: Instances of this very type need no reading.
    exact: type | None = None

    @property
    def is_loose(self) -> bool:
        """Whether it says nothing but which kind of container it is, if that."""
        kind, keys = self.schema["type"], self.schema.get("key_schema", {"type": "STRING"})
        has_no_more = set(self.schema) <= {"type", "key_schema"}
        return kind in ("ANY", "ARRAY", "MAP") and has_no_more and keys == {"type": "STRING"}


ANY = Shape({"type": "ANY"})
