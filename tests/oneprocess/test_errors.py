"""A failure arrives in the caller's language, with those that it caused on its way."""

from itertools import permutations, product

from hosts import Host

UNKNOWN, NOT_FOUND, PERMISSION_DENIED, INTERNAL = 2, 5, 7, 13

# What a stack of each language shows: the handler's own function or file. C++ knows neither.
STACK = {
    "c": "relay.c",
    "cpp": "",
    "go": "relay.go",
    "node": "relay.mjs",
    "python": "relay.py",
    "rust": "lib.rs",
}
# What a panic, which is a bug, and an exception, which may be none, arrive as.
CRASH = {
    "cpp": (UNKNOWN, "cpp throws"),
    "go": (INTERNAL, "panic: go panics"),
    "node": (UNKNOWN, "TypeError: node throws"),
    "python": (UNKNOWN, "ValueError: python raises"),
    "rust": (INTERNAL, "rust panics"),
}


def test_code_and_message_cross_each_border(host: Host, languages: list[str]) -> None:
    for caller, callee in permutations(languages, 2):
        chain = host.refusal(caller, callee, "fail")
        assert [(failure.code, failure.message) for failure in chain] == [
            (PERMISSION_DENIED, f"{caller} could not pass it on"),
            (PERMISSION_DENIED, f"{callee} refuses"),
        ]


def test_order_is_kept_through_three_handlers(host: Host, languages: list[str]) -> None:
    for first, second in permutations(languages, 2):
        third = languages[-1]
        chain = host.refusal(first, second, third, "fail")
        assert [failure.message for failure in chain] == [
            f"{first} could not pass it on",
            f"{second} could not pass it on",
            f"{third} refuses",
        ]


def test_each_error_has_the_stack_of_its_own_handler(host: Host, languages: list[str]) -> None:
    chain = host.refusal(*languages, "fail")
    for language, failure in zip(languages, chain, strict=True):
        assert STACK[language] in failure.stack


def test_panic_or_exception_of_a_handler_shows_where(host: Host, languages: list[str]) -> None:
    for caller, crashing in product(languages, CRASH.keys() & set(languages)):
        code, message = CRASH[crashing]
        chain = host.refusal(caller, crashing, "crash")
        assert {failure.code for failure in chain} == {code}
        assert message in chain[-1].message
        assert STACK[crashing] in chain[-1].stack


def test_missing_service_is_named_with_the_nearest(host: Host, languages: list[str]) -> None:
    for caller in languages:
        chain = host.refusal(caller, "gone", "hello")
        assert {failure.code for failure in chain} == {NOT_FOUND}
        assert "relay.gone" in chain[-1].message
