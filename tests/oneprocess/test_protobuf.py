"""Patient records that one language writes as Protobuf are read by another."""

import sys
from collections.abc import Callable
from itertools import permutations
from types import ModuleType

import pytest
from hosts import CBOR, COMPONENTS, HOSTS, LANGUAGES, MESSAGES, PROTOBUF, ROOT, CallFailed, Host

WRITERS = [language for language in ("rust", "go", "python") if language in LANGUAGES]
DEMO = ROOT / "examples" / "demo"


@pytest.fixture(scope="module")
def messages(_built: None) -> ModuleType:
    sys.path.append(str(MESSAGES))
    from hms.healthcare.v1 import patient_record_pb2

    return patient_record_pb2


@pytest.fixture(scope="module")
def patients(messages: ModuleType) -> list[bytes]:
    """The records of the demo, and one with what they have not."""
    sys.path.append(str(DEMO))
    from reference import DATA, records

    full = messages.PatientRecord(
        id="P443",
        name="Ада 🩺",
        age=36,
        gender=messages.FEMALE,
        contacts=[messages.ContactInfo(type="mail", value="ada@example.org"), {"type": "phone"}],
        attributes={"": "empty key", "empty value": ""},
    )
    demo = [messages.PatientRecord(**record) for record in records(DATA)]
    assert len(demo) == 442
    return [record.SerializeToString() for record in [*demo, full]]


@pytest.fixture
def with_relays(start: Callable[[str], Host]) -> Callable[..., Host]:
    """Starts a host in which these languages have a relay."""

    def started(*languages: str) -> Host:
        host = start(next(host for host in HOSTS if {*languages} <= {host, *COMPONENTS}))
        assert {*languages} <= {*host.load_relays()}
        return host

    return started


@pytest.mark.parametrize(("writer", "reader"), list(permutations(WRITERS, 2)))
def test_what_one_language_writes_another_reads(
    with_relays: Callable[..., Host],
    messages: ModuleType,
    patients: list[bytes],
    writer: str,
    reader: str,
) -> None:
    host = with_relays(writer, reader)
    for sent in patients:
        written = host.call(writer, sent, method="birthday", content_type=PROTOBUF)
        read = host.call(reader, written, method="birthday", content_type=PROTOBUF)
        expected = messages.PatientRecord.FromString(sent)
        expected.age += 2
        assert messages.PatientRecord.FromString(read) == expected


@pytest.mark.parametrize("reader", WRITERS)
@pytest.mark.parametrize("damaged", [b"\xff\xff", b"\x0a\x05P00", b"\x0a\x01\xff"])
def test_bytes_that_are_no_record_are_refused(
    with_relays: Callable[..., Host], reader: str, damaged: bytes
) -> None:
    with pytest.raises(CallFailed) as refused:
        with_relays(reader).call(reader, damaged, method="birthday", content_type=PROTOBUF)
    assert refused.value.chain[0].code == 3, refused.value


@pytest.mark.parametrize("reader", WRITERS)
def test_a_handler_of_messages_refuses_other_content(
    with_relays: Callable[..., Host], reader: str
) -> None:
    with pytest.raises(CallFailed) as refused:
        with_relays(reader).call(reader, b"\xa0", method="birthday", content_type=CBOR)
    assert refused.value.chain[0].code == 3, refused.value
