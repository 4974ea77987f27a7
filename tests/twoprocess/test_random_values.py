"""Random values of every kind come back from every language and from every encoding."""

import json
import os
import random
from pathlib import Path
from typing import Any

import cbor2
import pytest
from domain import SERVERS, Domain
from every_kind import ANYTHING, ENVELOPE
from fitting import fitting
from hosts import BYTES, CBOR
from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st

MOST_SAFE = 2**53 - 1

# Many in one message, so that few messages do; or one, so that a difference is shown alone.
BATCHES = st.integers(0, 200).flatmap(
    lambda length: st.lists(fitting(ANYTHING), min_size=length, max_size=length)
)
FIRST_SEED = random.getrandbits(32) if os.environ.get("HMSFFI_FUZZ") == "1" else 0
at_random = settings(
    database=None,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


def canonical(value: Any) -> bytes:
    """The bytes that are the same for equal values only, and for 1 and 1.0 are not."""
    return cbor2.dumps(value, canonical=True)


def in_javascript(value: Any) -> Any:
    """What has one kind of number: see docs/values.md."""
    match value:
        case float() if value.is_integer() and abs(value) <= MOST_SAFE and str(value) != "-0.0":
            return int(value)
        case dict():
            return {key: in_javascript(inner) for key, inner in value.items()}
        case list():
            return [in_javascript(inner) for inner in value]
    return value


@pytest.mark.timeout(600)
def test_10_000_values_come_back_from_every_language_and_from_every_encoding(
    domain: Domain, tmp_path: Path
) -> None:
    schema = tmp_path / "schema.json"
    schema.write_text(json.dumps(ENVELOPE), encoding="utf-8")
    for server in SERVERS:
        domain.server(server, RELAY_SCHEMA=str(schema))
    caller = domain.caller("c")
    seen, rounds, kinds = set(), 0, set()

    @at_random
    @given(BATCHES)
    def come_back(values: list[Any]) -> None:
        seen.update(map(canonical, values))
        kinds.update(*values)
        sent = canonical([values])
        enveloped = canonical({"f1": values})
        for server in SERVERS:
            held = caller.call(server, sent, method="value", content_type=CBOR)
            expected = canonical(in_javascript([values])) if server == "node" else sent
            assert canonical(cbor2.loads(held)) == expected, f"{server} has another value"
            converted = caller.call(server, enveloped, method="convert", content_type=BYTES)
            assert converted == enveloped, f"{server} has another payload"

    while len(seen) < 10_000:
        seed(FIRST_SEED + rounds)(come_back)()
        rounds += 1
    assert kinds == {field["name"] for field in ANYTHING["fields"]}
