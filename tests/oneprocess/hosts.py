"""Processes with a main program in one language and relays in others: see relay/README.md."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
TARGET = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
BUILT = TARGET / "oneprocess"
STAGED = TARGET / "stage" / "lib"
MESSAGES = BUILT / "python"
"""The Python modules of examples/proto."""

LANGUAGES = os.environ.get("HMSFFI_LANGS", "rust c cpp go python").split()
HOSTS = [language for language in ("c", "cpp", "go", "node", "python") if language in LANGUAGES]
"""Languages with a main program here."""
COMPONENTS = [language for language in ("c", "cpp", "go", "rust") if language in LANGUAGES]
"""Languages that can be loaded into a process."""

BYTES = "application/octet-stream"
CBOR = "application/cbor"
PROTOBUF = "application/protobuf"


@dataclass(frozen=True)
class Failure:
    """An error as a caller got it."""

    code: int
    message: str
    stack: str
    details: dict[str, str]


class CallFailed(Exception):
    """The error of a call with those behind it, the caller's first."""

    def __init__(self, chain: list[Failure]) -> None:
        super().__init__([f"{failure.code}: {failure.message}" for failure in chain])
        self.chain = chain


def command(language: str) -> list[str | Path]:
    """How a host is started; Python and Node find the library in their packages."""
    match language:
        case "node":
            return ["node", HERE / "relay" / "node" / "host.mjs"]
        case "python":
            return [
                "env",
                f"PYTHONPATH={MESSAGES}",
                sys.executable,
                HERE / "relay" / "python" / "host.py",
            ]
        case _:
            return ["env", f"LD_LIBRARY_PATH={STAGED}", BUILT / f"host-{language}"]


class Host:
    """A running host, driven through its standard input."""

    def __init__(self, language: str, *words: str, environment: dict[str, str] | None = None):
        self.language = language
        self.process = subprocess.Popen(
            [*command(language), *words],
            env=os.environ | (environment or {}),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def obey(self, command: str) -> bytes:
        return bytes.fromhex(self.answer(command)["answer"])

    def answer(self, command: str) -> dict[str, Any]:
        assert self.process.stdin
        assert self.process.stdout
        print(command, file=self.process.stdin, flush=True)
        line = self.process.stdout.readline()
        assert line, f"the {self.language} host ended with {self.process.wait(10)}"
        answer: dict[str, Any] = json.loads(line)
        if "error" in answer:
            raise CallFailed([Failure(**failure) for failure in answer["error"]])
        return answer

    def load(self, path: Path) -> None:
        self.obey(f"load {path}")

    def load_relays(self) -> list[str]:
        """Loads the relays that can live here; gives the languages that have one now."""
        others = [language for language in COMPONENTS if language != self.language]
        for language in others:
            self.load(BUILT / f"relay-{language}.so")
        return [self.language, *others]

    def call(
        self,
        language: str,
        body: bytes,
        *,
        method: str = "relay",
        content_type: str = BYTES,
        timeout_ms: int = 0,
    ) -> bytes:
        words = f"relay.{language} {method} {content_type} {body.hex()} {timeout_ms}"
        return self.obey(f"call {words} ")

    def submit(self, language: str, body: bytes) -> str:
        """Starts an asynchronous call of a relay; gives its id."""
        return self.obey(f"submit relay.{language} relay {BYTES} {body.hex()} 0 ").decode()

    def result(self, call_id: str) -> bytes:
        return self.obey(f"result {call_id}")

    def cancel(self, call_id: str) -> None:
        self.obey(f"cancel {call_id}")

    def route(self, *stops: str, timeout_ms: int = 0) -> bytes:
        """Calls along languages to what the last of the stops asks for."""
        return self.call(stops[0], ">".join(stops[1:]).encode(), timeout_ms=timeout_ms)

    def refusal(self, *stops: str, timeout_ms: int = 0) -> list[Failure]:
        """The errors with which a route fails, the caller's first."""
        with pytest.raises(CallFailed) as caught:
            self.route(*stops, timeout_ms=timeout_ms)
        return caught.value.chain

    def loading_refused(self, path: Path) -> Failure:
        with pytest.raises(CallFailed) as caught:
            self.load(path)
        return caught.value.chain[0]

    def mapped(self, name: str) -> set[str]:
        """The files whose name begins so and that this process has mapped."""
        maps = Path(f"/proc/{self.process.pid}/maps").read_text(encoding="utf-8")
        files = {line.split(maxsplit=5)[5] for line in maps.splitlines() if line.count("/")}
        return {file for file in files if Path(file).name.startswith(name)}

    def close(self) -> int:
        assert self.process.stdin
        self.process.stdin.close()
        return self.process.wait(timeout=20)
