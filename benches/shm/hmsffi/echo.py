"""Our own echo between two Python processes, of bytes or of a dict with them.

Usage: echo.py bytes|dict (server ADDRESS | client ADDRESS CALLS)
"""

import os
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import hmsffi

sys.path.append(str(Path(__file__).resolve().parents[1] / "python"))

from loop import main, ready


def meet(address: str) -> None:
    """The processes of a test meet in its folder."""
    os.environ["XDG_RUNTIME_DIR"] = str(Path(address).parent)
    os.environ["HMSFFI_DOMAIN"] = "bench"


def serve(address: str) -> None:
    meet(address)
    server = hmsffi.create_server("echo")
    server.register_method("echo", "echo", lambda body: body)
    server.start()
    ready()
    threading.Event().wait()


def connect(address: str) -> Callable[[bytes], bytes]:
    meet(address)
    return hmsffi.create_client().get_service("echo").bind("echo")


def connect_with_dict(address: str) -> Callable[[bytes], bytes]:
    """A dict each way with the bytes in it."""
    echo = connect(address)

    def call(request: bytes) -> bytes:
        answer: bytes = echo({"name": "Ada", "age": 36, "score": 1.5, "body": request})["body"]
        return answer

    return call


if __name__ == "__main__":
    what = sys.argv.pop(1)
    if what == "dict":
        main("python, dict", serve, connect_with_dict)
    else:
        main("python", serve, connect)
