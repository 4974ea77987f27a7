"""A call that would wait for itself through another process is refused."""

import pytest
from domain import SERVERS, Domain

ABORTED = 10
# An asynchronous call, such as those of Node.js, holds no thread: it ends at its deadline.
BETWEEN = [language for language in SERVERS if language not in ("python", "c", "node")]


@pytest.mark.parametrize("between", BETWEEN)
def test_a_pool_of_one_thread_cannot_be_called_back(domain: Domain, between: str) -> None:
    domain.server("python", RELAY_POOL_THREADS="1")
    domain.server(between)
    host = domain.caller("c")
    chain = host.refusal("python", between, "python", "hello", timeout_ms=5_000)
    assert [failure.code for failure in chain] == [ABORTED] * 3
    assert f"relay.{between}.relay" in chain[-1].message
    assert chain[-1].message.count("relay.python.relay") == 2
    assert host.route("python", between, "hello") == b"hello"


def test_a_pool_of_two_threads_can(domain: Domain) -> None:
    domain.server("python", RELAY_POOL_THREADS="2")
    domain.server("go")
    assert domain.caller("c").route("python", "go", "python", "hello") == b"hello"
