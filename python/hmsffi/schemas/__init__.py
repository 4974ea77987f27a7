"""Schemas: made of what people write, in other forms, compared, and what payloads mean by them.

Handlers have the schemas of their type hints without asking for it; see `hmsffi.method`.
"""

from __future__ import annotations

from typing import Any

from hmsffi.schemas.constraints import Constraints
from hmsffi.schemas.derive import Derivation
from hmsffi.schemas.exchange import (
    Converted,
    ConvertedPayload,
    Difference,
    Encoding,
    Form,
    Loss,
    PayloadLoss,
    Schema,
    compare,
    convert,
    convert_payload,
)
from hmsffi.schemas.messages import of_message


def of(hint: Any) -> dict[str, Any]:
    """The schema of a type hint: a dataclass, a `TypedDict`, `list[int]`, a pydantic model.

    Its members are those of the message `hms.ffi.v1.Schema`, so that it can be given to
    `hmsffi.method`, `convert` and `compare`. What no schema can say is ANY.
    """
    return Derivation().shape(hint).schema


__all__ = [
    "Constraints",
    "Converted",
    "ConvertedPayload",
    "Difference",
    "Encoding",
    "Form",
    "Loss",
    "PayloadLoss",
    "Schema",
    "compare",
    "convert",
    "convert_payload",
    "of",
    "of_message",
]
