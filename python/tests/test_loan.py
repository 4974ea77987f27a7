"""Loans, the ways of a call and what it reports. Between processes: tests/twoprocess."""

import asyncio
import gc

import hmsffi
import numpy
import pytest
from hmsffi import CallReport, Client, Server, TransportType

LARGE = 1 << 20


def invert(body: memoryview) -> hmsffi.Loan:
    call = hmsffi.current_call()
    assert call is not None
    loan = call.loan(len(body))
    numpy.invert(numpy.frombuffer(body, "u1"), out=numpy.frombuffer(loan, "u1"))
    return loan


@pytest.fixture
def image(server: Server, client: Client) -> hmsffi.ServiceClient:
    server.register_method("image", "invert", invert, view=True)
    return client.get_service("image")


def test_a_loan_is_filled_sent_and_answered_with_another(image: hmsffi.ServiceClient) -> None:
    for size in (0, 1, LARGE):
        loan = image.loan("invert", size)
        assert len(loan) == size
        numpy.frombuffer(loan, "u1")[:] = 1
        answer = image.bind("invert", view=True)(loan)
        assert isinstance(answer, memoryview)
        assert bytes(answer) == b"\xfe" * size


def test_a_part_of_a_loan_is_sent(image: hmsffi.ServiceClient) -> None:
    loan = image.loan("invert", LARGE)
    view = memoryview(loan)
    view[:3] = b"abc"
    assert image.call("invert", view[1:3]) == bytes([255 - ord("b"), 255 - ord("c")])


def test_what_a_handler_keeps_of_its_answer_stays_as_it_was(server: Server, client: Client) -> None:
    kept = []

    def answer(_: object) -> hmsffi.Loan:
        call = hmsffi.current_call()
        assert call is not None
        loan = call.loan(LARGE)
        array = numpy.frombuffer(loan, "u1")
        array[:] = 7
        kept.append(array)
        return loan

    server.register_method("keeper", "answer", answer)
    assert client.get_service("keeper").call("answer") == b"\x07" * LARGE
    assert (kept[0] == 7).all()


def test_a_loan_that_was_given_as_an_answer_is_empty(server: Server, client: Client) -> None:
    given = []

    def answer(_: object) -> hmsffi.Loan:
        call = hmsffi.current_call()
        assert call is not None
        given.append(call.loan(LARGE))
        return given[0]

    server.register_method("giver", "answer", answer)
    assert len(client.get_service("giver").call("answer")) == LARGE
    assert len(given[0]) == 0
    with pytest.raises(BufferError, match="given as an answer"):
        memoryview(given[0])


def test_a_request_that_is_kept_outlives_its_call(server: Server, client: Client) -> None:
    kept = []
    server.register_method("keep", "it", kept.append, view=True)
    client.get_service("keep").call("it", b"x" * LARGE)
    assert bytes(kept[0]) == b"x" * LARGE


def test_a_coroutine_gets_a_view_and_answers_with_a_loan() -> None:
    async def main() -> bytes:
        async def invert_later(body: memoryview) -> hmsffi.Loan:
            await asyncio.sleep(0)
            return invert(body)

        async with hmsffi.create_server("later") as server:
            server.register_method("later", "invert", invert_later, view=True)
            server.start()
            with hmsffi.create_client() as client:
                later = client.get_service("later")
                answer = await later.async_call("invert", later.loan("invert", LARGE))
                assert isinstance(answer, bytes)
                return answer

    assert len(asyncio.run(main())) == LARGE


def test_loans_are_given_back(image: hmsffi.ServiceClient) -> None:
    gc.collect()
    before = hmsffi.introspect()["buffers"]
    for _ in range(10):
        image.call("invert", image.loan("invert", LARGE))
    gc.collect()
    assert hmsffi.introspect()["buffers"] == before


def test_a_loan_beyond_the_limit_is_refused(client: Client) -> None:
    with hmsffi.create_server("small", max_message_size=LARGE) as server:
        server.register_method("small", "invert", invert, view=True)
        server.start()
        with pytest.raises(hmsffi.ResourceExhausted, match="max_message_size"):
            client.get_service("small").loan("invert", LARGE + 1)


def test_a_call_reports_the_way_that_it_took(image: hmsffi.ServiceClient) -> None:
    report = CallReport()
    image.call("invert", b"x", report=report)
    assert report.transport is TransportType.IN_PROCESS
    assert report.bytes_copied > 0
    image.call("invert", b"x", report=report, forbid=[TransportType.SHARED_MEMORY])
    assert report.transport is TransportType.IN_PROCESS


def test_a_way_that_does_not_lead_there_is_unavailable(image: hmsffi.ServiceClient) -> None:
    with pytest.raises(hmsffi.Unavailable, match="SHARED_MEMORY"):
        image.call("invert", b"x", transport=TransportType.SHARED_MEMORY)
    with pytest.raises(hmsffi.Unavailable):
        image.call("invert", b"x", forbid=[TransportType.IN_PROCESS])
    with pytest.raises(hmsffi.Unavailable):
        asyncio.run(image.async_call("invert", b"x", forbid=[TransportType.IN_PROCESS]))
    with pytest.raises(hmsffi.Unavailable):
        image.call_async("invert", b"x", transport=TransportType.SHARED_MEMORY)
    with pytest.raises(hmsffi.Unimplemented):
        image.call("invert", b"x", transport=TransportType.GRPC)


def test_a_client_says_how_long_it_spins(server: Server) -> None:
    server.register_method("spin", "echo", lambda body: body)
    for spin in (None, 0, 0.000_02, 1e9):
        with hmsffi.create_client(spin=spin) as client:
            assert client.get_service("spin").call("echo", b"x") == b"x"
