"""A step of the demo in Python, for a language that is not here: standin.py LANGUAGE

It does what reference.py says, until standard input ends.
"""

import sys
from collections.abc import Callable
from functools import wraps
from typing import Any

import hmsffi
import reference


def answering(step: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """What is wrong with a record is told with the code that PIPELINE.md names."""

    @wraps(step)
    def answer(received: Any) -> Any:
        try:
            return step(received)
        except reference.InvalidArgument as error:
            raise hmsffi.InvalidArgument(str(error)) from error

    return answer


def register(server: hmsffi.Server, language: str, client: hmsffi.Client) -> None:
    match language:
        case "go":
            score = client.get_service("demo.risk")
            server.register_method(
                "demo.units",
                "convert",
                answering(lambda record: score.call("score", reference.convert(record))),
            )
        case "rust":
            line = client.get_service("demo.render")
            server.register_method(
                "demo.risk",
                "score",
                answering(lambda record: line.call("line", reference.score(record))),
            )
        case "c":
            server.register_method("demo.render", "line", answering(reference.render))
        case "cpp":
            server.register_stream_method(
                "demo.summary",
                "by_decile",
                answering(lambda stream: reference.by_decile(list(stream))),
                stream_type=hmsffi.StreamType.CLIENT_STREAMING,
            )
        case _:
            raise ValueError(f"{language} has no step")


def main(language: str) -> None:
    with hmsffi.create_client() as client, hmsffi.create_server("step") as server:
        register(server, language, client)
        server.start()
        print("ready", flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    main(*sys.argv[1:])
