"""Where `make dist` put things, and an environment that knows nothing of this tree."""

import os
from collections.abc import Callable
from pathlib import Path

DIST = Path(__file__).resolve().parents[2] / "dist"
Run = Callable[..., str]


def only(pattern: str) -> Path:
    found = list(DIST.glob(pattern))
    assert len(found) == 1, f"expected one {pattern} in dist/, found {[f.name for f in found]}"
    return found[0]


def clean_environment() -> dict[str, str]:
    """Nothing that points back into this tree."""
    ours = ("PKG_CONFIG_PATH", "LD_LIBRARY_PATH", "PYTHONPATH", "VIRTUAL_ENV", "CARGO_TARGET_DIR")
    return {
        name: value
        for name, value in os.environ.items()
        if name not in ours and not name.startswith(("HMSFFI_", "MAKE"))
    }
