"""Ends while threads are inside calls of handlers in Python. Status 0 is the test."""

import os
import threading
import time

import hmsffi


def nap(body: bytes) -> bytes:
    time.sleep(0.0005)
    return body


def call_for_ever(service: hmsffi.ServiceClient, timeout: float | None) -> None:
    while True:
        try:
            service.call("nap", b"x", timeout=timeout)
        except hmsffi.Error:
            # How the calls end while the process does is not the test's concern.
            time.sleep(0.001)


server = hmsffi.create_server("exit")
server.register_method("exit", "nap", nap)
server.start()
service = hmsffi.create_client().get_service("exit")
for timeout in (None, 1.0, None, 1.0):
    threading.Thread(target=call_for_ever, args=(service, timeout), daemon=True).start()
time.sleep(0.003 + os.getpid() % 4 / 1000)
