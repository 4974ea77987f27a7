"""Schemas of Protobuf messages."""

from __future__ import annotations

import importlib
import json
from typing import Any

from hmsffi import _native


def of_message(message: type[Any] | bytes, name: str = "") -> dict[str, Any]:
    """The schema of a Protobuf message: with it payloads in Protobuf are checked, too.

    Args:
        message: its class, as protoc makes it, or a `FileDescriptorSet` in bytes with all that its
            file imports.
        name: which message of the set, with its package; it may be left out where there is one.

    Raises `InvalidArgument` for what is no such set, `NotFound` where it has no such message, and
    `Unimplemented` for groups and editions.
    """
    if not isinstance(message, bytes):
        name = message.DESCRIPTOR.full_name
        message = _descriptors(message.DESCRIPTOR.file)
    schema: dict[str, Any] = json.loads(_native.schema_of_message(message, name))
    return schema


def _descriptors(file: Any) -> bytes:
    """A `FileDescriptorSet` of a file and all that it imports, what is imported first."""
    # Whoever has a class of a message has this, too.
    made = importlib.import_module("google.protobuf.descriptor_pb2").FileDescriptorSet()
    added: set[str] = set()

    def add(one: Any) -> None:
        if one.name not in added:
            added.add(one.name)
            for imported in one.dependencies:
                add(imported)
            one.CopyToProto(made.file.add())

    add(file)
    serialized: bytes = made.SerializeToString()
    return serialized
