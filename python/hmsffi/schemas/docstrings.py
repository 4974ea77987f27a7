"""Descriptions from docstrings."""

from __future__ import annotations

import inspect
import re
from typing import Any

# The sections of Google's style that name parameters and fields.
_SECTION = re.compile(r"^(?:Args|Arguments|Attributes|Parameters):\s*$")
_ENTRY = re.compile(r"^(\w+)(?:\s*\([^)]*\))?:\s+(.*)$")


def summary(documented: Any) -> str:
    """The first line of a docstring; nothing where a dataclass made one up."""
    text = inspect.getdoc(documented) if isinstance(documented, type) else documented.__doc__
    text = inspect.cleandoc(text or "")
    if isinstance(documented, type):
        own = vars(documented).get("__doc__")
        if not own or own.startswith(f"{documented.__name__}("):
            return ""
    return text.split("\n", 1)[0]


def entries(documented: Any) -> dict[str, str]:
    """What a docstring says of each parameter or field, in sections such as `Args:`."""
    found: dict[str, str] = {}
    current, indent = "", -1
    for line in inspect.cleandoc(documented.__doc__ or "").splitlines():
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
