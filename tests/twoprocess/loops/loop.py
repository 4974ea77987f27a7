"""Two calls of another process on one loop: the second is answered while the first waits."""

import asyncio
import sys

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


asyncio.run(main(sys.argv[1]))
