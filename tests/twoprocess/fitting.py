"""Values that fit a schema, at random, as cbor2 writes them."""

from collections import ChainMap, defaultdict
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

from every_kind import Schema
from hypothesis import strategies as st

Values = st.SearchStrategy[Any]

OFFSETS = [timezone(timedelta(minutes=minutes)) for minutes in (0, 1, 330, 1439, -1, -1439)]
# In Go it mostly means that nobody set it, and is refused.
FIRST_INSTANT = datetime.min.replace(tzinfo=UTC)


def limits(low: int, high: int) -> Values:
    return st.sampled_from([low, high, 0]) | st.integers(low, high)


def floats(width: int) -> Values:
    # JSON has no others.
    return st.floats(allow_nan=False, allow_infinity=False, width=width)


def at_microseconds(times: Values) -> Values:
    """With fractions that all languages say as `isoformat` does: three or six digits, or none."""
    parts = st.sampled_from([0, 1, 500_001, 999_999])
    return st.builds(lambda time, part: time.replace(microsecond=part), times, parts)


def date_times(offsets: list[timezone]) -> Values:
    local = st.sampled_from([datetime.min, datetime.max]) | st.datetimes()
    at = st.builds(
        lambda time, offset: time.replace(tzinfo=offset), local, st.sampled_from(offsets)
    )
    return at_microseconds(at).filter(lambda at: at != FIRST_INSTANT)


# As many as a Duration may have.
SECONDS = limits(0, 315_576_000_000)
COUNTS = st.integers(0, 99)
SCALARS: dict[tuple[str, str], Values] = {
    ("NULL", ""): st.none(),
    ("BOOLEAN", ""): st.booleans(),
    ("NUMBER", ""): floats(64),
    ("NUMBER", "float"): floats(32),
    ("STRING", ""): st.text(max_size=20),
    ("STRING", "ipv4"): st.ip_addresses(v=4).map(str),
    ("STRING", "ipv6"): st.ip_addresses(v=6).map(str),
    ("BINARY", ""): st.binary(max_size=20),
    ("UUID", ""): st.uuids(),
    ("DATETIME", ""): date_times(OFFSETS),
    # It has no offset.
    ("DATETIME", "google.protobuf.Timestamp"): date_times(OFFSETS[:1]),
    ("DATE", ""): st.dates().map(str),
    ("TIME", ""): at_microseconds(st.times(timezones=st.sampled_from(OFFSETS))).map(str),
    ("TIME", "local"): at_microseconds(st.times()).map(str),
    ("DURATION", ""): st.builds("P{}Y{}M{}DT{}H{}.{}S".format, *[COUNTS] * 6),
    ("DURATION", "google.protobuf.Duration"): st.builds(
        "PT{}{}S".format, SECONDS, st.sampled_from(["", ".000000001", ".5"])
    ),
    ("URI", ""): st.builds("x-hms+1://{}.example:{}/%{:02X}?#".format, COUNTS, COUNTS, COUNTS),
    ("EMAIL", ""): st.builds("a!{}@b{}.example".format, COUNTS, COUNTS),
}
SCALARS |= {
    ("INTEGER", f"{sign}int{bits}"): limits(*bounds)
    for bits in (8, 16, 32, 64)
    for sign, bounds in [("", (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1)), ("u", (0, 2**bits - 1))]
}


def fitting(schema: Schema, known: dict[str, Values] | None = None) -> Values:
    """Values that a schema takes; `known` are those of the schemas around it, by their ids."""
    known = {} if known is None else known
    match schema["type"]:
        case "REF":
            return st.deferred(lambda: known[schema["ref"]])
        case "ARRAY":
            return st.lists(fitting(schema["items"], known), max_size=3)
        case "MAP":
            keys = fitting(schema["key_schema"], known).map(as_key)
            return st.dictionaries(keys, fitting(schema["value_schema"], known), max_size=3)
        case "UNION":
            return st.one_of([fitting(one, known) for one in schema["one_of"]])
        case "ENUM":
            return st.sampled_from([value["value"] for value in schema["enum_values"]])
        case "OBJECT":
            values = objects(schema, known)
            known[schema.get("schema_id", "")] = values
            return values
    kind, form = schema["type"], schema["format"]
    written = schema["metadata"].get("hms.protobuf.type", form)
    return SCALARS.get((kind, written), SCALARS[kind, form])


def objects(schema: Schema, known: dict[str, Values]) -> Values:
    required: dict[str, Values] = {}
    optional: dict[str, Values] = {}
    oneofs: dict[str, list[Values]] = defaultdict(list)
    for field in schema["fields"]:
        name, values = field["name"], fitting(field["schema"], known)
        group = field["schema"]["metadata"].get("hms.protobuf.oneof")
        if group:
            oneofs[group].append(st.fixed_dictionaries({name: values}))
        else:
            (required if field.get("required") else optional)[name] = values
    fields = st.fixed_dictionaries(required, optional=optional)
    parts = [fields, *map(st.one_of, oneofs.values())]
    return st.tuples(*parts).map(lambda parts: dict(ChainMap(*parts)))


def as_key(key: str | int | bool) -> str:
    return key if isinstance(key, str) else str(key).lower()
