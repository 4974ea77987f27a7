"""Values as the CBOR that travels: what `docs/values.md` of the project says.

The names are those of `json` and `pickle`.
"""

from __future__ import annotations

from hmsffi._native import dumps, loads

__all__ = ["dumps", "loads"]
