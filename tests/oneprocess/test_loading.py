"""Libraries that are no component for this process are refused, and say why."""

from pathlib import Path

from hosts import BUILT, Host


def test_missing_file(host: Host, tmp_path: Path) -> None:
    missing = tmp_path / "nothing.so"
    failure = host.loading_refused(missing)
    assert failure.code == 5
    assert str(missing) in failure.message
    assert "there is no such file" in failure.message


def test_file_that_is_no_library(host: Host, tmp_path: Path) -> None:
    text = tmp_path / "notes.so"
    text.write_text("not a library")
    failure = host.loading_refused(text)
    assert failure.code == 3
    assert str(text) in failure.message


def test_library_without_entry_points(host: Host) -> None:
    failure = host.loading_refused(BUILT / "no_component.so")
    assert failure.code == 3
    assert "hmsffi_component_abi" in failure.message


def test_component_of_a_later_library_version(host: Host) -> None:
    failure = host.loading_refused(BUILT / "other_abi.so")
    assert failure.code == 9
    assert "built for ABI 0.8, this library has 0.1" in failure.message


def test_component_that_cannot_start_gives_its_own_reason(host: Host) -> None:
    failure = host.loading_refused(BUILT / "failing_init.so")
    assert failure.code == 8
    assert failure.message.endswith("failing_init.so failed to start: no licence for the model")


def test_component_that_could_not_start_is_tried_again(host: Host) -> None:
    first = host.loading_refused(BUILT / "failing_init.so")
    assert host.loading_refused(BUILT / "failing_init.so") == first


def test_host_goes_on_after_refusals(host: Host) -> None:
    host.loading_refused(BUILT / "failing_init.so")
    host.loading_refused(BUILT / "no_component.so")
    assert host.route(host.language, "hello") == b"hello"
