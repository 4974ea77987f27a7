"""A step of the demo in Python, for a language that is not here: standin.py LANGUAGE

It does what reference.py says, until standard input ends.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Any, TypedDict

import hmsffi
import reference
from hmsffi.schemas import Constraints

Integer = Annotated[int, Constraints(format="int64")]


class Record(TypedDict):
    """A patient's record."""

    id: str
    name: str
    age: Annotated[Integer, Constraints(minimum=18, maximum=100)]
    gender: Integer
    contacts: list[Any]
    attributes: dict[str, str]


class Scored(TypedDict):
    """What the summary needs of a record."""

    id: str
    score: Integer
    progression: Integer


class LineItem(Scored):
    """What becomes of a record."""

    line: str


class Summary(TypedDict):
    """What is printed at the end."""

    patients: int
    text: str


@contextmanager
def told() -> Iterator[None]:
    """What is wrong with a record is told with the code that PIPELINE.md names."""
    try:
        yield
    except reference.InvalidArgument as error:
        raise hmsffi.InvalidArgument(str(error)) from error


def register(server: hmsffi.Server, language: str, client: hmsffi.Client) -> None:
    match language:
        case "go":
            risk = client.get_service("demo.risk")

            def convert(record: Record) -> LineItem:
                with told():
                    converted = reference.convert(record)
                return risk.score(converted)

            server.register_method("demo.units", "convert", convert)
        case "rust":
            render = client.get_service("demo.render")

            def score(record: Record) -> LineItem:
                with told():
                    scored = reference.score(record)
                return render.line(scored)

            server.register_method("demo.risk", "score", score)
        case "c":

            def line(record: Record) -> LineItem:
                with told():
                    return reference.render(record)

            server.register_method("demo.render", "line", line)
        case "cpp":

            def by_decile(items: hmsffi.ServerStream[Scored, Summary]) -> Summary:
                with told():
                    return reference.by_decile(list(items))

            server.register_stream_method(
                "demo.summary",
                "by_decile",
                by_decile,
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
