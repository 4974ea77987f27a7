"""A process with a main program in Python: see ../README.md."""

import importlib
import json
import sys
from contextlib import nullcontext
from pathlib import Path

import cbor2
import hmsffi
from relay import serve


class Message:
    """A Protobuf message that is encoded already."""

    def __init__(self, body: bytes) -> None:
        self.body = body

    def SerializeToString(self) -> bytes:
        return self.body


def obey(client: hmsffi.Client, line: str) -> dict[str, object]:
    command, *words = line.split(" ")
    match command:
        case "load":
            hmsffi.load_component(" ".join(words))
            return {"answer": ""}
        case "result":
            return {"answer": client.get_call(words[0]).result().hex()}
        case "cancel":
            client.get_call(words[0]).cancel()
            return {"answer": ""}
        case "lend":
            return lend(client.get_service(words[0]), int(words[1]))
    service, method, content_type, digits, timeout_ms, pair = words
    file = Path(digits[1:]) if digits.startswith("@") else None
    body = file.read_bytes() if file else bytes.fromhex(digits)
    sent = dict([pair.split("=")]) if pair else None
    timeout = int(timeout_ms) / 1000 or None
    target = client.get_service(service)
    if command == "submit":
        started = target.call_async(method, body, timeout=timeout, metadata=sent)
        return {"answer": started.call_id.encode().hex()}
    metadata: dict[str, str] = {}
    answer = target.call(
        method,
        request(body, content_type),
        timeout=timeout,
        metadata=sent,
        response_metadata=metadata,
    )
    if file:
        file.write_bytes(answer)
        answer = b""
    if isinstance(answer, bytes):
        return {"answer": answer.hex(), "metadata": metadata}
    return {"value": answer, "metadata": metadata}


def lend(target: hmsffi.ServiceClient, length: int) -> dict[str, object]:
    numpy = importlib.import_module("numpy")
    sent = numpy.resize(numpy.arange(251, dtype="u1"), length)
    invert = target.bind("invert", view=True)
    loan = invert.loan(length)
    numpy.frombuffer(loan, "u1")[:] = sent
    report = hmsffi.CallReport()
    answer = invert(loan, report=report)
    right = numpy.array_equal(numpy.frombuffer(answer, "u1"), ~sent)
    return {
        "answer": "" if right else "00",
        "transport": report.transport.value,
        "copied": report.bytes_copied,
    }


def request(body: bytes, content_type: str) -> object:
    match content_type:
        case "application/protobuf":
            return Message(body)
        case "application/cbor":
            return cbor2.loads(body)
    return body


def chain(error: BaseException | None) -> list[dict[str, object]]:
    found = []
    while isinstance(error, hmsffi.Error):
        shown = {"code": error.code, "message": error.message, "details": error.details}
        found.append(shown | {"stack": error.stack or ""})
        error = error.__cause__
    return found


def main() -> None:
    caller = sys.argv[1:] == ["caller"]
    with hmsffi.create_client() as client, nullcontext() if caller else serve(client):
        for line in sys.stdin:
            try:
                answer = obey(client, line.rstrip("\n"))
            except hmsffi.Error as error:
                answer = {"error": chain(error)}
            print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
