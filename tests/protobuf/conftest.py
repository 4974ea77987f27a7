"""Fixtures: descriptors, schemas of them, and the stock runtimes."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from peers import HERE, KINDS, PATIENT, ROOT, RUNTIMES, Peer, hms, process, python

PROTOC = [sys.executable, "-m", "grpc_tools.protoc", "--include_imports"]


@pytest.fixture(scope="session")
def descriptors(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What protoc writes of the patient record, and of a message with each kind of field."""
    out = tmp_path_factory.mktemp("descriptors") / "all.binpb"
    folders = [f"-I{ROOT / 'examples' / 'proto'}", f"-I{HERE}"]
    files = ["hms/healthcare/v1/patient_record.proto", "kinds.proto"]
    subprocess.run([*PROTOC, *folders, f"--descriptor_set_out={out}", *files], check=True)
    return out


@pytest.fixture(scope="session")
def schemas(descriptors: Path) -> dict[str, Path]:
    """The schema of each message, imported by hms."""
    found = {}
    for message in [PATIENT, KINDS]:
        imported = hms("schema", "import", descriptors, "--message", message)
        assert imported.returncode == 0, imported.stderr.decode()
        found[message] = descriptors.with_name(f"{message}.json")
        found[message].write_bytes(imported.stdout)
    return found


@pytest.fixture(scope="session")
def peers(descriptors: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Peer]]:
    with ExitStack() as running:
        peers = {"python": Peer(python(descriptors))}
        if "go" in RUNTIMES:
            go = tmp_path_factory.mktemp("go") / "peer"
            subprocess.run(["go", "build", "-o", go, "."], cwd=HERE / "go", check=True)
            peers["go"] = Peer(running.enter_context(process([go, descriptors], HERE)))
        if "node" in RUNTIMES:
            node = process(["node", "peer.mjs", descriptors], HERE / "node")
            peers["node"] = Peer(running.enter_context(node))
        yield peers
