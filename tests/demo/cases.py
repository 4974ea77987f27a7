"""What there is to test."""

import os

from run import STEPS

LANGUAGES = os.environ.get("HMSFFI_LANGS", "rust c cpp go python node").split()
COMPLETE = set(STEPS) <= set(LANGUAGES)
"""Whether the pipeline has all of its steps."""
