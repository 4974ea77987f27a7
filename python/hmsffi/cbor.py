"""Values as the CBOR that travels: what `docs/values.md` of the project says.

The names are those of `json` and `pickle`. `Encoded(value)` is a value that is encoded once and can
be sent many times, as parameters, as an answer, or inside of other values.
"""

from __future__ import annotations

from hmsffi._native import Encoded, dumps, loads

__all__ = ["Encoded", "dumps", "loads"]
