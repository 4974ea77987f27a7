"""What of the demo is on this machine, and how to get what is not."""

import importlib.util
import os
import shutil
import subprocess
from pathlib import Path

from processes import HERE, IS_CHECKOUT, PROGRAMS, PYTHON, ROOT, STEPS, TARGET

LANGUAGES = [*PROGRAMS, *STEPS]


def missing(language: str) -> str | None:
    """Why a language cannot take part, and what to do; None = it can."""
    if IS_CHECKOUT:
        return None if built(language) else how_to_build(language)
    if language != "python":
        return "not in the Python package; make demo in a checkout of the repository has it"
    if importlib.util.find_spec("hmsffi") is None:
        return f"{PYTHON} has no package hmsffi; HMSFFI_PYTHON names another Python"
    return None


def built(language: str) -> bool:
    match language:
        case "python":
            return PYTHON.exists() and any(PYTHON.parents[1].glob("lib/*/site-packages/hmsffi"))
        case "node":
            addons = (HERE / "node_modules" / "hmsffi").glob("*.node")
            return shutil.which("node") is not None and any(addons)
    hosts: dict[str, list[Path]] = {
        "go": [TARGET / "demo" / "host-go"],
        "cpp": [TARGET / "demo" / "host-cpp"],
    }
    needed = [
        TARGET / "components" / f"{language}.so",
        TARGET / "demo" / "step",
        *hosts.get(language, []),
    ]
    return all(file.exists() for file in needed)


def how_to_build(language: str) -> str:
    tools = subprocess.run(
        [ROOT / "scripts" / "toolchain.sh", "--usable", language],
        env=os.environ | {"HMSFFI_NO_APT": "yes"},
        capture_output=True,
        check=False,
        text=True,
    )
    prefix = f"missing for {language}: "
    lacking = [line.removeprefix(prefix) for line in tools.stderr.splitlines()]
    return "; ".join([*lacking, f"not built: make hosts LANGS={language}"])
