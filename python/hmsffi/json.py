"""Reading JSON payloads as `docs/values.md` of the project says."""

from __future__ import annotations

import json
from typing import Any, NoReturn

from hmsffi.errors import InvalidArgument


def read(text: bytes) -> Any:
    """The value of a JSON text."""
    try:
        return json.loads(text, object_pairs_hook=_object, parse_constant=_constant)
    except (ValueError, RecursionError) as error:
        raise InvalidArgument(f"$: not JSON: {error}") from error


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made: dict[str, Any] = {}
    for key, value in pairs:
        if key in made:
            raise InvalidArgument(f'$: key "{key}" occurs twice')
        made[key] = value
    return made


def _constant(name: str) -> NoReturn:
    raise InvalidArgument(f"$: {name} has no form in JSON; send CBOR")
