"""Models of pydantic as what handlers take and answer."""

import datetime
import json
import subprocess
import sys
from dataclasses import dataclass
from typing import Annotated

import hmsffi
import pydantic
import pytest
from hmsffi import schemas


class Contact(pydantic.BaseModel):
    kind: str
    value: Annotated[str, pydantic.Field(min_length=3)]


class Patient(pydantic.BaseModel):
    """A person under treatment."""

    name: str = pydantic.Field(alias="fullName", description="as in the passport")
    age: int = pydantic.Field(ge=0, lt=150)
    born: datetime.date | None = None
    contacts: list[Contact] = []

    @pydantic.field_validator("born")
    @classmethod
    def lived(cls, born: datetime.date | None) -> datetime.date | None:
        if born and born.year < 1800:
            raise ValueError("nobody of that time is alive")
        return born


class Node(pydantic.BaseModel):
    children: list["Node"] = []


@dataclass
class Visit:
    patient: Patient
    companion: Patient | None = None


ADA = {"fullName": "Ada", "age": 36, "born": "1815-12-10"}


@pytest.fixture
def ward(server: hmsffi.Server, client: hmsffi.Client) -> hmsffi.ServiceClient:
    def admit(patient: Patient) -> Patient:
        assert isinstance(patient, Patient)
        return patient.model_copy(update={"age": patient.age + 1})

    async def visit(visit: Visit) -> Visit:
        assert isinstance(visit.patient.contacts[0], Contact)
        return visit

    server.register_method("ward", "admit", admit)
    server.register_method("ward", "visit", visit)
    return client.get_service("ward")


def test_model_has_the_schema_of_its_json_schema() -> None:
    schema = schemas.of(Patient)
    assert (schema["schema_id"], schema["type"]) == ("Patient", "OBJECT")
    fields = {field["name"]: field for field in schema["fields"]}
    assert fields["fullName"]["required"]
    assert fields["age"]["schema"]["constraints"] == {
        "minimum": 0,
        "maximum": 150,
        "exclusive_maximum": True,
    }
    assert fields["contacts"]["schema"]["items"]["schema_id"] == "Contact"
    assert schemas.compare(schemas.of(Node), schemas.of(Node)) == []


def items(of: type) -> type[pydantic.BaseModel]:
    class Item(pydantic.BaseModel):
        value: of  # type: ignore[valid-type]

    return Item


Counted, Named = items(int), items(str)


class Order(pydantic.BaseModel):
    first: Counted  # type: ignore[valid-type]
    next: Counted  # type: ignore[valid-type]


class Bill(pydantic.BaseModel):
    first: Named  # type: ignore[valid-type]
    next: Named  # type: ignore[valid-type]


@dataclass
class Sale:
    order: Order
    bill: Bill
    item: Counted  # type: ignore[valid-type]


def test_models_of_one_name_do_not_influence_each_other(
    server: hmsffi.Server, client: hmsffi.Client
) -> None:
    def sell(sale: Sale) -> None:
        pass

    server.register_method("shop", "sell", sell)
    shop = client.get_service("shop")
    count, name = {"value": 1}, {"value": "tea"}
    order, bill = {"first": count, "next": count}, {"first": name, "next": name}
    shop.call("sell", {"order": order, "bill": bill, "item": count})
    with pytest.raises(hmsffi.InvalidArgument) as refused:
        shop.call("sell", {"order": bill, "bill": order, "item": count})
    places = [one["path"] for one in json.loads(refused.value.details["hms.violations"])]
    assert sorted(places) == [
        f"$.{part}.{item}.value" for part in ("bill", "order") for item in ("first", "next")
    ]
    fields = {field["name"]: field["schema"] for field in schemas.of(Sale)["fields"]}
    assert fields["item"]["schema_id"] == "Item"


def test_handler_gets_and_answers_models(ward: hmsffi.ServiceClient) -> None:
    assert ward.call("admit", ADA) == {**ADA, "age": 37, "contacts": []}
    ada = {**ADA, "contacts": [{"kind": "phone", "value": "123"}]}
    assert ward.call("visit", {"patient": ada}) == {"patient": ada, "companion": None}


def test_library_and_model_both_refuse_with_the_place(ward: hmsffi.ServiceClient) -> None:
    with pytest.raises(hmsffi.InvalidArgument, match=r"\$\.age: 150 is not below 150"):
        ward.call("admit", {**ADA, "age": 150})
    with pytest.raises(hmsffi.InvalidArgument) as refused:
        ward.call("visit", {"patient": {**ADA, "born": "1066-10-14"}})
    (violation,) = json.loads(refused.value.details["hms.violations"])
    assert violation["path"] == "$.patient.born"
    assert "nobody of that time is alive" in violation["message"]


def test_field_of_pydantic_is_a_constraint_anywhere() -> None:
    assert schemas.of(Annotated[int, pydantic.Field(ge=0, description="in years")]) == {
        "type": "INTEGER",
        "constraints": {"minimum": 0},
    }


@pydantic.dataclasses.dataclass
class Bed:
    number: Annotated[int, pydantic.Field(ge=1)]
    ward: Annotated[str, pydantic.AfterValidator(str.upper)] = "a"


def test_dataclass_of_pydantic_is_one(server: hmsffi.Server, client: hmsffi.Client) -> None:
    def name(beds: list[Bed]) -> str:
        return " ".join(f"{bed.ward}{bed.number}" for bed in beds)

    server.register_method("beds", "name", name)
    beds = client.get_service("beds")
    assert beds.name([{"number": 1, "ward": "b"}, {"number": 2}]) == "B1 A2"
    with pytest.raises(hmsffi.InvalidArgument, match=r"\$\[1\]\.number: 0 is below the minimum 1"):
        beds.name([{"number": 1}, {"number": 0}])


def test_nobody_needs_pydantic() -> None:
    program = "import sys, hmsffi; sys.exit('pydantic' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
