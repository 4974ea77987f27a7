"""Handlers with type hints: their schemas are registered, and they get what their hints name."""

import asyncio
import datetime
import decimal
import enum
import functools
import ipaddress
import json
import uuid
from collections.abc import AsyncIterator, Iterator
from dataclasses import asdict, dataclass, field
from typing import Annotated, Any, Literal, NamedTuple, TypedDict

import hmsffi
import pytest
from hmsffi import ServerStream, StreamType
from hmsffi.schemas import Constraints


class Gender(enum.Enum):
    FEMALE = "female"
    MALE = "male"


@dataclass
class Patient:
    name: str
    gender: Gender
    born: datetime.date
    friends: "list[Patient]" = field(default_factory=list)
    visits: Annotated[int, Constraints(minimum=0)] = 0

    def __post_init__(self) -> None:
        if self.born.year < 1800:
            raise ValueError(f"nobody of {self.born.year} is alive")


ADA = {"name": "Ada", "gender": "female", "born": "1815-12-10"}


class Stay(TypedDict):
    arrived: datetime.datetime
    nights: int


class Rights(enum.Flag):
    READ = 1
    WRITE = 2


class Point(NamedTuple):
    x: float
    label: str


class Odd(enum.Enum):
    PAIR = (1, 2)


@hmsffi.service("ward", metadata={"hms.validate": "always"})
class WardService:
    def __init__(self) -> None:
        self.seen: list[Any] = []

    @hmsffi.method()
    def admit(self, patient: Patient) -> Patient:
        self.seen.append(patient)
        patient.visits += 1
        return patient

    @hmsffi.method()
    async def admit_later(self, patient: Patient) -> Patient:
        await asyncio.sleep(0)
        return self.admit(patient)

    @hmsffi.method()
    def greet(self, name: str, times: int = 1, *, polite: bool = False) -> str:
        """Greets.

        Args:
            name: whom.
            times: how often.
        """
        return ("Dear " if polite else "") + name * times

    @hmsffi.method()
    async def greet_later(self, *, patient: Patient) -> str:
        return patient.name

    @hmsffi.method()
    def nights(self, stay: Stay) -> int:
        self.seen.append(stay)
        return stay["nights"]

    @hmsffi.method()
    def lie(self, patient: Patient) -> Patient:
        return patient.name  # type: ignore[return-value]

    @hmsffi.method()
    def anything(self, value: dict[str, Any]) -> Any:
        return value

    @hmsffi.method(typed=False)
    def untouched(self, patient: Patient) -> Patient:
        self.seen.append(patient)
        return patient

    @hmsffi.method(input_schema={"type": "ANY"})
    def unchecked(self, patient: Patient) -> str:
        return patient.name

    @hmsffi.stream_method(stream_type=StreamType.SERVER_STREAMING)
    def copies(self, patient: Patient, count: int) -> Iterator[Patient]:
        for _ in range(count):
            yield patient

    @hmsffi.stream_method(stream_type=StreamType.CLIENT_STREAMING)
    def oldest(self, patients: ServerStream[Patient, Patient]) -> Patient:
        return min(patients, key=lambda patient: patient.born)

    @hmsffi.stream_method()
    async def admit_all(self, patients: ServerStream[Patient, Patient]) -> AsyncIterator[Patient]:
        async for patient in patients:
            yield self.admit(patient)


@pytest.fixture
def service(server: hmsffi.Server) -> WardService:
    service = WardService()
    server.register_service(service)
    return service


@pytest.fixture
def ward(service: WardService, client: hmsffi.Client) -> hmsffi.ServiceClient:
    return client.get_service("ward")


@pytest.mark.parametrize("method", ["admit", "admit_later"])
def test_handler_gets_and_answers_instances(
    service: WardService, ward: hmsffi.ServiceClient, method: str
) -> None:
    answer = ward.call(method, {**ADA, "friends": [{**ADA, "name": "Mary"}]})
    (patient,) = service.seen
    assert patient.gender is Gender.FEMALE
    assert patient.born == datetime.date(1815, 12, 10)
    assert isinstance(patient.friends[0], Patient)
    assert answer["visits"] == 1
    assert answer["friends"] == [{**ADA, "name": "Mary", "friends": [], "visits": 0}]


@pytest.mark.parametrize("method", ["admit", "admit_later"])
def test_what_does_not_fit_never_reaches_the_handler(
    service: WardService, ward: hmsffi.ServiceClient, method: str
) -> None:
    with pytest.raises(hmsffi.InvalidArgument) as refused:
        ward.call(method, {"name": 1, "gender": "female", "visits": -1})
    violations = json.loads(refused.value.details["hms.violations"])
    assert {each["path"] for each in violations} == {"$.name", "$.visits", "$.born"}
    assert service.seen == []


@pytest.mark.parametrize("method", ["admit", "admit_later"])
def test_what_a_class_refuses_is_told_with_its_place(
    ward: hmsffi.ServiceClient, method: str
) -> None:
    with pytest.raises(hmsffi.InvalidArgument) as refused:
        ward.call(method, {**ADA, "friends": [{**ADA, "born": "1066-10-14"}]})
    assert f"ward.{method}: $.friends[0]: nobody of 1066 is alive" in str(refused.value)
    assert json.loads(refused.value.details["hms.violations"]) == [
        {"path": "$.friends[0]", "message": "nobody of 1066 is alive", "code": "value"}
    ]


def test_parameters_are_taken_by_their_names(ward: hmsffi.ServiceClient) -> None:
    assert ward.call("greet", {"name": "Ada"}) == "Ada"
    assert ward.call("greet", {"name": "Ada", "times": 2, "polite": True}) == "Dear AdaAda"
    assert ward.call("greet", {"name": "Ada", "unknown": 1}) == "Ada"
    assert ward.call("greet_later", {"patient": ADA}) == "Ada"
    with pytest.raises(hmsffi.InvalidArgument, match=r"\$\.times: .*; \$\.name: required"):
        ward.call("greet", {"times": "two"})


def test_typed_dict_stays_a_dict(service: WardService, ward: hmsffi.ServiceClient) -> None:
    arrived = datetime.datetime(2026, 1, 2, tzinfo=datetime.UTC)
    assert ward.call("nights", {"arrived": arrived, "nights": 3.0}) == 3
    assert service.seen == [{"arrived": arrived, "nights": 3}]
    assert type(service.seen[0]["nights"]) is int


def test_an_answer_that_breaks_its_hint_is_internal(ward: hmsffi.ServiceClient) -> None:
    with pytest.raises(hmsffi.Internal, match="answer does not fit its type hint"):
        ward.call("lie", ADA)


def test_hints_can_be_turned_off(service: WardService, ward: hmsffi.ServiceClient) -> None:
    assert ward.call("untouched", "anyone") == "anyone"
    assert service.seen == ["anyone"]


def test_an_explicit_schema_stands_and_hints_still_make_instances(
    ward: hmsffi.ServiceClient,
) -> None:
    assert ward.call("unchecked", ADA) == "Ada"
    with pytest.raises(hmsffi.InvalidArgument) as refused:
        ward.call("unchecked", {"gender": "robot", "born": "1815-12-10"})
    assert "$.name: required; $.gender: needs one of female, male" in str(refused.value)


def test_streams_carry_instances(ward: hmsffi.ServiceClient) -> None:
    sent = {"patient": ADA, "count": 2}
    assert [copy["name"] for copy in ward.stream_call("copies", sent)] == ["Ada", "Ada"]
    with ward.stream_call("oldest") as stream:
        stream.send(ADA)
        stream.send({**ADA, "name": "Charles", "born": "1810-12-26"})
        assert stream.result()["name"] == "Charles"
    with ward.stream_call("admit_all") as stream:
        stream.send(ADA)
        assert stream.receive()["visits"] == 1
        with pytest.raises(hmsffi.InvalidArgument, match=r"\$\.gender: required"):
            stream.send({"name": "nobody"})


def definition(client: hmsffi.Client, service: str) -> dict[str, dict[str, Any]]:
    answer = client.get_service("hms.ffi.v1.ServiceRegistry").call(
        "GetService", {"service_id": service}
    )
    return {method["name"]: method for method in answer["service"]["methods"]}


def test_schemas_are_registered_with_the_service(
    service: WardService, client: hmsffi.Client
) -> None:
    methods = definition(client, "ward")
    assert methods["admit"]["input_schema"]["schema_id"] == "Patient"
    greeting = methods["greet"]["input_schema"]["fields"]
    assert [field["name"] for field in greeting] == ["name", "times", "polite"]
    assert [field["description"] for field in greeting] == ["whom.", "how often.", ""]
    assert [field["required"] for field in greeting] == [True, False, False]
    for method in ("anything", "untouched"):
        assert not methods[method].get("input_schema")
        assert not methods[method].get("output_schema")


@pytest.mark.parametrize(
    ("hint", "sent", "given"),
    [
        (int, 2.0, 2),
        (float, decimal.Decimal("1.5"), 1.5),
        (decimal.Decimal, 1.1, decimal.Decimal("1.1")),
        (datetime.time, "08:30:00", datetime.time(8, 30)),
        (datetime.timedelta, "P1DT2H0.5S", datetime.timedelta(1, 7200, 500_000)),
        (datetime.datetime, "2026-01-02T03:04:05Z",
         datetime.datetime(2026, 1, 2, 3, 4, 5, tzinfo=datetime.UTC)),
        (uuid.UUID, "2eb8aa08-aa98-11ea-b4aa-73b441d16380",
         uuid.UUID("2eb8aa08-aa98-11ea-b4aa-73b441d16380")),
        (set[int], [1, 2], {1, 2}),
        (tuple[int, str], [1, "a"], (1, "a")),
        (dict[int, Gender], {"1": "male"}, {1: Gender.MALE}),
        (datetime.date | None, None, None),
        (datetime.date | int, "2026-01-02", datetime.date(2026, 1, 2)),
        (datetime.date | int, 3, 3),
        (list[Gender], ["male"], [Gender.MALE]),
        (list[int], [1, 2.0], [1, 2]),
        (Odd, "PAIR", Odd.PAIR),
        (Rights, 3, Rights.READ | Rights.WRITE),
        (Literal[Gender.MALE], "male", Gender.MALE),
        (dict[bool, int], {"true": 1}, {True: 1}),
        (dict[datetime.date, int], {"2026-01-02": 1}, {datetime.date(2026, 1, 2): 1}),
        (dict[uuid.UUID, int], {"2eb8aa08-aa98-11ea-b4aa-73b441d16380": 1},
         {uuid.UUID("2eb8aa08-aa98-11ea-b4aa-73b441d16380"): 1}),
        (Point, [1.5, "a"], Point(1.5, "a")),
        (frozenset[int], [1], frozenset({1})),
        (bytearray, b"ab", bytearray(b"ab")),
        (ipaddress.IPv6Address, "2001:db8::1", ipaddress.IPv6Address("2001:db8::1")),
        (bytes, b"\x01", b"\x01"),
        (list[bytes], [b"\x01"], [b"\x01"]),
    ],
)  # fmt: skip
def test_what_arrives_becomes_what_the_hint_names_and_goes_back(
    server: hmsffi.Server, client: hmsffi.Client, hint: Any, sent: Any, given: Any
) -> None:
    seen: list[Any] = []

    def handler(value: Any) -> Any:
        seen.append(value)
        return value

    handler.__annotations__ = {"value": hint, "return": hint}
    server.register_method("kinds", "same", handler)
    kinds = client.get_service("kinds")
    answer = kinds.call("same", sent)
    assert seen == [given]
    assert type(seen[0]) is type(given)
    # The answer is again something that the method takes.
    assert kinds.call("same", answer) == answer
    assert seen == [given, given]


@pytest.mark.parametrize(
    ("hint", "sent", "why"),
    [
        (int, decimal.Decimal("1E+99999999"), "needs an integer, found Decimal"),
        (float, decimal.Decimal("1E+999"), "more than a float holds"),
        (datetime.timedelta, "P1Y", "years or months, which have no length"),
        (datetime.timedelta, "PT0.0000001S", "finer than microseconds"),
        (datetime.datetime, 5, "needs text, found int"),
        (Gender, "robot", "needs one of female, male"),
        (tuple[int, int], [1], "needs 2 items, found 1"),
        (set[int], 5, "needs a list, found int"),
        (dict[int, int], 5, "needs a map, found int"),
    ],
)
def test_what_python_cannot_hold_is_refused_in_time(
    server: hmsffi.Server, client: hmsffi.Client, hint: Any, sent: Any, why: str
) -> None:
    def handler(value: Any) -> None:
        raise AssertionError(value)

    handler.__annotations__ = {"value": hint}
    server.register_method("narrow", "take", handler, input_schema={"type": "ANY"})
    with pytest.raises(hmsffi.InvalidArgument, match=why):
        client.get_service("narrow").call("take", sent)


def test_decorated_handlers_take_what_their_decorator_takes(
    server: hmsffi.Server, client: hmsffi.Client
) -> None:
    def greet(name: str, times: int = 1) -> str:
        return name * times

    @functools.wraps(greet)
    def passing_on(*args: Any, **kwargs: Any) -> str:
        return greet(*args, **kwargs)

    @functools.wraps(greet)
    def with_its_own(names: list[str]) -> str:
        return greet(names[0], times=len(names))

    server.register_method("wrapped", "passing_on", passing_on)
    server.register_method("wrapped", "with_its_own", with_its_own)
    wrapped = client.get_service("wrapped")
    assert wrapped.passing_on(name="Ada", times=2) == "AdaAda"
    assert wrapped.with_its_own(["Ada", "Mary"]) == "AdaAda"


def test_handlers_that_take_one_value_still_do(
    server: hmsffi.Server, client: hmsffi.Client
) -> None:
    def hinted(value: "Nowhere") -> "Nowhere":  # type: ignore[name-defined]  # noqa: F821
        return value

    seen: list[Any] = []
    server.register_method("loose", "hinted", hinted)
    server.register_method("loose", "built_in", seen.append)
    server.register_method("loose", "print", lambda value, /, end="": [value, end])
    loose = client.get_service("loose")
    assert loose.call("hinted", {"a": 1}) == {"a": 1}
    assert loose.call("built_in", 1) is None
    assert seen == [1]
    assert loose.call("print", 1) == [1, ""]


def test_handler_of_bytes_takes_those_of_any_content_type(
    server: hmsffi.Server, client: hmsffi.Client
) -> None:
    class Message:
        def SerializeToString(self) -> bytes:
            return b"protobuf"

    def size(body: bytes) -> int:
        return len(body)

    server.register_method("opaque", "size", size)
    opaque = client.get_service("opaque")
    assert opaque.call("size", Message()) == opaque.call("size", b"anything") == 8
    with pytest.raises(hmsffi.InvalidArgument, match="needs BINARY, found"):
        opaque.call("size", {"a": 1})


@dataclass
class Left:
    inner: "Left | Right | None"
    left: int


@dataclass
class Right:
    inner: "Left | Right | None"
    right: int


def test_unions_inside_each_other_are_chosen_without_trying_all_ways(
    server: hmsffi.Server, client: hmsffi.Client
) -> None:
    def turns(path: Left | Right) -> str:
        inner = turns(path.inner) if path.inner else ""
        return ("L" if isinstance(path, Left) else "R") + inner

    def back(path: str) -> Left | Right:
        inner = back(path[1:]) if path[1:] else None
        return Left(inner, 1) if path[0] == "L" else Right(inner, 1)

    server.register_method("path", "turns", turns)
    server.register_method("path", "back", back)
    path = client.get_service("path")
    way = "RRRL" * 15
    assert path.turns(path.back(way)) == way


def test_default_of_none_may_be_sent_though_the_hint_forgets_it(
    server: hmsffi.Server, client: hmsffi.Client
) -> None:
    def greet(name: str, title: str = None) -> str:  # type: ignore[assignment]  # noqa: RUF013
        return f"{title or ''}{name}"

    server.register_method("forgetful", "greet", greet)
    forgetful = client.get_service("forgetful")
    assert forgetful.greet(name="Ada") == forgetful.greet(name="Ada", title=None) == "Ada"


def test_handler_without_parameters_takes_nothing(
    server: hmsffi.Server, client: hmsffi.Client
) -> None:
    server.register_method("bare", "ping", lambda: "pong")
    bare = client.get_service("bare")
    assert bare.ping() == bare.call("ping", {"ignored": 1}) == "pong"


def test_a_dataclass_of_the_answer_is_what_asdict_says(ward: hmsffi.ServiceClient) -> None:
    patient = Patient("Ada", Gender.FEMALE, datetime.date(1815, 12, 10))
    sent = {**asdict(patient), "gender": "female", "born": "1815-12-10"}
    assert ward.call("admit", sent) == {**sent, "visits": 1}
