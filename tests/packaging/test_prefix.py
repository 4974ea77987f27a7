"""C and C++ programs built against the installed prefix, after it was moved."""

import json
import os
import shlex
from pathlib import Path

import pytest
from installed import Run

CONSUMER = Path(__file__).parent / "consumer"
CC = os.environ.get("CC", "cc")
CXX = os.environ.get("CXX", "c++")


@pytest.fixture
def package_path(prefix: Path) -> str:
    return str(prefix / "lib" / "pkgconfig")


def flags(run: Run, package_path: str, *options: str) -> list[str]:
    printed = run(["pkg-config", *options, "hmsffi"], PKG_CONFIG_PATH=package_path)
    return shlex.split(printed)


def test_cmake_finds_the_package_and_each_target_links(
    prefix: Path, run: Run, tmp_path: Path
) -> None:
    run(["cmake", "-S", CONSUMER, "-B", "build", f"-DCMAKE_PREFIX_PATH={prefix}"])
    run(["cmake", "--build", "build"])
    assert run(["build/shared"]) == "hello from C\n"
    assert run(["build/static"]) == "hello from C\n"
    assert run(["build/cpp"]) == "hello from C++\n"
    needed = run(["readelf", "-d", "build/shared"])
    assert "[libhmsffi.so.0]" in needed
    assert "libhmsffi" not in run(["readelf", "-d", "build/static"])


def test_cmake_refuses_a_version_that_may_break(prefix: Path, run: Run, tmp_path: Path) -> None:
    listing = (CONSUMER / "CMakeLists.txt").read_text(encoding="utf-8")
    later = tmp_path / "later"
    later.mkdir()
    (later / "CMakeLists.txt").write_text(listing.replace("hmsffi 0.1", "hmsffi 0.2"))
    with pytest.raises(AssertionError, match="considered but not accepted"):
        run(["cmake", "-S", later, "-B", "build", f"-DCMAKE_PREFIX_PATH={prefix}"])


def test_pkg_config_flags_build_a_program_in_c(prefix: Path, package_path: str, run: Run) -> None:
    options = flags(run, package_path, "--cflags", "--libs")
    run([CC, "-std=c11", "-Wall", "-Werror", CONSUMER / "main.c", *options, "-o", "program"])
    assert run(["./program"], LD_LIBRARY_PATH=str(prefix / "lib")) == "hello from C\n"


def test_pkg_config_flags_build_a_program_in_cpp(prefix: Path, package_path: str, run: Run) -> None:
    options = flags(run, package_path, "--cflags", "--libs")
    run([CXX, "-std=c++17", "-Wall", "-Werror", CONSUMER / "main.cc", *options, "-o", "program"])
    assert run(["./program"], LD_LIBRARY_PATH=str(prefix / "lib")) == "hello from C++\n"


def test_pkg_config_names_what_the_static_library_needs(package_path: str, run: Run) -> None:
    assert {"-lpthread", "-ldl", "-lm"}.issubset(flags(run, package_path, "--libs", "--static"))


def test_library_names_form_a_chain_to_one_file(prefix: Path) -> None:
    files = sorted(file.name for file in (prefix / "lib").glob("libhmsffi.so*"))
    real = [name for name in files if not (prefix / "lib" / name).is_symlink()]
    assert files[:2] == ["libhmsffi.so", "libhmsffi.so.0"]
    assert len(real) == 1
    assert (prefix / "lib" / "libhmsffi.so").resolve() == (prefix / "lib" / real[0]).resolve()


def test_hms_comes_with_the_library_that_it_uses(prefix: Path, run: Run, tmp_path: Path) -> None:
    printed = run([prefix / "bin" / "hms", "doctor", "--json"], XDG_RUNTIME_DIR=str(tmp_path))
    (library,) = (finding for finding in json.loads(printed) if finding["what"] == "library")
    used = Path(library["found"].partition(" from ")[2])
    assert used.resolve() == (prefix / "lib" / "libhmsffi.so").resolve()


def test_no_file_names_the_folder_it_was_built_in(prefix: Path) -> None:
    build_folder = str(Path(__file__).resolve().parents[2]).encode()
    texts = [file for file in prefix.rglob("*") if file.suffix in {".pc", ".cmake", ".h", ".hpp"}]
    assert texts
    assert not [file.name for file in texts if build_folder in file.read_bytes()]
