"""Errors with data: what handlers raise and callers get, by classes and without."""

import asyncio
import logging
import pickle
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any, TypedDict

import hmsffi
import pydantic
import pytest
from hmsffi import StreamType

if TYPE_CHECKING:
    from decimal import Decimal


@dataclass
class OutOfStock(hmsffi.FailedPrecondition):
    """Less is left than was ordered.

    Attributes:
        left: How many there are.
    """

    item: str
    left: int = 0
    again: date | None = None


@dataclass
class Full(hmsffi.ResourceExhausted):
    beds: int

    def __str__(self) -> str:
        return f"all {self.beds} beds are taken"


class Hours(TypedDict):
    opens: str


class Closed(hmsffi.Unavailable):
    schema = "shop.Closed"
    data: Hours


class Address(pydantic.BaseModel):
    street: str
    number: int = pydantic.Field(ge=1)


class Moved(hmsffi.NotFound):
    data: Address


class Texted(hmsffi.Aborted):
    data: str


ERRORS = [OutOfStock, Full, Closed, Moved, Texted]
RAISED: dict[str, hmsffi.Error] = {}


@hmsffi.service("shop", metadata={"hms.validate": "always"})
class Shop:
    @hmsffi.method(errors=ERRORS)
    def order(self, which: str) -> None:
        raise RAISED[which]

    @hmsffi.method(errors=ERRORS)
    async def order_later(self, which: str) -> None:
        await asyncio.sleep(0)
        raise RAISED[which]

    @hmsffi.stream_method(stream_type=StreamType.SERVER_STREAMING, errors=ERRORS)
    def orders(self, which: str) -> Iterator[int]:
        yield 1
        raise RAISED[which]

    @hmsffi.stream_method(stream_type=StreamType.SERVER_STREAMING, errors=ERRORS)
    async def orders_later(self, which: str) -> AsyncIterator[int]:
        yield 1
        raise RAISED[which]


RAISED |= {
    "dataclass": OutOfStock("tea", 2, date(2026, 11, 22)),
    "str": Full(5),
    "dict": Closed("it is night", data={"opens": "noon"}),
    "model": Moved("not here", data=Address(street="Baker Street", number=221)),
    "text": Texted("given up", "shop.door", {"k": "v"}, data="why"),
}


@pytest.fixture
def shop(server: hmsffi.Server, client: hmsffi.Client) -> hmsffi.ServiceClient:
    server.register_service(Shop())
    return client.get_service("shop", errors=ERRORS)


@pytest.mark.parametrize("method", ["order", "order_later"])
def test_an_error_of_a_call_is_of_its_class(shop: hmsffi.ServiceClient, method: str) -> None:
    with pytest.raises(OutOfStock) as out:
        shop.call(method, "dataclass", timeout=10)
    assert (out.value.item, out.value.left, out.value.again) == ("tea", 2, date(2026, 11, 22))
    assert out.value.message.startswith("OutOfStock(item='tea', left=2, ")
    assert (out.value.code, out.value.source) == (
        hmsffi.Code.FAILED_PRECONDITION,
        f"shop.{method}",
    )
    assert out.value.schema == "OutOfStock"
    assert out.value.data == {"item": "tea", "left": 2, "again": "2026-11-22"}
    with pytest.raises(Full, match="all 5 beds are taken") as full:
        shop.call(method, "str")
    assert full.value.message == "all 5 beds are taken"
    with pytest.raises(Closed, match="it is night") as closed:
        shop.call(method, "dict")
    assert closed.value.data["opens"] == "noon"
    with pytest.raises(Moved) as moved:
        shop.call(method, "model")
    assert moved.value.data == Address(street="Baker Street", number=221)
    with pytest.raises(Texted) as texted:
        shop.call(method, "text")
    assert (texted.value.data, texted.value.source) == ("why", "shop.door")
    assert texted.value.details["k"] == "v"


@pytest.mark.parametrize("method", ["orders", "orders_later"])
def test_a_stream_that_fails_raises_its_class(shop: hmsffi.ServiceClient, method: str) -> None:
    with shop.stream_call(method, "dataclass") as stream:
        assert stream.receive(10) == 1
        with pytest.raises(OutOfStock) as out:
            stream.receive(10)
    assert out.value.left == 2

    async def later() -> None:
        async for _ in shop.stream_call(method, "dict"):
            pass

    with pytest.raises(Closed):
        asyncio.run(later())


def test_every_way_to_wait_raises_the_class(shop: hmsffi.ServiceClient) -> None:
    with pytest.raises(OutOfStock):
        asyncio.run(shop.async_call("order", "dataclass"))
    call = shop.call_async("order", "dataclass")
    for _ in range(2):
        with pytest.raises(OutOfStock) as out:
            call.result(10)
        assert out.value.left == 2

    async def later() -> None:
        await shop.call_async("order_later", "dataclass").async_result(10)

    with pytest.raises(OutOfStock):
        asyncio.run(later())
    with pytest.raises(OutOfStock):
        shop.order("dataclass")
    with pytest.raises(OutOfStock):
        asyncio.run(shop.asyncio.order("dataclass"))


def test_who_names_no_class_gets_that_of_the_code_with_schema_and_data(
    shop: hmsffi.ServiceClient, client: hmsffi.Client
) -> None:
    with pytest.raises(hmsffi.FailedPrecondition) as caught:
        client.get_service("shop").call("order", "dataclass")
    assert type(caught.value) is hmsffi.FailedPrecondition
    assert caught.value.schema == "OutOfStock"
    assert caught.value.data == {"item": "tea", "left": 2, "again": "2026-11-22"}
    with pytest.raises(hmsffi.FailedPrecondition) as bound:
        shop.bind("order")("dataclass")
    assert bound.value.data["left"] == 2


def test_schemas_are_those_of_the_classes(server: hmsffi.Server, client: hmsffi.Client) -> None:
    server.register_service(Shop())
    registry = client.get_service("hms.ffi.v1.ServiceRegistry")
    methods = registry.call("GetService", {"service_id": "shop"})["service"]["methods"]
    order = next(method for method in methods if method["name"] == "order")
    described = {schema["schema_id"]: schema for schema in order["error_schemas"]}
    assert list(described) == ["OutOfStock", "Full", "shop.Closed", "Address", "Texted"]
    stock = described["OutOfStock"]
    assert stock["description"] == "Less is left than was ordered."
    fields = {field["name"]: field for field in stock["fields"]}
    assert fields["left"]["description"] == "How many there are."
    assert [name for name, field in fields.items() if field["required"]] == ["item"]


def test_a_handler_fails_with_data_that_have_no_class(
    server: hmsffi.Server, client: hmsffi.Client
) -> None:
    def fail(_: object) -> None:
        raise hmsffi.NotFound("nobody", schema="Nobody", data={"near": ["Ada"]})

    def fail_generally(_: object) -> None:
        raise hmsffi.Error(5, "nothing", schema="Nothing")

    schemas = [{"schema_id": "Nobody", "type": "OBJECT"}, {"schema_id": "Nothing", "type": "NULL"}]
    server.register_method("people", "find", fail, error_schemas=schemas)
    server.register_method("people", "look", fail_generally)
    people = client.get_service("people")
    with pytest.raises(hmsffi.NotFound) as caught:
        people.call("find")
    assert (caught.value.schema, caught.value.data) == ("Nobody", {"near": ["Ada"]})
    with pytest.raises(hmsffi.NotFound) as caught:
        people.call("look")
    assert (caught.value.schema, caught.value.data) == ("Nothing", None)


class Refused(hmsffi.Error):
    schema = "Refused"
    data: Hours


def test_a_class_without_a_code_catches_any(server: hmsffi.Server, client: hmsffi.Client) -> None:
    def fail(code: int) -> None:
        raise Refused(code, "no", data={"opens": "noon"})

    server.register_method("desk", "ask", fail, errors=[Refused])
    desk = client.get_service("desk", errors=[Refused])
    with pytest.raises(Refused) as refused:
        desk.call("ask", hmsffi.Code.NOT_FOUND)
    assert isinstance(refused.value, hmsffi.NotFound)
    with pytest.raises(hmsffi.Aborted) as aborted:
        desk.call("ask", hmsffi.Code.ABORTED)
    assert isinstance(aborted.value, Refused)
    copy = pickle.loads(pickle.dumps(aborted.value))
    assert type(copy) is type(aborted.value)


def test_errors_with_data_can_be_pickled(shop: hmsffi.ServiceClient) -> None:
    with pytest.raises(OutOfStock) as out:
        shop.call("order", "dataclass")
    for error in (out.value, OutOfStock("tea", 2, date(2026, 11, 22))):
        copy = pickle.loads(pickle.dumps(error))
        assert isinstance(copy, OutOfStock)
        assert (copy.item, copy.left, copy.again) == ("tea", 2, date(2026, 11, 22))
        assert (copy.code, copy.message, copy.details) == (error.code, error.message, error.details)
        assert (copy.source, copy.stack, copy.schema) == (error.source, error.stack, error.schema)


def test_an_error_that_is_passed_on_keeps_its_data(
    server: hmsffi.Server, client: hmsffi.Client, shop: hmsffi.ServiceClient
) -> None:
    server.register_method("counter", "order", lambda which: shop.call("order", which))
    counter = client.get_service("counter", errors=ERRORS)
    with pytest.raises(OutOfStock) as out:
        counter.call("order", "dataclass")
    assert out.value.left == 2
    assert isinstance(out.value.__cause__, hmsffi.FailedPrecondition)


def test_data_that_do_not_fit_the_class_leave_the_error_as_it_is(
    server: hmsffi.Server, client: hmsffi.Client
) -> None:
    def fail(data: Any) -> None:
        raise hmsffi.FailedPrecondition("short", schema="OutOfStock", data=data)

    server.register_method("other", "order", fail)
    other = client.get_service("other", errors=[OutOfStock])
    with pytest.raises(hmsffi.FailedPrecondition, match="short") as caught:
        other.call("order", {"left": 2})
    assert not isinstance(caught.value, OutOfStock)
    assert caught.value.data == {"left": 2}
    assert "no OutOfStock" in caught.value.__notes__[-1]


def test_data_that_are_no_data_leave_the_error_as_it_is(
    server: hmsffi.Server, client: hmsffi.Client
) -> None:
    def fail(data: str) -> None:
        details = {"hms.error_schema": "OutOfStock", "hms.error_data": data}
        raise hmsffi.FailedPrecondition("short", details=details)

    server.register_method("odd", "order", fail)
    odd = client.get_service("odd", errors=[OutOfStock])
    for data in ("/w==", "no base64!"):
        with pytest.raises(hmsffi.FailedPrecondition, match="short") as caught:
            odd.call("order", data)
        assert type(caught.value) is hmsffi.FailedPrecondition
        assert (caught.value.schema, caught.value.data) == (None, None)
        assert caught.value.details["hms.error_data"] == data


def test_data_that_cannot_be_sent_do_not_hide_the_failure(
    server: hmsffi.Server, client: hmsffi.Client, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(_: object) -> None:
        raise hmsffi.NotFound("nobody", schema="Nobody", data={"near": {1, 2}})

    server.register_method("odd", "find", fail)
    caplog.set_level(logging.WARNING, "hmsffi")
    with pytest.raises(hmsffi.NotFound, match="nobody") as caught:
        client.get_service("odd").call("find")
    assert caught.value.schema is None
    assert "NotFound is answered without its data: " in caplog.text


class Priced(hmsffi.NotFound):
    price: "Decimal"


def test_hints_that_only_type_checkers_can_read_are_no_data(
    server: hmsffi.Server, client: hmsffi.Client, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(_: object) -> None:
        raise Priced("nothing costs that")

    server.register_method("shelf", "find", fail)
    with pytest.raises(hmsffi.NotFound, match="nothing costs that") as caught:
        client.get_service("shelf").call("find")
    assert caught.value.schema is None
    assert "without its data" not in caplog.text
    with pytest.raises(hmsffi.InvalidArgument, match="the type hints of Priced cannot be read"):
        client.get_service("shelf", errors=[Priced])


def test_an_error_that_the_method_does_not_have_is_the_handlers_fault(
    server: hmsffi.Server, client: hmsffi.Client
) -> None:
    @hmsffi.service("strict", metadata={"hms.validate": "always"})
    class Strict:
        @hmsffi.method(errors=[Full])
        def order(self, _: object) -> None:
            raise RAISED["dataclass"]

    server.register_service(Strict())
    with pytest.raises(hmsffi.Internal, match="it has no error 'OutOfStock'"):
        client.get_service("strict", errors=ERRORS).call("order")


@dataclass
class Step:
    name: str
    then: "Step | None" = None


class Stuck(hmsffi.Aborted):
    schema = "plan.Stuck"
    data: Step


def test_data_may_be_made_of_themselves_under_another_name(
    server: hmsffi.Server, client: hmsffi.Client
) -> None:
    @hmsffi.service("plan", metadata={"hms.validate": "always"})
    class Plan:
        @hmsffi.method(errors=[Stuck])
        def follow(self, _: object) -> None:
            raise Stuck("no further", data=Step("up", Step("down")))

    server.register_service(Plan())
    with pytest.raises(Stuck) as stuck:
        client.get_service("plan", errors=[Stuck]).call("follow")
    assert stuck.value.schema == "plan.Stuck"
    assert stuck.value.data == Step("up", Step("down"))


@dataclass
class Coded(hmsffi.NotFound):
    source: str


def test_classes_that_do_not_say_their_data_are_refused(client: hmsffi.Client) -> None:
    with pytest.raises(hmsffi.InvalidArgument, match="NotFound does not say which data it has"):
        client.get_service("shop", errors=[hmsffi.NotFound])
    with pytest.raises(hmsffi.InvalidArgument, match="Coded has the field 'source', which all"):
        client.get_service("shop", errors=[Coded])
