"""Ctrl-C while the main thread waits in the library."""

import signal
import time

import pytest
from conftest import Program

WAITS = {
    "call": "service.call('nap', 20, timeout=30)",
    "coroutine": "service.call('doze', 20)",
    "result": "service.call_async('nap', 20).result()",
    "server": "server.wait()",
    "stream": "service.stream_call('listen').receive()",
}

PROGRAM = """
import asyncio, os, signal, threading, time
import hmsffi

server = hmsffi.create_server("waits")
async def doze(seconds):
    await asyncio.sleep(seconds)
def nap(seconds):
    until = time.monotonic() + seconds
    while time.monotonic() < until and server.is_running:
        time.sleep(0.01)
server.register_method("waits", "nap", nap)
server.register_method("waits", "doze", doze)
def listen(stream):
    for _ in stream:
        pass
server.register_stream_method("waits", "listen", listen)
server.start()
service = hmsffi.create_client().get_service("waits")
threading.Timer(0.3, os.kill, (os.getpid(), signal.SIGINT)).start()
start = time.monotonic()
try:
    {wait}
except KeyboardInterrupt:
    print("interrupted after", time.monotonic() - start)
"""


@pytest.mark.parametrize("wait", WAITS)
def test_interrupt_ends_a_wait(program: Program, wait: str) -> None:
    ran = program(PROGRAM.format(wait=WAITS[wait]))
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.startswith("interrupted after")
    assert float(ran.stdout.split()[-1]) < 1.0


def test_interrupt_that_nobody_catches_ends_the_program(program: Program) -> None:
    start = time.monotonic()
    ran = program(PROGRAM.format(wait=WAITS["server"]).replace("KeyboardInterrupt", "ValueError"))
    assert ran.returncode == -signal.SIGINT
    assert "KeyboardInterrupt" in ran.stderr
    assert time.monotonic() - start < 10
