"""iceoryx2's Python package: request-response, both sides polling, 64 raw bytes without a codec."""

from collections.abc import Callable
from ctypes import Structure, c_uint8, memmove, string_at

import iceoryx2 as iox2
from loop import ECHO_SIZE, main, ready


class Body(Structure):
    _fields_ = [("bytes", c_uint8 * ECHO_SIZE)]


def service(address: str) -> tuple[iox2.Node, iox2.PortFactoryRequestResponse]:
    iox2.set_log_level(iox2.LogLevel.Error)
    node = iox2.NodeBuilder.new().create(iox2.ServiceType.Ipc)
    builder = node.service_builder(iox2.ServiceName.new(address))
    return node, builder.request_response(Body, Body).open_or_create()


def serve(address: str) -> None:
    _node, factory = service(address)
    server = factory.server_builder().create()
    ready()
    while True:
        request = server.receive()
        if request is None:
            continue
        body = string_at(request.payload_ptr, ECHO_SIZE)
        answer = request.loan_uninit()
        memmove(answer.payload_ptr, body, ECHO_SIZE)
        answer.assume_init().send()
        # Each side may hold only so many at a time.
        request.delete()


def connect(address: str) -> Callable[[bytes], bytes]:
    node, factory = service(address)
    client = factory.client_builder().create()

    def call(request: bytes, _alive: iox2.Node = node) -> bytes:
        loan = client.loan_uninit()
        memmove(loan.payload_ptr, request, ECHO_SIZE)
        pending = loan.assume_init().send()
        while (answer := pending.receive()) is None:
            pass
        body = string_at(answer.payload_ptr, ECHO_SIZE)
        answer.delete()
        pending.delete()
        return body

    return call


if __name__ == "__main__":
    main("iceoryx2-python", serve, connect)
