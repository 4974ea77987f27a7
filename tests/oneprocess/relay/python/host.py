"""A process with a main program in Python: see ../README.md."""

import json
import sys

import hmsffi
from relay import serve


def obey(client: hmsffi.Client, line: str) -> bytes:
    command, *words = line.split(" ")
    if command == "load":
        hmsffi.load_component(" ".join(words))
        return b""
    service, method, _, digits, timeout_ms = words
    timeout = int(timeout_ms) / 1000 or None
    return client.get_service(service).call(method, bytes.fromhex(digits), timeout=timeout)


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
