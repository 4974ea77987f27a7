"""Makes a table of the rows that programs print as JSON. It fails when one misses its figure."""

import json
import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from report import heading, table

HEADS = ["work", "median", "against", "ratio", "target", ""]


def line(row: dict[str, Any]) -> list[str]:
    ratio, limit = row["ns"] / row["against_ns"], row["limit"]
    against = f"{row['against']}, {row['against_ns']:.0f} ns"
    cells = [row["title"], f"{row['ns']:.0f} ns", against, f"{ratio:.2f}"]
    if limit is None:
        return [*cells, "", ""]
    verdict = "met" if ratio <= limit else f"missed by {ratio / limit - 1:.0%}"
    return [*cells, f"at most {limit}", verdict]


def main() -> int:
    lines = []
    for text in sys.stdin:
        lines.append(line(json.loads(text)))
        print(f"measured: {lines[-1][0]}", file=sys.stderr)
    print(heading("make bench-types"), table(HEADS, lines), sep="\n\n")
    return any("missed" in cells[-1] for cells in lines)


if __name__ == "__main__":
    sys.exit(main())
