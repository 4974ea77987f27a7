"""A call of another process neither blocks an event loop nor needs a thread beside it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from domain import SERVERS, Domain, each_server

LOOPS = Path(__file__).resolve().parent / "loops"
COMMANDS = {"python": [sys.executable, LOOPS / "loop.py"], "node": ["node", LOOPS / "loop.mjs"]}


@pytest.mark.parametrize("loop", [language for language in COMMANDS if language in SERVERS])
@each_server
def test_a_loop_goes_on_while_a_call_waits_and_fetches_its_answers_itself(
    domain: Domain, loop: str, server: str
) -> None:
    domain.server(server)
    done = subprocess.run(
        [*COMMANDS[loop], server],
        env=os.environ | domain.environment,
        capture_output=True,
        check=False,
        text=True,
        timeout=30,
    )
    assert (done.stdout.splitlines(), done.returncode) == (["hello", "cancelled", "False"], 0), (
        done.stderr
    )
