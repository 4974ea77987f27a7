"""Builds what the cases run, into target/benches/shm."""

import os
import subprocess
import sys
from pathlib import Path

SHM = Path(__file__).resolve().parent
TARGET = Path(os.environ.get("CARGO_TARGET_DIR", SHM.parent.parent / "target")).resolve()
OUT = TARGET / "benches" / "shm"
RUST = OUT / "rust"
VENV = OUT / "venv"

STAGE = TARGET / "stage" / "lib"

PLACES = {
    "shm": SHM,
    "floors": OUT / "floors",
    "hmsffi": OUT / "hmsffi",
    "go": OUT / "go",
    "bench-echo": TARGET / "release" / "bench-echo",
    "rust": RUST / "release",
    "venv": VENV,
    "python": TARGET / "venv" / "bin" / "python",
}
"""What the program of a case may name."""


def command(*arguments: str | Path, **environment: str) -> None:
    subprocess.run([str(one) for one in arguments], check=True, env=os.environ | environment)


def c_program(name: str, *flags: str) -> None:
    """The C files of a folder with the measuring loop."""
    sources = [SHM / "measure.c", *sorted((SHM / name).glob("*.c"))]
    warnings = ["-Wall", "-Wextra", "-Wpedantic", "-Werror"]
    compiler = os.environ.get("CC", "cc")
    command(compiler, "-std=c11", "-O2", *warnings, *sources, *flags, "-o", OUT / name)


def floors() -> None:
    c_program("floors")


def hmsffi() -> None:
    """Against the staged library, as any C program would be."""
    pkg_config = ["pkg-config", "--cflags", "--libs", "hmsffi"]
    environment = os.environ | {"PKG_CONFIG_PATH": str(STAGE / "pkgconfig")}
    flags = subprocess.run(
        pkg_config, check=True, env=environment, stdout=subprocess.PIPE, text=True
    )
    c_program("hmsffi", "-pthread", *flags.stdout.split(), f"-Wl,-rpath,{STAGE}")


def go() -> None:
    environment = {"PKG_CONFIG_PATH": str(STAGE / "pkgconfig")}
    rpath = f"-Wl,-rpath,{STAGE}"
    command(
        "go",
        "-C",
        SHM / "hmsffi" / "go",
        "build",
        "-o",
        OUT / "go",
        ".",
        CGO_LDFLAGS=rpath,
        **environment,
    )


def rust_server() -> None:
    manifest = SHM.parent.parent / "extensions" / "Cargo.toml"
    cargo = ["cargo", "build", "--quiet", "--release", "--manifest-path", manifest]
    command(*cargo, "-p", "bench-echo", HMSFFI_LIB_DIR=str(STAGE))


def rust_peers() -> None:
    manifest = SHM / "rust" / "Cargo.toml"
    cargo = ["cargo", "build", "--quiet", "--locked", "--release", "--manifest-path", manifest]
    # Without the flags of make, which only hide paths: called by hand, this would compile anew.
    command(*cargo, CARGO_TARGET_DIR=str(RUST), CARGO_ENCODED_RUSTFLAGS="")


def python_peers() -> None:
    pins = SHM / "python" / "requirements.txt"
    installed = VENV / ".pins"
    if installed.exists() and installed.read_text() == pins.read_text():
        return
    command(sys.executable, "-m", "venv", "--clear", VENV)
    pip = [VENV / "bin" / "pip", "install", "--quiet", "--disable-pip-version-check"]
    command(*pip, "--only-binary", ":all:", "-r", pins)
    installed.write_text(pins.read_text())


BUILDERS = {
    "floors": floors,
    "hmsffi": hmsffi,
    "go": go,
    "bench-echo": rust_server,
    "rust": rust_peers,
    "venv": python_peers,
}
"""By the place that a case's program names."""


def build(places: set[str]) -> dict[str, str]:
    """Builds these; what failed, and why."""
    OUT.mkdir(parents=True, exist_ok=True)
    failed = {}
    for place in sorted(places & BUILDERS.keys()):
        print(f"building: {place}", file=sys.stderr)
        try:
            BUILDERS[place]()
        except (OSError, subprocess.CalledProcessError) as error:
            failed[place] = str(error)
    return failed
