"""The demo pipeline with Python as the host (see PIPELINE.md): host.py DATA COMPONENT..."""

import statistics
import sys
import time
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
HANDLERS = {
    "Go": "demo.echo.go",
    "Rust": "demo.echo.rust",
    "C": "demo.echo.c",
    "C++": "demo.echo.cpp",
}


def say(text: str) -> None:
    print(text, file=sys.stderr)


def lacking(client: hmsffi.Client) -> list[str]:
    here = {service.id for service in client.list_services("demo.*")}
    return [f"{service}.{method}" for service, method in STEPS.items() if service not in here]


def run(client: hmsffi.Client, patients: list[dict[str, Any]]) -> None:
    convert = client.get_service("demo.units").bind("convert")
    items = []
    for number, patient in enumerate(patients, start=1):
        validate(patient)
        items.append(convert(patient))
        print(items[-1]["line"])
        if number % 100 == 0 or number == len(patients):
            say(f"{number} of {len(patients)} records")
    summary = client.get_service("demo.summary").stream_call("by_decile", None)
    for item in items:
        summary.send(item)
    summary.close()
    print()
    print(summary.receive()["text"], end="")


def median_us(call: Any, argument: object) -> float:
    def block() -> float:
        began = time.perf_counter_ns()
        for _ in range(2000):
            call(argument)
        return (time.perf_counter_ns() - began) / 2000 / 1000

    return statistics.median(block() for _ in range(7))


def figures(client: hmsffi.Client, patient: dict[str, Any]) -> None:
    """The row of this host in the matrix: median time per call, 64 bytes."""
    say("caller \\ handler, median us per call of 64 bytes (and of a record through all steps)")
    here = {service.id for service in client.list_services("demo.*")}
    cells = []
    for language, service in HANDLERS.items():
        if service in here:
            echo = client.get_service(service).bind("echo")
            cells.append(f"{language} {median_us(echo, bytes(64)):.2f}")
        else:
            cells.append(f"{language} not here")
    if "demo.units" in here and not lacking(client):
        convert = client.get_service("demo.units").bind("convert")
        cells.append(f"record {median_us(convert, patient):.1f}")
    say("Python: " + ", ".join(cells) + "; Node: other process: needs shared memory")


def main(data: str, *components: str) -> int:
    for component in components:
        hmsffi.load_component(component)
    patients = records(Path(data))
    with hmsffi.create_client() as client:
        missing = lacking(client)
        if missing:
            say(f"these steps are not here, so no record is processed: {', '.join(missing)}")
        else:
            try:
                run(client, patients)
            except InvalidArgument as error:
                say(str(error))
                return 1
        figures(client, patients[0])
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
