"""Two calls of another process on one loop: the second is answered while the first waits."""

import asyncio
import sys
from pathlib import Path

import hmsffi


async def main(language: str) -> None:
    with hmsffi.create_client() as client:
        relay = client.get_service(f"relay.{language}")
        waiting = asyncio.create_task(relay.async_call("relay", b"wait"))
        answer = await relay.async_call("relay", b"nap>hello")
        assert not waiting.done()
        print(answer.decode())
        waiting.cancel()
        try:
            await waiting
        except asyncio.CancelledError:
            print("cancelled")
    print(
        "hms-answers"
        in {name.read_text().strip() for name in Path("/proc/self/task").glob("*/comm")}
    )


asyncio.run(main(sys.argv[1]))
