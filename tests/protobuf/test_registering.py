"""Messages of a set that protoc wrote are registered, and mean what the stock runtimes write."""

import json
import os
import subprocess
from pathlib import Path

import pytest
from peers import HMS, KINDS, PATIENT, RUNTIMES, Peer


class Registry:
    """``hms`` with a file that keeps schemas."""

    def __init__(self, folder: Path) -> None:
        self._environment = os.environ | {
            "HMSFFI_SCHEMAS": str(folder / "schemas"),
            "HMSFFI_DOMAIN": f"registering-{os.getpid()}",
        }

    def __call__(
        self, *arguments: str | Path, stdin: bytes = b""
    ) -> subprocess.CompletedProcess[bytes]:
        command = [HMS, "schema", *arguments]
        return subprocess.run(
            command, input=stdin, capture_output=True, check=False, env=self._environment
        )


@pytest.fixture
def registry(tmp_path: Path, descriptors: Path) -> Registry:
    registry = Registry(tmp_path)
    registered = registry("register", descriptors)
    assert registered.returncode == 0, registered.stderr.decode()
    ids = registered.stdout.decode().split()
    assert {"hms.healthcare.v1.ContactInfo@1", f"{PATIENT}@1", f"{KINDS}@1"} <= set(ids)
    assert not [name for name in ids if name.startswith("google.") or name.endswith("Entry@1")]
    return registry


@pytest.mark.parametrize("runtime", RUNTIMES)
def test_records_of_each_runtime_fit_the_registered_message(
    registry: Registry, peers: dict[str, Peer], runtime: str
) -> None:
    record = {
        "id": "P1",
        "age": 36,
        "gender": "FEMALE",
        "contacts": [{"type": "mail", "value": "a@b"}],
    }
    written = peers[runtime].write(PATIENT, record)
    valid = registry("validate", PATIENT, "--from", "protobuf", "-", stdin=written)
    assert (valid.returncode, valid.stdout) == (0, b""), valid.stderr.decode()
    read = registry(
        "convert", "--schema", PATIENT, "--from", "protobuf", "--to", "json", "-", stdin=written
    )
    assert json.loads(read.stdout) == {"name": "", "attributes": {}, **record}


def test_what_does_not_fit_the_registered_message_is_told(registry: Registry) -> None:
    unknown_gender = b"\x0a\x02P1\x20\x09"
    done = registry("validate", PATIENT, "--from", "protobuf", "-", stdin=unknown_gender)
    assert (done.returncode, done.stdout[:10]) == (1, b"$.gender: "), done
