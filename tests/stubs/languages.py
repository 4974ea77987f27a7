"""How callers are made of their source and the clients, and what the tools of languages say."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
TARGET = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
HMS = TARGET / "release" / "hms"
STAGE = TARGET / "stage"

SERVICES = (("test.all-kinds", "all_kinds"), ("nasty", "nasty"), (str(HERE / "odd.json"), "odd"))
"""What there are clients of, and the names of their files. Nobody calls the last."""

Stub = Callable[[str, str, Path], None]
"""Writes the client of a service in a language into a file."""


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


def python(stub: Stub, folder: Path) -> Sequence[str | Path]:
    """Passes mypy and ruff, with and without the settings of this repository."""
    for service, name in SERVICES:
        stub("python", service, folder / f"{name}.py")
    shutil.copy(HERE / "callers" / "caller.py", folder)
    tools = Path(sys.executable).parent
    clients = [f"{name}.py" for _, name in SERVICES]
    run([tools / "mypy", "--strict", "--cache-dir", TARGET / "mypy", *clients, "caller.py"], folder)
    for settings in (["--config", ROOT / "ruff.toml"], ["--isolated"]):
        run([tools / "ruff", "check", *settings, *clients], folder)
        run([tools / "ruff", "format", "--check", *settings, *clients], folder)
    return [sys.executable, "caller.py"]


def go(stub: Stub, folder: Path) -> Sequence[str | Path]:
    """Passes gofmt and vet."""
    for service, name in SERVICES:
        name = name.replace("_", "")
        (folder / name).mkdir()
        stub("go", service, folder / name / f"{name}.go")
    shutil.copy(HERE / "callers" / "caller.go", folder)
    shutil.copy(ROOT / "go" / "go.sum", folder)
    _, needs = (ROOT / "go" / "go.mod").read_text().split("\n", 1)
    module = f"module caller\n{needs}\nrequire github.com/hmsffi/hmsffi/go v0.0.0\n"
    (folder / "go.mod").write_text(f"{module}\nreplace github.com/hmsffi/hmsffi/go => {ROOT}/go\n")
    assert run(["gofmt", "-l", "."], folder) == ""
    run(["go", "vet", "./..."], folder)
    run(["go", "build", "-o", "caller", "."], folder)
    return ["env", f"LD_LIBRARY_PATH={STAGE}/lib", folder / "caller"]


def typescript(stub: Stub, folder: Path) -> Sequence[str | Path]:
    """Passes the strictest checks of tsc."""
    for service, name in SERVICES:
        stub("typescript", service, folder / f"{name}.ts")
    shutil.copy(HERE / "callers" / "caller.ts", folder)
    package = ROOT / "bindings" / "node"
    (folder / "node_modules").mkdir()
    (folder / "node_modules" / "hmsffi").symlink_to(package)
    (folder / "package.json").write_text('{"type": "module"}')
    strict = [
        *(
            "--strict",
            "--noUncheckedIndexedAccess",
            "--exactOptionalPropertyTypes",
            "--noUnusedLocals",
        ),
        *("--noUnusedParameters", "--verbatimModuleSyntax", "--erasableSyntaxOnly"),
    ]
    types = ["--types", "node", "--typeRoots", package / "node_modules" / "@types"]
    aimed = ["--target", "es2023", "--lib", "es2023,esnext.disposable", "--module", "nodenext"]
    tsc = package / "node_modules" / "typescript" / "bin" / "tsc"
    run(["node", tsc, *strict, *types, *aimed, "--outDir", "built", "caller.ts", "odd.ts"], folder)
    return ["node", "built/caller.js"]


def rust(stub: Stub, folder: Path) -> Sequence[str | Path]:
    """Passes rustfmt and clippy."""
    sources = folder / "src"
    sources.mkdir()
    for service, name in SERVICES:
        stub("rust", service, sources / f"{name}.rs")
    shutil.copy(HERE / "callers" / "caller.rs", sources / "main.rs")
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
    run(["rustfmt", "--edition", "2024", "--check", *sources.glob("[!m]*.rs")], folder)
    run(["cargo", "clippy", "--release", "--offline", "--", "-D", "warnings"], folder)
    run(["cargo", "build", "--release", "--offline"], folder)
    return ["env", f"LD_LIBRARY_PATH={STAGE}/lib", TARGET / "release" / "stubs-caller"]


def cpp(stub: Stub, folder: Path) -> Sequence[str | Path]:
    """Compiles without a warning, with and without exceptions."""
    for service, name in SERVICES:
        stub("cpp", service, folder / f"{name}.hpp")
    shutil.copy(HERE / "callers" / "caller.cc", folder)
    compiler = [
        os.environ.get("CXX", "c++"),
        "-std=c++17",
        "-Wall",
        "-Wextra",
        "-Wpedantic",
        "-Werror",
    ]
    compiler.append(f"-I{STAGE}/include")
    odd = ["-fno-exceptions", "-fsyntax-only", "-x", "c++", "odd.hpp"]
    run([*compiler, *odd], folder)
    run([*compiler, "caller.cc", "-o", "caller", f"-L{STAGE}/lib", "-lhmsffi"], folder)
    return ["env", f"LD_LIBRARY_PATH={STAGE}/lib", folder / "caller"]


MADE = {"cpp": cpp, "python": python, "go": go, "node": typescript, "rust": rust}
"""By the name of the language in LANGS of make."""
