"""grpcio over a Unix socket: unary calls of raw bytes, without a codec."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import grpc
from loop import main, ready

METHOD = "Echo"
SERVICE = "bench.Peer"


def serve(address: str) -> None:
    server = grpc.server(ThreadPoolExecutor(max_workers=1))
    handler = grpc.unary_unary_rpc_method_handler(lambda request, _context: request)
    server.add_generic_rpc_handlers(
        (grpc.method_handlers_generic_handler(SERVICE, {METHOD: handler}),)
    )
    server.add_insecure_port(f"unix:{address}")
    server.start()
    ready()
    server.wait_for_termination()


def connect(address: str) -> Callable[[bytes], bytes]:
    return grpc.insecure_channel(f"unix:{address}").unary_unary(f"/{SERVICE}/{METHOD}")


if __name__ == "__main__":
    main("grpcio", serve, connect)
