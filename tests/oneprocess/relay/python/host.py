"""A process with a main program in Python: see ../README.md."""

import json
import sys

import hmsffi
from relay import serve


class Message:
    """A Protobuf message that is encoded already."""

    def __init__(self, body: bytes) -> None:
        self.body = body

    def SerializeToString(self) -> bytes:
        return self.body


def obey(client: hmsffi.Client, line: str) -> bytes:
    command, *words = line.split(" ")
    if command == "load":
        hmsffi.load_component(" ".join(words))
        return b""
    service, method, content_type, digits, timeout_ms = words
    body = bytes.fromhex(digits)
    request = Message(body) if content_type == "application/protobuf" else body
    timeout = int(timeout_ms) / 1000 or None
    return client.get_service(service).call(method, request, timeout=timeout)


def chain(error: BaseException | None) -> list[dict[str, object]]:
    found = []
    while isinstance(error, hmsffi.Error):
        found.append({"code": error.code, "message": error.message, "stack": error.stack or ""})
        error = error.__cause__
    return found


def main() -> None:
    with hmsffi.create_client() as client, serve(client):
        for line in sys.stdin:
            try:
                answer = {"answer": obey(client, line.rstrip("\n")).hex()}
            except hmsffi.Error as error:
                answer = {"error": chain(error)}
            print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
