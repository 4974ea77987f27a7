"""The id of an asynchronous call is good in every language of the process."""

from collections.abc import Callable
from itertools import product

import pytest
from hosts import CallFailed, Host

# C++ has no way to ask by an id that came from elsewhere.
ASKING = {"c", "go", "rust"}


def test_result_is_read_by_any_language(start: Callable[[str], Host]) -> None:
    host = start("c")
    languages = host.load_relays()
    for serving, asking in product(languages, ASKING.intersection(languages)):
        call_id = host.submit(serving, b"nap>hello")
        assert host.route(asking, f"result:{call_id}") == b"hello"


def test_result_is_read_twice(start: Callable[[str], Host]) -> None:
    host = start("c")
    call_id = host.submit("c", b"hello")
    assert host.route("c", f"result:{call_id}") == b"hello"
    assert host.route("c", f"result:{call_id}") == b"hello"


def test_failure_is_read_by_any_language(start: Callable[[str], Host]) -> None:
    host = start("c")
    languages = host.load_relays()
    for serving, asking in product(languages, ASKING.intersection(languages)):
        call_id = host.submit(serving, b"fail")
        with pytest.raises(CallFailed) as caught:
            host.route(asking, f"result:{call_id}")
        assert caught.value.chain[-1].code == 7
        assert caught.value.chain[-1].message == f"{serving} refuses"
