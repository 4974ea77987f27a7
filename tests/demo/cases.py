"""What there is to test."""

import os

from run import STEPS

LANGUAGES = os.environ.get("HMSFFI_LANGS", "rust c cpp go python node").split()
COMPLETE = set(STEPS) <= set(LANGUAGES)
"""Whether the pipeline has all of its steps."""
STOOD_IN = COMPLETE or "python" in LANGUAGES
"""Whether it has them when Python does those that are missing."""
