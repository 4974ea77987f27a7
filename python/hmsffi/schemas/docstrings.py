"""Descriptions from docstrings."""

from __future__ import annotations

import functools
import inspect
import re
from typing import Any

# The sections of Google's style that name parameters and fields.
_SECTION = re.compile(r"^(?:Args|Arguments|Attributes|Parameters):\s*$")
_ENTRY = re.compile(r"^(\w+)(?:\s*\([^)]*\))?:\s+(.*)$")


def summary(documented: Any) -> str:
    """The first line of a docstring; nothing where a dataclass made one up."""
    is_class = isinstance(documented, type)
    text = vars(documented).get("__doc__") if is_class else _documentation(documented)
    if not text or (is_class and text.startswith(f"{documented.__name__}(")):
        return ""
    return inspect.cleandoc(text).split("\n", 1)[0]


def entries(documented: Any) -> dict[str, str]:
    """What a docstring says of each parameter or field, in sections such as `Args:`."""
    found: dict[str, str] = {}
    current, indent = "", -1
    for line in inspect.cleandoc(_documentation(documented)).splitlines():
        if _SECTION.match(line):
            current, indent = "", 0
        elif indent < 0 or not line.strip():
            current = ""
        elif not line.startswith(" "):
            indent = -1
        else:
            width = len(line) - len(line.lstrip())
            entry = _ENTRY.match(line.strip())
            indent = indent or width
            if entry and width == indent:
                current = entry[1]
                found[current] = entry[2]
            elif current:
                found[current] += " " + line.strip()
    return found


def _documentation(documented: Any) -> str:
    while isinstance(documented, functools.partial):
        documented = documented.func
    return documented.__doc__ or ""
