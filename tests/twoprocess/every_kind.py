"""A schema that takes a value of each kind that CBOR, JSON and Protobuf all have."""

from typing import Any

Schema = dict[str, Any]


def of(kind: str, format: str = "", *, written: str = "", **members: Any) -> Schema:
    """A schema; `written` is its type in Protobuf, where it is not the first that it may have."""
    labels = {"hms.protobuf.type": written} if written else {}
    return {"type": kind, "format": format, "metadata": labels, **members}


def labelled(schema: Schema, **labels: str) -> Schema:
    named = {f"hms.protobuf.{label}": said for label, said in labels.items()}
    return schema | {"metadata": schema["metadata"] | named}


def message(fields: list[Schema], *, required: bool = False, **members: Any) -> Schema:
    """An OBJECT with these fields, which are named and numbered as they come."""
    named = [
        {"name": f"f{number}", "required": required, "schema": labelled(field, number=str(number))}
        for number, field in enumerate(fields, start=1)
    ]
    return of("OBJECT", fields=named, **members)


def list_of(items: Schema) -> Schema:
    return of("ARRAY", items=items)


def map_of(key: Schema, value: Schema) -> Schema:
    return of("MAP", key_schema=key, value_schema=value)


VALUE = of("REF", ref="value")
LEVEL = of("ENUM", enum_values=[{"value": text} for text in ("none", "some", "all")])
NUMBERED_LEVEL = labelled(LEVEL, numbers="0,1,2147483647")
SCALARS = [
    of("BOOLEAN"),
    *(of("INTEGER", f"{sign}int{bits}") for bits in (8, 16, 32, 64) for sign in ("", "u")),
    of("INTEGER", "int32", written="sint32"),
    of("INTEGER", "int32", written="sfixed32"),
    of("INTEGER", "int64", written="sint64"),
    of("INTEGER", "int64", written="sfixed64"),
    of("INTEGER", "uint32", written="fixed32"),
    of("INTEGER", "uint64", written="fixed64"),
    of("NUMBER"),
    of("NUMBER", "float"),
    of("STRING"),
    of("STRING", "ipv4"),
    of("STRING", "ipv6"),
    of("BINARY"),
    of("UUID"),
    of("UUID", written="bytes"),
    of("DATETIME"),
    of("DATETIME", written="google.protobuf.Timestamp"),
    of("DATE"),
    of("TIME"),
    of("TIME", "local"),
    of("DURATION"),
    of("DURATION", written="google.protobuf.Duration"),
    of("URI"),
    of("EMAIL"),
    LEVEL,
    NUMBERED_LEVEL,
]
LISTS = [list_of(scalar) for scalar in SCALARS] + [list_of(VALUE)]
MAPS = [
    map_of(of("STRING"), VALUE),
    map_of(of("STRING"), of("UUID")),
    map_of(of("INTEGER", "int64"), of("NUMBER")),
    map_of(of("INTEGER", "uint32"), of("BINARY")),
    map_of(of("BOOLEAN"), NUMBERED_LEVEL),
]
ALTERNATIVES = [of("BOOLEAN"), of("INTEGER", "int64"), of("STRING"), VALUE]
EITHER = of(
    "UNION",
    one_of=[
        labelled(schema, number=str(number)) for number, schema in enumerate(ALTERNATIVES, start=1)
    ],
)
MESSAGES = [
    message(SCALARS),
    # Without presence: what is zero is not there in Protobuf.
    message(
        [scalar for scalar in SCALARS if "hms.protobuf.type" not in scalar["metadata"]],
        required=True,
    ),
    # Lists and maps have no presence, and cannot be in a oneof.
    *(message([container], required=True) for container in LISTS + MAPS),
    message([of("UNION", one_of=[of("STRING"), of("NULL")])], required=True),
    of("OBJECT", fields=[{"name": "either", "schema": EITHER}]),
    message([VALUE, VALUE]),
]
ANYTHING = message([labelled(kind, oneof="kind") for kind in SCALARS + MESSAGES], schema_id="value")
ENVELOPE = message([list_of(ANYTHING)], required=True)
