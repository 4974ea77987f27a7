"""All languages of a process share one copy of the library."""

import shutil
from itertools import permutations
from pathlib import Path

from hosts import BUILT, COMPONENTS, LANGUAGES, STAGED, Host


def test_one_library_file_is_mapped(host: Host, languages: list[str]) -> None:
    assert len(host.mapped("libhmsffi.so")) == 1


def test_every_language_sees_the_same_instance(host: Host, languages: list[str]) -> None:
    ids = {host.route(language, "instance") for language in languages}
    assert len(ids) == 1
    assert len(ids.pop()) == 32


def test_every_language_calls_every_other(host: Host, languages: list[str]) -> None:
    for caller, callee in permutations(languages, 2):
        assert host.route(caller, callee, "hello") == b"hello"


def test_a_call_goes_through_all_languages_and_back(host: Host, languages: list[str]) -> None:
    there_and_back = [*languages, *reversed(languages), "hello"]
    assert host.route(*there_and_back) == b"hello"


def test_loading_a_component_twice_is_harmless(host: Host, languages: list[str]) -> None:
    assert host.load_relays() == languages
    for language in languages:
        assert host.route(language, "hello") == b"hello"


def test_component_is_found_through_a_symbolic_link_once(host: Host, tmp_path: Path) -> None:
    language = next(language for language in COMPONENTS if language != host.language)
    link = tmp_path / "other name.so"
    link.symlink_to(BUILT / f"relay-{language}.so")
    host.load(BUILT / f"relay-{language}.so")
    host.load(link)
    assert host.route(language, "hello") == b"hello"


def test_second_copy_of_the_library_is_refused_with_both_paths(host: Host, tmp_path: Path) -> None:
    assert host.route(host.language, "hello") == b"hello"
    first = Path(host.mapped("libhmsffi.so").pop()).parent / "libhmsffi.so.0"
    second = tmp_path / "libhmsffi.so.0"
    shutil.copy(STAGED / "libhmsffi.so.0", second)
    failure = host.loading_refused(second)
    assert failure.code == 9
    assert str(first) in failure.message
    assert str(second) in failure.message


if "go" in LANGUAGES:

    def test_second_go_runtime_is_refused_and_names_both_files(host: Host, tmp_path: Path) -> None:
        component = BUILT / "relay-go.so"
        if host.language == "go":
            first = BUILT / "host-go"
        else:
            host.load(component)
            first, component = component, tmp_path / "second.so"
            shutil.copy(first, component)
        failure = host.loading_refused(component)
        assert failure.code == 9
        assert str(first) in failure.message
        assert str(component) in failure.message
        assert host.route(host.language, "go", "hello") == b"hello"
