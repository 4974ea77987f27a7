"""The direct path from C to C has not grown."""

import subprocess

from hosts import LANGUAGES, ROOT

if "c" in LANGUAGES:

    def test_instructions_per_call_are_within_the_committed_table() -> None:
        ran = subprocess.run(
            [ROOT / "benches" / "instructions.sh"], capture_output=True, text=True, check=False
        )
        assert ran.returncode == 0, ran.stderr
