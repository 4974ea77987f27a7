"""Durations as the text of ISO 8601."""

from __future__ import annotations

import re
from datetime import timedelta
from decimal import Decimal

_TEXT = re.compile(
    r"P(?:(?P<years>\d+)Y)?(?:(?P<months>\d+)M)?(?:(?P<weeks>\d+)W)?(?:(?P<days>\d+)D)?"
    r"(?:T(?:(?P<hours>\d+)H)?(?:(?P<minutes>\d+)M)?(?:(?P<seconds>\d+(?:\.\d+)?)S)?)?"
)


def read(text: str) -> timedelta:
    """The duration that a text such as `P1DT2H0.5S` says."""
    found = _TEXT.fullmatch(text)
    if not found or text[-1] in "PT":
        raise ValueError(f"{text!r} is not a duration such as P1DT2H or PT0.5S")
    if found["years"] or found["months"]:
        raise ValueError(f"{text!r} has years or months, which have no length of their own")
    seconds = Decimal(found["seconds"] or 0)
    if seconds % Decimal("0.000001"):
        raise ValueError(f"{text!r} is finer than microseconds, which Python cannot hold")
    return timedelta(
        weeks=int(found["weeks"] or 0),
        days=int(found["days"] or 0),
        hours=int(found["hours"] or 0),
        minutes=int(found["minutes"] or 0),
        seconds=int(seconds),
        microseconds=int(seconds % 1 * 1_000_000),
    )


def write(length: timedelta) -> str:
    """The text of a duration."""
    if length < timedelta(0):
        raise ValueError(f"{length} is below 0, which a duration cannot be")
    days = f"{length.days}D" if length.days else ""
    fraction = f".{length.microseconds:06}".rstrip("0") if length.microseconds else ""
    seconds = f"T{length.seconds}{fraction}S" if length.seconds or fraction or not days else ""
    return f"P{days}{seconds}"
