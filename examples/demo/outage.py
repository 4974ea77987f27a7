"""The pipeline with each step in its own process, one of which is killed on the way.

outage.py DATA [LANGUAGE]...: Python stands in for the steps of these languages.

Prints what every host prints, and to standard error how soon the failure was seen and was over.
"""

import os
import sys
import time
from pathlib import Path
from typing import Any

import hmsffi
from host import run, say
from processes import STEPS, Processes, left
from reference import records

VICTIM = "rust"
KILLED_BEFORE = 200


class Caller:
    """Calls; once it kills a step, starts it again, and calls until there is an answer.

    An error that is not of this step is passed on.
    """

    def __init__(self, processes: Processes) -> None:
        self.processes = processes
        self.calls = 0
        self.failed: list[hmsffi.Unavailable] = []

    def __call__(self, convert: Any, patient: dict[str, Any]) -> Any:
        self.calls += 1
        if self.calls != KILLED_BEFORE:
            return convert(patient)
        killed = time.perf_counter()
        victim = self.processes.kill(VICTIM)
        while True:
            try:
                answer = convert(patient)
            except hmsffi.Unavailable as error:
                if not self.failed:
                    say(f"step {VICTIM} was killed: {error}")
                    say(f"detected after {(time.perf_counter() - killed) * 1000:.2f} ms")
                    self.processes.start(VICTIM)
                    started = time.perf_counter()
                self.failed.append(error)
                if f"process {victim} " not in error.message and "demo.risk" not in error.message:
                    raise
                continue
            if self.failed:
                over = (time.perf_counter() - started) * 1000
                say(f"recovered {over:.2f} ms after its restart, at attempt {len(self.failed) + 1}")
                return answer


def main(data: str, *stood_in: str) -> int:
    steps = [step for step in STEPS if step not in stood_in]
    with Processes(steps, stood_in) as processes, hmsffi.create_client() as client:
        caller = Caller(processes)
        run(client, records(Path(data)), caller)
        wrong = [] if caller.failed else ["nobody missed the step that was killed"]
        wrong += processes.stop()
        # Whoever looks around removes what a killed process has left.
        client.list_services("demo.*")
        wrong += [f"left behind: {file}" for file in left(Path(os.environ["XDG_RUNTIME_DIR"]))]
    for problem in wrong:
        say(problem)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
