"""What is in the wheel, and what its two ELF files say about themselves."""

import re
import subprocess
import zipfile
from pathlib import Path

import pytest


@pytest.fixture(scope="module")
def unpacked(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder)
    return folder / "hmsffi"


@pytest.fixture(scope="module")
def extension(unpacked: Path) -> Path:
    (file,) = unpacked.glob("_native*.so")
    return file


def dynamic(file: Path, tag: str) -> list[str]:
    printed = subprocess.run(
        ["readelf", "-d", file], check=True, capture_output=True, text=True
    ).stdout
    return re.findall(rf"\({tag}\).*\[(.*)\]", printed)


def defined(file: Path) -> list[str]:
    printed = subprocess.run(
        ["nm", "-D", "--defined-only", file], check=True, capture_output=True, text=True
    ).stdout
    return [line.split()[-1] for line in printed.splitlines()]


def test_tag_says_any_python_from_3_11_and_a_glibc(wheel: Path) -> None:
    assert re.fullmatch(r"hmsffi-[\d.]+-cp311-abi3-(manylinux\w+\.?)+\.whl", wheel.name)


@pytest.mark.parametrize(
    "name",
    [
        "__init__.py",
        "__main__.py",
        "py.typed",
        "_native.pyi",
        "_bin/hms",
        "_lib/libhmsffi.so.0",
        "_lib/pkgconfig/hmsffi.pc",
        "include/hmsffi/hmsffi.h",
        "include/hmsffi/hmsffi.hpp",
        "examples/demo/run.py",
        "examples/data/diabetes.csv",
        "examples/data/LICENSE.scikit-learn",
    ],
)
def test_wheel_contains(unpacked: Path, name: str) -> None:
    assert (unpacked / name).is_file()


def test_library_in_the_wheel_is_named_as_the_loader_asks_for_it(unpacked: Path) -> None:
    assert dynamic(unpacked / "_lib" / "libhmsffi.so.0", "SONAME") == ["libhmsffi.so.0"]


def test_extension_needs_the_library_and_finds_it_beside_itself(extension: Path) -> None:
    assert "libhmsffi.so.0" in dynamic(extension, "NEEDED")
    assert dynamic(extension, "RUNPATH") == ["$ORIGIN/_lib"]


def test_extension_has_no_core_of_its_own(extension: Path) -> None:
    assert not [name for name in defined(extension) if name.startswith("hms_")]


def test_library_exports_its_abi_and_nothing_else(unpacked: Path) -> None:
    names = defined(unpacked / "_lib" / "libhmsffi.so.0")
    assert "hms_abi_version" in names
    assert not [name for name in names if not name.startswith("hms_")]
