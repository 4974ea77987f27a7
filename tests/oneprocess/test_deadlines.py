"""The time left travels with nested calls, whatever the languages on the way."""

import time

from hosts import Host

DEADLINE_EXCEEDED = 4


def test_every_handler_on_the_way_sees_the_callers_deadline(
    host: Host, languages: list[str]
) -> None:
    for last in range(1, len(languages) + 1):
        left = int(host.route(*languages[:last], "time-left", timeout_ms=5000))
        assert 0 < left <= 5_000_000_000


def test_time_spent_on_the_way_is_gone(host: Host, languages: list[str]) -> None:
    for language in languages:
        left = int(host.route(*languages, language, "nap", "time-left", timeout_ms=5000))
        assert 0 < left <= 4_980_000_000


def test_caller_returns_at_its_deadline_while_a_handler_sleeps(
    host: Host, languages: list[str]
) -> None:
    for language in languages:
        start = time.monotonic()
        chain = host.refusal(languages[0], language, *["nap"] * 50, "hello", timeout_ms=100)
        assert time.monotonic() - start < 0.9
        assert chain[0].code == DEADLINE_EXCEEDED
