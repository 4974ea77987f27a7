"""The demo pipeline with Python as the host (see PIPELINE.md): host.py DATA COMPONENT...

host.py DATA apart: all services are in other processes.
host.py serve: only the echo, until standard input ends.
"""

import statistics
import sys
import time
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import hmsffi
from reference import InvalidArgument, records, validate

STEPS = {
    "demo.units": "convert",
    "demo.risk": "score",
    "demo.render": "line",
    "demo.summary": "by_decile",
}


def say(text: str) -> None:
    print(text, file=sys.stderr)


def lacking(client: hmsffi.Client) -> list[str]:
    here = {service.id for service in client.list_services("demo.*")}
    return [f"{service}.{method}" for service, method in STEPS.items() if service not in here]


def call(convert: Any, patient: dict[str, Any]) -> Any:
    return convert(patient)


def run(
    client: hmsffi.Client,
    patients: list[dict[str, Any]],
    call: Callable[[Any, dict[str, Any]], Any] = call,
) -> None:
    convert = client.get_service("demo.units").convert
    items = []
    for number, patient in enumerate(patients, start=1):
        validate(patient)
        items.append(call(convert, patient))
        print(items[-1]["line"])
        if number % 100 == 0 or number == len(patients):
            say(f"{number} of {len(patients)} records")
    summary = client.get_service("demo.summary").by_decile()
    for item in items:
        summary.send(item)
    summary.close()
    print()
    print(summary.receive()["text"], end="")


def refuse(client: hmsffi.Client, patient: dict[str, Any]) -> None:
    """Shows what becomes of a record that does not fit the schema of the first step."""
    unfit = patient | {"age": 17, "attributes": patient["attributes"] | {"bmi": 32.1}}
    try:
        client.get_service("demo.units").convert(unfit)
    except hmsffi.InvalidArgument as error:
        say(f"a record that does not fit is refused: {error.message}")
    else:
        raise AssertionError(f"{unfit} fits")


@hmsffi.service("demo.echo.python")
class Echo:
    @hmsffi.method()
    def echo(self, body: bytes) -> bytes:
        return body

    @hmsffi.method()
    def record(self, record: dict[str, Any]) -> dict[str, Any]:
        return record


def median_us(call: Any, argument: object) -> float:
    def round_us(calls: int = 2000) -> float:
        began = time.perf_counter_ns()
        for _ in range(calls):
            call(argument)
        return (time.perf_counter_ns() - began) / calls / 1000

    return statistics.median(round_us() for _ in range(7))


def figures(client: hmsffi.Client, patient: dict[str, Any]) -> None:
    """This host's row of the matrix: the calls of every handler that is here."""
    for service in client.list_services("demo.echo.*"):
        handler = client.get_service(service.id)
        of_bytes = median_us(handler.bind("echo"), bytes(64))
        of_record = median_us(handler.bind("record"), patient)
        cost = f"{of_bytes:.2f} us for 64 bytes, {of_record:.2f} us for a record"
        say(f"python calls {service.id.removeprefix('demo.echo.')}: {cost}")


def echo() -> hmsffi.Server:
    server = hmsffi.create_server("echo")
    server.register_service(Echo())
    server.start()
    return server


def serve() -> int:
    with echo():
        print("ready", flush=True)
        sys.stdin.read()
    return 0


def main(data: str, *components: str) -> int:
    apart = components == ("apart",)
    for component in () if apart else components:
        hmsffi.load_component(component)
    patients = records(Path(data))
    with nullcontext() if apart else echo(), hmsffi.create_client() as client:
        missing = lacking(client)
        if missing:
            say(f"these steps are not here, so no record is processed: {', '.join(missing)}")
        else:
            try:
                run(client, patients)
                refuse(client, patients[0])
            except InvalidArgument as error:
                say(str(error))
                return 1
        figures(client, patients[0])
    return 0


if __name__ == "__main__":
    sys.exit(serve() if sys.argv[1:] == ["serve"] else main(*sys.argv[1:]))
