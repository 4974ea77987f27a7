"""What types cost a caller in Python: calls.py BUILT. One line of JSON for each row."""

import gc
import json
import statistics
import sys
import time
from collections.abc import Callable
from itertools import repeat
from pathlib import Path
from typing import Annotated, Any, Literal

import cbor2
import hmsffi
import pydantic

BLOCKS, CALLS = 41, 5_000
FOUR = {"id": 1, "name": "Ada Lovelace", "weight": 59.5, "active": True}
PATIENT = Path(__file__).parent / "patient"
RECORD = json.loads((PATIENT / "record.json").read_text(encoding="utf-8"))


class ContactInfo(pydantic.BaseModel):
    type: str
    value: str


class PatientRecord(pydantic.BaseModel):
    """What patient/schema.json says."""

    id: Annotated[str, pydantic.Field(pattern="^p-[0-9]{6}$")]
    name: Annotated[str, pydantic.Field(min_length=1, max_length=100)]
    age: Annotated[int, pydantic.Field(ge=0, le=150)]
    gender: Literal["MALE", "FEMALE", "OTHER"]
    contacts: list[ContactInfo]
    attributes: dict[str, str]


def medians(*ways: Callable[[Any], object], argument: object) -> list[float]:
    """Nanoseconds of each way, measured in turns. The first block warms up."""
    blocks: list[list[float]] = [[] for _ in ways]
    for block in range(BLOCKS + 1):
        for way, times in zip(ways, blocks, strict=True):
            began = time.perf_counter_ns()
            for _ in repeat(None, CALLS):
                way(argument)
            if block > 0:
                times.append((time.perf_counter_ns() - began) / CALLS)
    return [statistics.median(times) for times in blocks]


def row(title: str, ns: float, against: str, against_ns: float, limit: float | None = None) -> None:
    figures = {"title": title, "ns": ns, "against": against, "against_ns": against_ns}
    print(json.dumps(figures | {"limit": limit}), flush=True)


def codec() -> None:
    dumps, loads = hmsffi.cbor.dumps, hmsffi.cbor.loads
    assert loads(dumps(FOUR)) == cbor2.loads(cbor2.dumps(FOUR)) == FOUR
    ours, theirs = medians(
        lambda value: loads(dumps(value)),
        lambda value: cbor2.loads(cbor2.dumps(value)),
        argument=FOUR,
    )
    row("Python: encode and decode the four-field dict", ours, "cbor2", theirs, 0.4)


def calls(built: Path) -> None:
    hmsffi.load_component(built / "rust.so")
    with hmsffi.create_client() as client:
        rust = client.get_service("bench.rust")
        checked, unchecked = rust.bind("checked_patient"), rust.bind("patient")
        assert checked(RECORD) == unchecked(RECORD) == RECORD
        for broken in ({"id": 1}, {"age": 200}, {"gender": "?"}, {"contacts": [{"type": "email"}]}):
            try:
                checked(RECORD | broken)
            except hmsffi.InvalidArgument:
                continue
            raise AssertionError(broken)
        text = json.dumps(RECORD).encode()
        assert PatientRecord.model_validate_json(text).model_dump() == RECORD
        with_schema, without, pydantics = medians(
            checked,
            unchecked,
            lambda _: PatientRecord.model_validate_json(text),
            argument=RECORD,
        )
    title = "Python: a call to Rust with a patient record, dict both ways, validated"
    row(title, with_schema, "the same without a schema", without, 1.5)
    title = "Python: what validation adds to that call"
    row(title, with_schema - without, "pydantic, model_validate_json", pydantics)


def main() -> None:
    gc.disable()
    codec()
    calls(Path(sys.argv[1]))


if __name__ == "__main__":
    main()
