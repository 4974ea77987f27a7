"""Every language calls every other in another process, as if it were in its own."""

import json
import time
from pathlib import Path
from typing import Any

import cbor2
import pytest
from domain import Domain, each_pair, each_server
from hosts import BYTES, CBOR, ROOT, CallFailed

CANCELLED, DEADLINE_EXCEEDED, PERMISSION_DENIED = 1, 4, 7

# What a stack of each language shows: the handler's own function or file. C++ knows neither.
STACK = {
    "c": "relay.c",
    "cpp": "",
    "go": "relay.go",
    "node": "relay.mjs",
    "python": "relay.py",
    "rust": "lib.rs",
}
SIZES = [0, 96, 97, 4096, 1 << 20, 20 << 20]
VALUE = {
    "": None,
    "list": [True, False, 0, -1, 2**40, 1.5, []],
    "map": {"name": "Ада 🩺", "empty": ""},
}
GOLDEN: list[dict[str, Any]] = json.loads(
    (ROOT / "tests" / "golden" / "values.json").read_text(encoding="utf-8")
)


def pattern(length: int) -> bytes:
    return (bytes(range(251)) * (length // 251 + 1))[:length]


@each_pair
def test_a_value_travels_both_ways(domain: Domain, caller: str, server: str) -> None:
    host = domain.pair(caller, server)
    answer = host.answer(f"call relay.{server} value {CBOR} {cbor2.dumps(VALUE).hex()} 0 ")
    got = answer["value"] if "value" in answer else cbor2.loads(bytes.fromhex(answer["answer"]))
    assert got == VALUE


@each_server
def test_golden_bytes_arrive_as_they_were_sent(domain: Domain, server: str) -> None:
    host = domain.pair("c", server)
    for vector in GOLDEN:
        body = bytes.fromhex(vector["hex"])
        assert host.call(server, body, method="echo", content_type=BYTES) == body, vector["name"]


@each_pair
def test_bytes_of_any_length_come_back(
    domain: Domain, caller: str, server: str, tmp_path: Path
) -> None:
    host = domain.pair(caller, server)
    file = tmp_path / "body"
    for length in SIZES:
        sent = pattern(length)
        file.write_bytes(sent)
        host.answer(f"call relay.{server} echo {BYTES} @{file} 0 ")
        assert file.read_bytes() == sent, f"{length} bytes"


@each_pair
def test_an_error_arrives_with_what_it_had(domain: Domain, caller: str, server: str) -> None:
    chain = domain.pair(caller, server).refusal(server, "fail")
    assert [(failure.code, failure.message) for failure in chain] == [
        (PERMISSION_DENIED, f"{server} refuses")
    ]
    assert chain[0].details["language"] == server
    assert STACK[server] in chain[0].stack


@each_pair
def test_metadata_travels_both_ways(domain: Domain, caller: str, server: str) -> None:
    host = domain.pair(caller, server)
    answer = host.answer(f"call relay.{server} mirror {BYTES} 00 0 sent=né")
    assert answer["metadata"] == {"by": server, "né": "sent"}


@each_pair
def test_a_deadline_ends_the_wait(domain: Domain, caller: str, server: str) -> None:
    host = domain.pair(caller, server)
    assert 0 < int(host.route(server, "time-left", timeout_ms=5000)) <= 5_000_000_000
    began = time.monotonic()
    chain = host.refusal(server, "wait", timeout_ms=100)
    assert time.monotonic() - began < 5
    assert chain[0].code == DEADLINE_EXCEEDED


@each_pair
def test_an_asynchronous_call_is_read_by_its_id(domain: Domain, caller: str, server: str) -> None:
    host = domain.pair(caller, server)
    ids = [host.submit(server, f"nap>{n}".encode()) for n in range(5)]
    assert [host.result(call_id) for call_id in ids] == [b"0", b"1", b"2", b"3", b"4"]
    failing = host.submit(server, b"fail")
    with pytest.raises(CallFailed) as caught:
        host.result(failing)
    assert caught.value.chain[0].message == f"{server} refuses"


@each_pair
def test_a_cancelled_call_ends_and_its_handler_learns_of_it(
    domain: Domain, caller: str, server: str
) -> None:
    host = domain.pair(caller, server)
    # Until the handler has begun there is nobody to learn of it.
    call_id = host.submit(server, b"wait")
    while host.route(server, "nap", "waiting") == b"0":
        pass
    host.cancel(call_id)
    with pytest.raises(CallFailed) as caught:
        host.result(call_id)
    assert caught.value.chain[0].code == CANCELLED
    while host.route(server, "given-up") != b"1":
        time.sleep(0.01)


@each_server
def test_named_shared_memory_does_the_same(domain: Domain, server: str, tmp_path: Path) -> None:
    domain.environment["HMSFFI_SHM_BACKEND"] = "named"
    host = domain.pair("c", server)
    file = tmp_path / "body"
    for length in SIZES:
        sent = pattern(length)
        file.write_bytes(sent)
        host.answer(f"call relay.{server} echo {BYTES} @{file} 0 ")
        assert file.read_bytes() == sent, f"{length} bytes"
