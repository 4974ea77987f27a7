"""The demo's runner is the module `run` of examples/demo."""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[2] / "examples" / "demo"))
