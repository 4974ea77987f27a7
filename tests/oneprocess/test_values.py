"""The golden values travel through each language unchanged: as bytes, and decoded and encoded."""

import json
from collections.abc import Callable
from typing import Any

import cbor2
import pytest
from hosts import BYTES, CBOR, COMPONENTS, ROOT, CallFailed, Host

GOLDEN: list[dict[str, Any]] = json.loads(
    (ROOT / "tests" / "golden" / "values.json").read_text(encoding="utf-8")
)
BODIES = [bytes.fromhex(vector["hex"]) for vector in GOLDEN]
"""Those that are not CBOR as this library carries it are bytes like any others."""

HAVE_VALUES = [language for language in ("c", "cpp", "go", "rust") if language in COMPONENTS]


def test_bytes_arrive_as_they_were_sent(host: Host, languages: list[str]) -> None:
    for language in languages:
        for body in BODIES:
            assert host.call(language, body, method="echo", content_type=BYTES) == body


def test_handlers_of_bytes_see_encoded_values_as_they_are(start: Callable[[str], Host]) -> None:
    # The other hosts decode what is encoded.
    host = start("c")
    for language in host.load_relays():
        for body in BODIES:
            assert host.call(language, body, method="echo", content_type=CBOR) == body


# What a language cannot hold is refused, never changed. Go: its zero time mostly means that nobody
# set it.
REFUSED = {"go": {"datetime first year"}}


def without_order(body: bytes) -> bytes:
    """The same value with sorted keys: the order of a map's entries has no meaning."""
    return cbor2.dumps(cbor2.loads(body), canonical=True)


@pytest.mark.parametrize("language", HAVE_VALUES)
def test_decoded_values_are_encoded_to_the_same_bytes(
    start: Callable[[str], Host], language: str
) -> None:
    host = start("c")
    host.load_relays()
    for vector in GOLDEN:
        if "error" in vector or vector["name"] in REFUSED.get(language, ()):
            continue
        body = bytes.fromhex(vector["hex"])
        answer = host.call(language, body, method="value", content_type=CBOR)
        # Bindings send bytes that are not inside of anything as they are.
        raw = bytes.fromhex(vector["value"]) if vector["kind"] == "bytes" else body
        assert answer in (body, raw) or without_order(answer) == without_order(body)


@pytest.mark.parametrize("language", [language for language in REFUSED if language in HAVE_VALUES])
def test_what_a_language_cannot_hold_is_an_error(
    start: Callable[[str], Host], language: str
) -> None:
    host = start("c")
    host.load_relays()
    for vector in GOLDEN:
        if vector["name"] in REFUSED[language]:
            with pytest.raises(CallFailed):
                host.call(language, bytes.fromhex(vector["hex"]), method="value", content_type=CBOR)
