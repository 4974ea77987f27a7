"""A client gets the version of a service that it was made for, or is told why there is none."""

import json
from collections.abc import Iterator
from typing import Any

import hmsffi
import pytest


def amount(least: int) -> dict[str, Any]:
    return {"type": "INTEGER", "constraints": {"minimum": least}}


def made_for(version: str) -> dict[str, Any]:
    """Made for this version, in which any amount could be charged."""
    charge = {"name": "charge", "input_schema": amount(0), "output_schema": {"type": "STRING"}}
    return {"service_id": "bound.billing", "version": version, "methods": [charge]}


@pytest.fixture
def client() -> Iterator[hmsffi.Client]:
    """A client beside three versions of a service, whose method says which it is."""
    server = hmsffi.create_server("billing")

    def host(version: str, least: int) -> None:
        @hmsffi.service("bound.billing", version=version)
        class Billing:
            @hmsffi.method(input_schema=amount(least))
            def charge(self, _: int) -> str:
                return version

        server.register_service(Billing())

    for version, least in [("1.2.0", 0), ("1.3.0", 0), ("1.4.0", 5)]:
        host(version, least)
    server.start()
    yield hmsffi.create_client()
    server.stop()


def test_calls_go_to_the_highest_version_that_fits(client: hmsffi.Client) -> None:
    loose = client.get_service("bound.billing", expects=made_for("1.2.0"))
    assert loose.call("charge", 7) == "1.3.0"
    text = json.dumps(made_for("1.2.0"))
    strict = client.get_service("bound.billing", expects=text, binding="strict")
    assert strict.bind("charge")(7) == "1.2.0"
    assert client.get_service("bound.billing").call("charge", 7) == "1.4.0"


def test_what_does_not_fit_is_refused_with_each_difference(client: hmsffi.Client) -> None:
    with pytest.raises(hmsffi.FailedPrecondition) as refused:
        client.get_service("bound.billing@1.4.0", expects=made_for("1.2.0"))
    assert "charge input_schema $ minimum: expected 0, provided 5" in str(refused.value)
    differences = json.loads(refused.value.details["hms.differences"])
    assert differences[1]["must_move"] == "caller"
    with pytest.raises(hmsffi.NotFound):
        client.get_service("bound.nobody", expects={})
    with pytest.raises(hmsffi.InvalidArgument):
        client.get_service("bound.billing", expects="{")
    with pytest.raises(hmsffi.InvalidArgument, match="it must be 'loose' or 'strict'"):
        client.get_service("bound.billing", expects={}, binding="near")  # type: ignore[arg-type]
