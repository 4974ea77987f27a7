"""Stock runtimes of Protobuf, each asked the same two things: JSON to bytes, and bytes to JSON."""

import base64
import json
import os
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from google.protobuf import descriptor_pb2, descriptor_pool, json_format, message_factory

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
TARGET = ROOT / "target"
HMS = TARGET / "release" / "hms"
LANGUAGES = os.environ.get("HMSFFI_LANGS", "python go node").split()
RUNTIMES = [language for language in ("python", "go", "node") if language in {*LANGUAGES, "python"}]
PATIENT = "hms.healthcare.v1.PatientRecord"
KINDS = "hmsffi.test.Kinds"

Ask = Callable[[dict[str, Any]], dict[str, Any]]


class Peer:
    """A runtime that reads and writes the messages of a file of descriptors."""

    def __init__(self, ask: Ask) -> None:
        self._ask = ask

    def write(self, message: str, value: dict[str, Any]) -> bytes:
        return base64.b64decode(
            self._ask({"message": message, "json": with_long_numbers_as_text(value)}).get(
                "bytes", ""
            )
        )

    def read(self, message: str, written: bytes) -> dict[str, Any]:
        answer = self._ask({"message": message, "bytes": base64.b64encode(written).decode()})
        read: dict[str, Any] = answer["json"]
        return read


def with_long_numbers_as_text(value: Any) -> Any:
    """As Protobuf's own JSON has them: JavaScript would round them."""
    match value:
        case dict():
            return {key: with_long_numbers_as_text(inner) for key, inner in value.items()}
        case list():
            return [with_long_numbers_as_text(inner) for inner in value]
        case int() if abs(value) > 2**53:
            return str(value)
    return value


def python(descriptors: Path) -> Ask:
    pool = descriptor_pool.DescriptorPool()
    for file in descriptor_pb2.FileDescriptorSet.FromString(descriptors.read_bytes()).file:
        pool.Add(file)

    def ask(asked: dict[str, Any]) -> dict[str, Any]:
        kind = message_factory.GetMessageClass(pool.FindMessageTypeByName(asked["message"]))
        if "json" in asked:
            message = json_format.ParseDict(asked["json"], kind(), descriptor_pool=pool)
            written = message.SerializeToString(deterministic=True)
            return {"bytes": base64.b64encode(written).decode()}
        message = kind.FromString(base64.b64decode(asked["bytes"]))
        return {
            "json": json_format.MessageToDict(
                message, preserving_proto_field_name=True, descriptor_pool=pool
            )
        }

    return ask


@contextmanager
def process(command: list[str | Path], cwd: Path) -> Iterator[Ask]:
    with subprocess.Popen(
        command, cwd=cwd, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as running:
        assert running.stdin
        assert running.stdout
        stdin, stdout = running.stdin, running.stdout

        def ask(asked: dict[str, Any]) -> dict[str, Any]:
            stdin.write(json.dumps(asked) + "\n")
            stdin.flush()
            line = stdout.readline()
            assert line, "the peer has ended"
            answer: dict[str, Any] = json.loads(line)
            return answer

        yield ask
        stdin.close()
    assert running.returncode == 0


def hms(*arguments: str | Path, stdin: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    return subprocess.run([HMS, *arguments], input=stdin, capture_output=True, check=False)


def converted(schema: Path, source: str, target: str, data: bytes, *options: str) -> bytes:
    done = hms(
        "schema",
        "convert",
        "--schema",
        schema,
        "--from",
        source,
        "--to",
        target,
        *options,
        "-",
        stdin=data,
    )
    assert done.returncode == 0, done.stderr.decode()
    assert not done.stderr, done.stderr.decode()
    return done.stdout
