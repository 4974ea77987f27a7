"""Values that do not fit their type, each with its place."""

from __future__ import annotations

import json
import re
from typing import Any

from hmsffi import _native
from hmsffi.errors import InvalidArgument
from hmsffi.schemas.shape import Convert

#: What reading a value raises when it does not fit. `Misfit` is a `ValueError`.
REFUSALS = (ValueError, TypeError, ArithmeticError)


class Misfit(ValueError):
    """What is wrong with a value: paths from it, and a sentence for each."""

    def __init__(self, problems: list[tuple[str, str]]) -> None:
        super().__init__(problems)
        self.problems = problems

    def inside(self, step: str) -> Misfit:
        """The same, seen from what holds the value."""
        return Misfit([(step + path, why) for path, why in self.problems])

    def refusal(self) -> InvalidArgument:
        """What the caller gets: the form of the library's own refusals."""
        told = [(f"${path}", why) for path, why in self.problems]
        violations = [{"path": path, "message": why, "code": "value"} for path, why in told]
        call = _native.current_call()
        where = f"{call.service_id}.{call.method}: " if call else ""
        return InvalidArgument(
            where + "; ".join(f"{path}: {why}" for path, why in told[:5]),
            details={"hms.violations": json.dumps(violations[:100])},
        )


def misfit(error: Exception) -> Misfit:
    """What an exception says about the value that raised it."""
    if isinstance(error, Misfit):
        return error
    if callable(several := getattr(error, "errors", None)):
        # A ValidationError of pydantic.
        return Misfit([("".join(map(step, each["loc"])), each["msg"]) for each in several()])
    return Misfit([("", str(error) or type(error).__name__)])


def step(into: int | str) -> str:
    """From a container to what it holds, as the library writes it."""
    if isinstance(into, int):
        return f"[{into}]"
    return (
        f".{into}"
        if re.fullmatch(r"[A-Za-z_]\w{0,59}", into, re.ASCII)
        else f"[{json.dumps(into)}]"
    )


def read_at(into: int | str, read: Convert, value: Any) -> Any:
    """Reads a part, and says where it is when it does not fit."""
    try:
        return read(value)
    except REFUSALS as error:
        raise misfit(error).inside(step(into)) from error
