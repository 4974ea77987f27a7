"""What is lent travels without a copy, from every language to every other and back."""

import pytest
from domain import SERVERS, Domain, each_pair

SHARED_MEMORY = 2
LARGE = 64 << 20


@each_pair
def test_nothing_is_copied(domain: Domain, caller: str, server: str) -> None:
    host = domain.pair(caller, server)
    # The first call asks for the number of the method, too.
    host.answer(f"lend relay.{server} 1")
    for length in (1 << 20, 5000):
        lent = host.answer(f"lend relay.{server} {length}")
        assert lent == {"answer": "", "transport": SHARED_MEMORY, "copied": 0}


@pytest.mark.parametrize("server", [one for one in ("cpp",) if {one, "python"} <= set(SERVERS)])
def test_an_array_of_64_mib_goes_from_python_there_and_back(domain: Domain, server: str) -> None:
    host = domain.pair("python", server)
    host.answer(f"lend relay.{server} 1")
    lent = host.answer(f"lend relay.{server} {LARGE}")
    assert lent == {"answer": "", "transport": SHARED_MEMORY, "copied": 0}


@each_pair
def test_what_is_small_is_copied_twice_each_way(domain: Domain, caller: str, server: str) -> None:
    host = domain.pair(caller, server)
    host.answer(f"lend relay.{server} 1")
    lent = host.answer(f"lend relay.{server} 100")
    assert lent["answer"] == ""
    # Into the ring and out of it; and where a handler runs elsewhere, for that.
    assert 400 <= lent["copied"] <= 600
