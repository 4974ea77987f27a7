"""The matrix of what calls between languages cost, as text."""

LANGUAGES = {
    "python": "Python",
    "node": "Node.js",
    "go": "Go",
    "rust": "Rust",
    "c": "C",
    "cpp": "C++",
}

Figures = dict[tuple[str, str], tuple[float, float]]
"""Caller's and handler's language: microseconds of a call with 64 bytes and with a record."""


def cell(here: Figures, elsewhere: Figures, caller: str, handler: str) -> tuple[str, str]:
    """Two columns: the handler in the caller's process, and in another."""
    rows = zip(
        *(figures.get((caller, handler), ("-", "-")) for figures in (here, elsewhere)), strict=True
    )
    above, below = (" | ".join(map(shown, row)) for row in rows)
    return above, below


def shown(figure: float | str) -> str:
    return f"{figure:.2f}" if isinstance(figure, float) else figure


def matrix(here: Figures, elsewhere: Figures, handlers: list[str]) -> str:
    """A table with two lines for each caller."""
    columns = [language for language in LANGUAGES if language in handlers]
    rows = [["caller", "call with", *(LANGUAGES[language] for language in columns)]]
    callers = {caller for caller, _ in [*here, *elsewhere]}
    for caller in (language for language in LANGUAGES if language in callers):
        cells = (cell(here, elsewhere, caller, handler) for handler in columns)
        above, below = zip(*cells, strict=True)
        rows += [[LANGUAGES[caller], "64 bytes", *above], ["", "a record", *below]]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = [
        "median time of a call in us, by the languages of caller and handler:",
        "same process | other process, through shared memory",
    ]
    for row in rows:
        texts = (text.ljust(width) for text, width in zip(row, widths, strict=True))
        lines.append("  ".join(texts).rstrip())
    return "\n".join(lines)
