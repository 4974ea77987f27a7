"""Ids of schemas that were made elsewhere: within one schema each of them means one thing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

# What schemas with an id are, by that id; None while that is not known yet.
Known = dict[str, Any]


def settled(schema: dict[str, Any], known: Known, scope: str) -> dict[str, Any]:
    """A schema whose ids mean what is known of them; others get the scope before them."""
    own = {part["schema_id"]: body(part) for part in _parts(schema) if "schema_id" in part}
    names = {name: f"{scope}.{name}" for name, what in own.items() if known.get(name, what) != what}
    renamed: dict[str, Any] = _renamed(schema, names)
    known.update({part["schema_id"]: body(part) for part in _parts(renamed) if "schema_id" in part})
    return renamed


def body(schema: dict[str, Any]) -> dict[str, Any]:
    """What a schema is, without its id."""
    return {key: value for key, value in schema.items() if key != "schema_id"}


def _parts(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, list):
        for item in value:
            yield from _parts(item)
    elif isinstance(value, dict):
        yield value
        for key, inner in value.items():
            # Labels are named by their users.
            if key != "metadata":
                yield from _parts(inner)


def _renamed(value: Any, names: dict[str, str]) -> Any:
    if isinstance(value, list):
        return [_renamed(item, names) for item in value]
    if not isinstance(value, dict):
        return value
    renamed = {
        key: inner if key == "metadata" else _renamed(inner, names) for key, inner in value.items()
    }
    for key in ("schema_id", "ref"):
        if key in renamed:
            renamed[key] = names.get(renamed[key], renamed[key])
    return renamed
