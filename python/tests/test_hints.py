"""Schemas of type hints."""

import base64
import datetime
import decimal
import enum
import ipaddress
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal, NamedTuple, NewType, NotRequired, Required, TypedDict

import annotated_types as at
import hmsffi
import pytest
import typing_extensions
from hmsffi import schemas
from hmsffi.schemas import Constraints

PatientId = NewType("PatientId", int)


class Gender(enum.Enum):
    """As it is in the record."""

    FEMALE = "female"
    MALE = "male"


class Ward(enum.IntEnum):
    SOUTH = 1
    NORTH = 2


class Scale(enum.Enum):
    LINEAR = 1.5
    LOG = None


class Point(NamedTuple):
    x: float
    label: str


@dataclass
class Contact:
    kind: Literal["phone", "email"]
    value: Annotated[str, Constraints(min_length=3)]


@dataclass
class Patient:
    """A person under treatment.

    Longer words are for the reader of the code.

    Attributes:
        name: as in the passport,
            in capital letters.
        age: in years.
    """

    name: str
    age: Annotated[int, at.Ge(0), at.Lt(150)]
    contacts: list[Contact] = field(default_factory=list)
    born: datetime.date | None = None
    emergency: Contact | None = None
    gender: Gender = Gender.FEMALE
    seen: bool = field(default=False, init=False)


@dataclass
class Tree:
    children: "list[Tree]"
    left: "Tree | None" = None


class Search(TypedDict, total=False):
    """What to look for."""

    text: Required[str]
    limit: int


class Strict(TypedDict):
    text: str
    limit: "NotRequired[int]"


def default(value: str) -> str:
    return base64.b64encode(value.encode()).decode()


CONTACT = {
    "schema_id": "Contact",
    "type": "OBJECT",
    "fields": [
        {
            "name": "kind",
            "schema": {"type": "ENUM", "enum_values": [{"value": "phone"}, {"value": "email"}]},
            "required": True,
        },
        {
            "name": "value",
            "schema": {"type": "STRING", "constraints": {"min_length": 3}},
            "required": True,
        },
    ],
}
GENDER = {
    "type": "ENUM",
    "enum_values": [
        {"value": "female", "display_name": "FEMALE"},
        {"value": "male", "display_name": "MALE"},
    ],
    "description": "As it is in the record.",
}
PATIENT = {
    "schema_id": "Patient",
    "type": "OBJECT",
    "description": "A person under treatment.",
    "fields": [
        {
            "name": "name",
            "schema": {"type": "STRING"},
            "required": True,
            "description": "as in the passport, in capital letters.",
        },
        {
            "name": "age",
            "schema": {
                "type": "INTEGER",
                "constraints": {"minimum": 0, "maximum": 150, "exclusive_maximum": True},
            },
            "required": True,
            "description": "in years.",
        },
        {"name": "contacts", "schema": {"type": "ARRAY", "items": CONTACT}},
        {
            "name": "born",
            "schema": {"type": "UNION", "one_of": [{"type": "DATE"}, {"type": "NULL"}]},
            "default_value": default("null"),
        },
        {
            "name": "emergency",
            "schema": {
                "type": "UNION",
                "one_of": [{"type": "REF", "ref": "Contact"}, {"type": "NULL"}],
            },
            "default_value": default("null"),
        },
        {"name": "gender", "schema": GENDER, "default_value": default('"female"')},
    ],
}


@pytest.mark.parametrize(
    ("hint", "schema"),
    [
        (None, {"type": "NULL"}),
        (bool, {"type": "BOOLEAN"}),
        (int, {"type": "INTEGER"}),
        (float, {"type": "NUMBER"}),
        (decimal.Decimal, {"type": "NUMBER"}),
        (str, {"type": "STRING"}),
        (bytes, {"type": "BINARY"}),
        (memoryview, {"type": "BINARY"}),
        (datetime.datetime, {"type": "DATETIME"}),
        (datetime.date, {"type": "DATE"}),
        (datetime.time, {"type": "TIME", "format": "local"}),
        (datetime.timedelta, {"type": "DURATION"}),
        (uuid.UUID, {"type": "UUID"}),
        (ipaddress.IPv4Address, {"type": "STRING", "format": "ipv4"}),
        (Any, {"type": "ANY"}),
        (object, {"type": "ANY"}),
        (PatientId, {"type": "INTEGER"}),
        (list, {"type": "ARRAY"}),
        (list[int], {"type": "ARRAY", "items": {"type": "INTEGER"}}),
        (Sequence[int], {"type": "ARRAY", "items": {"type": "INTEGER"}}),
        (
            set[str],
            {"type": "ARRAY", "items": {"type": "STRING"}, "constraints": {"unique_items": True}},
        ),
        (tuple[int, ...], {"type": "ARRAY", "items": {"type": "INTEGER"}}),
        (
            tuple[int, str],
            {
                "type": "ARRAY",
                "items": {"type": "UNION", "one_of": [{"type": "INTEGER"}, {"type": "STRING"}]},
                "constraints": {"min_items": 2, "max_items": 2},
            },
        ),
        (
            Point,
            {
                "type": "ARRAY",
                "items": {"type": "UNION", "one_of": [{"type": "NUMBER"}, {"type": "STRING"}]},
                "constraints": {"min_items": 2, "max_items": 2},
            },
        ),
        (dict, {"type": "MAP"}),
        (
            Mapping[int, float],
            {"type": "MAP", "key_schema": {"type": "INTEGER"}, "value_schema": {"type": "NUMBER"}},
        ),
        (int | str, {"type": "UNION", "one_of": [{"type": "INTEGER"}, {"type": "STRING"}]}),
        (
            Literal["a", 1] | None,
            {
                "type": "UNION",
                "one_of": [
                    {"type": "ENUM", "enum_values": [{"value": "a"}]},
                    {"type": "INTEGER", "constraints": {"minimum": 1, "maximum": 1}},
                    {"type": "NULL"},
                ],
            },
        ),
        (Gender, GENDER),
        (
            Ward,
            {
                "type": "ENUM",
                "enum_values": [
                    {"value": "1", "display_name": "SOUTH"},
                    {"value": "2", "display_name": "NORTH"},
                ],
            },
        ),
        (
            Scale,
            {
                "type": "ENUM",
                "enum_values": [
                    {"value": "LINEAR", "display_name": "LINEAR"},
                    {"value": "LOG", "display_name": "LOG"},
                ],
            },
        ),
        (Contact, CONTACT),
        (Patient, PATIENT),
        (
            Tree,
            {
                "schema_id": "Tree",
                "type": "OBJECT",
                "fields": [
                    {
                        "name": "children",
                        "schema": {"type": "ARRAY", "items": {"type": "REF", "ref": "Tree"}},
                        "required": True,
                    },
                    {
                        "name": "left",
                        "schema": {
                            "type": "UNION",
                            "one_of": [{"type": "REF", "ref": "Tree"}, {"type": "NULL"}],
                        },
                        "default_value": default("null"),
                    },
                ],
            },
        ),
        (
            Search,
            {
                "schema_id": "Search",
                "type": "OBJECT",
                "description": "What to look for.",
                "fields": [
                    {"name": "text", "schema": {"type": "STRING"}, "required": True},
                    {"name": "limit", "schema": {"type": "INTEGER"}},
                ],
            },
        ),
        (
            Strict,
            {
                "schema_id": "Strict",
                "type": "OBJECT",
                "fields": [
                    {"name": "text", "schema": {"type": "STRING"}, "required": True},
                    {"name": "limit", "schema": {"type": "INTEGER"}},
                ],
            },
        ),
    ],
)
def test_hint_is_a_schema(hint: Any, schema: dict[str, Any]) -> None:
    assert schemas.of(hint) == schema
    # And one that the library takes.
    assert schemas.compare(schema, schema) == []


@pytest.mark.parametrize(
    ("hint", "limits"),
    [
        (Annotated[int, at.Gt(1), at.MultipleOf(5)],
         {"minimum": 1, "exclusive_minimum": True, "multiple_of": 5}),
        (Annotated[float, at.Interval(ge=0.5, le=2)], {"minimum": 0.5, "maximum": 2}),
        (Annotated[str, at.Len(1, 9)], {"min_length": 1, "max_length": 9}),
        (Annotated[list[int], at.MinLen(1)], {"min_items": 1}),
        (Annotated[dict[str, int], at.MaxLen(3)], {"max_properties": 3}),
        (Annotated[str, Constraints(pattern="^a"), at.MaxLen(3)],
         {"pattern": "^a", "max_length": 3}),
        (Annotated[int, "said elsewhere"], {}),
    ],
)  # fmt: skip
def test_annotations_are_constraints(hint: Any, limits: dict[str, Any]) -> None:
    assert schemas.of(hint).get("constraints", {}) == limits


def test_constraints_of_an_optional_are_those_of_its_value() -> None:
    assert schemas.of(Annotated[int | None, at.Ge(0)])["one_of"] == [
        {"type": "INTEGER", "constraints": {"minimum": 0}},
        {"type": "NULL"},
    ]


def test_format_and_description_can_be_annotated() -> None:
    schema = schemas.of(Annotated[str, Constraints(format="email", description="where to write")])
    assert schema == {"type": "STRING", "format": "email", "description": "where to write"}


@pytest.mark.parametrize(
    "hint",
    [Annotated[datetime.date, at.Ge(datetime.date(2000, 1, 1))], Annotated[int, at.MinLen(1)]],
)
def test_a_constraint_that_its_type_does_not_have_is_refused(hint: Any) -> None:
    with pytest.raises(hmsffi.InvalidArgument, match=r"a schema of type (DATE|INTEGER) has no"):
        schemas.of(hint)


@dataclass
class Unreadable:
    name: "Nowhere"  # type: ignore[name-defined]  # noqa: F821


def test_hints_of_a_class_that_cannot_be_read_are_refused_with_its_name() -> None:
    with pytest.raises(hmsffi.InvalidArgument, match=r"type hints of Unreadable .* 'Nowhere'"):
        schemas.of(Unreadable)


class Alias:
    """As `type Nest = list[Nest] | int` of Python 3.12: its value is made when it is asked for."""

    def __init__(self, name: str, value: Callable[[], Any]) -> None:
        self.__name__ = name
        self._value = value

    @property
    def __value__(self) -> Any:
        return self._value()


class Closed(typing_extensions.TypedDict, closed=True):
    text: typing_extensions.ReadOnly[str]


def test_closed_typed_dict_takes_no_others() -> None:
    schema = schemas.of(Closed)
    assert schema["metadata"] == {"hms.closed": "true"}
    assert [field["schema"] for field in schema["fields"]] == [{"type": "STRING"}]


def test_alias_that_refers_to_itself_is_a_reference() -> None:
    nest = Alias("Nest", lambda: list[nest] | int)  # type: ignore[valid-type]
    schema = schemas.of(nest)
    assert schema == {
        "schema_id": "Nest",
        "type": "UNION",
        "one_of": [
            {"type": "ARRAY", "items": {"type": "REF", "ref": "Nest"}},
            {"type": "INTEGER"},
        ],
    }
    assert schemas.compare(schema, schema) == []
