"""The matrix of what calls between languages cost, as text."""

LANGUAGES = {
    "python": "Python",
    "node": "Node.js",
    "go": "Go",
    "rust": "Rust",
    "c": "C",
    "cpp": "C++",
}
MAIN_PROGRAM_ONLY = ("python", "node")
"""Languages that come with a main program: their handlers are in no other host's process."""
ELSEWHERE = ("other process:", "needs shared memory")

Figures = dict[tuple[str, str], tuple[float, float]]
"""Caller's and handler's language: microseconds of a call with 64 bytes and with a record."""


def cell(figures: Figures, caller: str, handler: str) -> tuple[str, str]:
    if (caller, handler) in figures:
        of_bytes, of_record = figures[caller, handler]
        return f"{of_bytes:.2f}", f"{of_record:.2f}"
    return ELSEWHERE if handler in MAIN_PROGRAM_ONLY else ("not measured", "")


def matrix(figures: Figures, handlers: list[str]) -> str:
    """A table with two lines for each caller."""
    columns = [language for language in LANGUAGES if language in handlers]
    rows = [["caller", "call with", *(LANGUAGES[language] for language in columns)]]
    for caller in (
        language for language in LANGUAGES if any(language in pair[:1] for pair in figures)
    ):
        above, below = zip(*(cell(figures, caller, handler) for handler in columns), strict=True)
        rows += [[LANGUAGES[caller], "64 bytes", *above], ["", "a record", *below]]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = ["median time of a call in us, by the languages of caller and handler:"]
    for row in rows:
        cells = (text.ljust(width) for text, width in zip(row, widths, strict=True))
        lines.append("  ".join(cells).rstrip())
    return "\n".join(lines)
