"""How callers are made of their source and the clients, and what the tools of languages say."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
TARGET = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
HMS = TARGET / "release" / "hms"
STAGE = TARGET / "stage"

Stub = Callable[[str, str, Path], None]
"""Writes the client of a service in a language into a file."""


@dataclass(frozen=True)
class Caller:
    """A program and the clients that it is made with."""

    source: str
    #: Services, or files with definitions, and the names of their clients.
    services: tuple[tuple[str, str], ...]
    stub: Stub
    folder: Path


def run(command: Sequence[str | Path], folder: Path, **environment: str) -> str:
    """What a command prints; it must succeed."""
    ran = subprocess.run(
        [str(word) for word in command],
        cwd=folder,
        env=os.environ | environment,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert ran.returncode == 0, f"{command}: {ran.returncode}\n{ran.stdout}{ran.stderr}"
    return ran.stdout


def python(caller: Caller) -> Sequence[str | Path]:
    """Passes mypy and ruff, with and without the settings of this repository."""
    folder = caller.folder
    for service, name in caller.services:
        caller.stub("python", service, folder / f"{name}.py")
    (folder / "caller.py").write_text(caller.source)
    tools = Path(sys.executable).parent
    clients = [f"{name}.py" for _, name in caller.services]
    run([tools / "mypy", "--strict", "--cache-dir", TARGET / "mypy", *clients, "caller.py"], folder)
    for settings in (["--config", ROOT / "ruff.toml"], ["--isolated"]):
        run([tools / "ruff", "check", *settings, *clients], folder)
        run([tools / "ruff", "format", "--check", *settings, *clients], folder)
    return [sys.executable, "caller.py"]


def go(caller: Caller) -> Sequence[str | Path]:
    """Passes gofmt and vet."""
    folder = caller.folder
    for service, name in caller.services:
        name = name.replace("_", "")
        (folder / name).mkdir()
        caller.stub("go", service, folder / name / f"{name}.go")
    (folder / "caller.go").write_text(caller.source)
    shutil.copy(ROOT / "go" / "go.sum", folder)
    _, needs = (ROOT / "go" / "go.mod").read_text().split("\n", 1)
    module = f"module caller\n{needs}\nrequire github.com/hmsffi/hmsffi/go v0.0.0\n"
    (folder / "go.mod").write_text(f"{module}\nreplace github.com/hmsffi/hmsffi/go => {ROOT}/go\n")
    assert run(["gofmt", "-l", "."], folder) == ""
    run(["go", "vet", "./..."], folder)
    run(["go", "build", "-o", "caller", "."], folder)
    return ["env", f"LD_LIBRARY_PATH={STAGE}/lib", folder / "caller"]


def typescript(caller: Caller) -> Sequence[str | Path]:
    """Passes the strictest checks of tsc."""
    folder = caller.folder
    for service, name in caller.services:
        caller.stub("typescript", service, folder / f"{name}.ts")
    (folder / "caller.ts").write_text(caller.source)
    package = ROOT / "bindings" / "node"
    (folder / "node_modules").mkdir()
    (folder / "node_modules" / "hmsffi").symlink_to(package)
    (folder / "package.json").write_text('{"type": "module"}')
    strict = "strict noUncheckedIndexedAccess exactOptionalPropertyTypes noUnusedLocals"
    strict += " noUnusedParameters verbatimModuleSyntax erasableSyntaxOnly"
    checks = [f"--{check}" for check in strict.split()]
    types = ["--types", "node", "--typeRoots", package / "node_modules" / "@types"]
    aimed = ["--target", "es2023", "--lib", "es2023,esnext.disposable", "--module", "nodenext"]
    sources = ["caller.ts", *(f"{name}.ts" for _, name in caller.services)]
    tsc = package / "node_modules" / "typescript" / "bin" / "tsc"
    run(["node", tsc, *checks, *types, *aimed, "--outDir", "built", *sources], folder)
    return ["node", "built/caller.js"]


def rust(caller: Caller) -> Sequence[str | Path]:
    """Passes rustfmt and clippy."""
    folder = caller.folder
    sources = folder / "src"
    sources.mkdir()
    for service, name in caller.services:
        caller.stub("rust", service, sources / f"{name}.rs")
    (sources / "main.rs").write_text(caller.source)
    # With its profiles and versions what is built for others need not be built again.
    extensions = (ROOT / "extensions" / "Cargo.toml").read_text()
    shutil.copy(ROOT / "extensions" / "Cargo.lock", folder)
    library = ROOT / "bindings" / "rust"
    (folder / "Cargo.toml").write_text(f"""[package]
name = "stubs-caller"
version = "0.1.0"
edition = "2024"

[dependencies]
hmsffi = {{ path = "{library}", default-features = false }}
serde = {{ version = "1", features = ["derive"] }}
serde_bytes = "0.11"

{extensions[extensions.index("[profile.release]") :]}""")
    clients = [f"src/{name}.rs" for _, name in caller.services]
    run(["rustfmt", "--edition", "2024", "--check", *clients], folder)
    run(["cargo", "clippy", "--release", "--offline", "--", "-D", "warnings"], folder)
    run(["cargo", "build", "--release", "--offline"], folder)
    return ["env", f"LD_LIBRARY_PATH={STAGE}/lib", TARGET / "release" / "stubs-caller"]


def cpp(caller: Caller) -> Sequence[str | Path]:
    """Compiles without a warning, with and without exceptions."""
    folder = caller.folder
    for service, name in caller.services:
        caller.stub("cpp", service, folder / f"{name}.hpp")
    (folder / "caller.cc").write_text(caller.source)
    compiler = [
        os.environ.get("CXX", "c++"),
        "-std=c++17",
        "-Wall",
        "-Wextra",
        "-Wpedantic",
        "-Werror",
    ]
    compiler.append(f"-I{STAGE}/include")
    _, last = caller.services[-1]
    run([*compiler, "-fno-exceptions", "-fsyntax-only", "-x", "c++", f"{last}.hpp"], folder)
    run([*compiler, "caller.cc", "-o", "caller", f"-L{STAGE}/lib", "-lhmsffi"], folder)
    return ["env", f"LD_LIBRARY_PATH={STAGE}/lib", folder / "caller"]


MADE = {"cpp": cpp, "go": go, "node": typescript, "python": python, "rust": rust}
"""By the names of languages in LANGS of make."""
LANGUAGES = os.environ.get("HMSFFI_LANGS", "rust c cpp go python node").split()
CHOSEN = [language for language in MADE if language in LANGUAGES]
