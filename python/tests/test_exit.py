"""The end of the process, with whatever is alive."""

import textwrap

import pytest
from conftest import Program

BEGIN = """
import asyncio, os, sys, threading, time
import hmsffi

server = hmsffi.create_server("exit")
def nap(seconds):
    time.sleep(seconds)
async def doze(seconds):
    await asyncio.sleep(seconds)
server.register_method("exit", "nap", nap)
server.register_method("exit", "pool", nap, pool=True)
server.register_method("exit", "doze", doze)
server.start()
client = hmsffi.create_client()
service = client.get_service("exit")
"""

ENDINGS = {
    "nothing used": "",
    "server never stopped": """
        for method in ("nap", "pool", "doze"):
            service.call(method, 0)
    """,
    "call that runs": "service.call_async('nap', 0.2)",
    "coroutine that runs": "service.call_async('doze', 0.2)",
    "stream left open": """
        server.register_stream_method("exit", "listen", lambda stream: sum(stream))
        stream = service.stream_call("listen")
        stream.send(1)
    """,
    "loop that was used": "asyncio.run(service.async_call('doze', 0))",
    "objects in a cycle": """
        class Holder: pass
        holder = Holder()
        holder.server, holder.service, holder.self = server, service, holder
        del server, service, client
    """,
}


@pytest.mark.parametrize("ending", ENDINGS)
def test_status_is_0(program: Program, ending: str) -> None:
    ran = program(BEGIN + textwrap.dedent(ENDINGS[ending]))
    assert (ran.returncode, ran.stderr) == (0, "")


BUSY = """
def call_for_ever(timeout):
    while True:
        try:
            service.call("nap", 0.0005, timeout=timeout)
            service.call("doze", 0.0005)
        except hmsffi.Error:
            time.sleep(0.001)

for timeout in (None, 1.0, None, 1.0):
    threading.Thread(target=call_for_ever, args=(timeout,), daemon=True).start()
time.sleep(0.01 + os.getpid() % 4 / 1000)
"""


@pytest.mark.parametrize("_", range(20))
def test_status_is_0_while_threads_are_inside_of_calls(program: Program, _: int) -> None:
    ran = program(BEGIN + BUSY)
    assert (ran.returncode, ran.stderr) == (0, "")


TOO_SLOW = """
hmsffi.shutdown.DRAIN_SECONDS = 0.2
service.call_async("nap", 0.5)
time.sleep(0.1)

# Keeps the process long enough for the handler to ask for the interpreter while it goes down.
class Slow:
    def __del__(self, sleep=time.sleep):
        sleep(1)
sys.slow = Slow()
"""


def test_handler_that_does_not_end_in_time_does_not_break_the_exit(program: Program) -> None:
    ran = program(BEGIN + TOO_SLOW)
    assert (ran.returncode, ran.stderr) == (0, "")


def test_status_that_the_program_asked_for_is_kept(program: Program) -> None:
    assert program(BEGIN + "sys.exit(3)").returncode == 3


CALLS_LATE = """
import atexit
def late():
    try:
        service.call("nap", 0)
    except hmsffi.Unavailable:
        print("unavailable")
atexit.register(late)
"""


def test_calls_after_the_drain_are_refused(program: Program) -> None:
    ran = program(CALLS_LATE + BEGIN)
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, "unavailable\n", "")
