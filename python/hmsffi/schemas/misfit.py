"""Values that do not fit their type, each with its place."""

from __future__ import annotations

import json
from typing import Any

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
        violations = [{"path": path, "message": why, "code": "type"} for path, why in told]
        return InvalidArgument(
            "; ".join(f"{path}: {why}" for path, why in told[:5]),
            details={"hms.violations": json.dumps(violations[:100])},
        )


def misfit(error: Exception) -> Misfit:
    """What an exception says about the value that raised it."""
    if isinstance(error, Misfit):
        return error
    return Misfit([("", str(error) or type(error).__name__)])


def read_at(step: str, read: Convert, value: Any) -> Any:
    """Reads a part, and says where it is when it does not fit."""
    try:
        return read(value)
    except REFUSALS as error:
        raise misfit(error).inside(step) from error
