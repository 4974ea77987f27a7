"""Every argument that can be wrong has its case: arguments.py HEADER EXPORTS TESTS null|utf8

null: a call with NULL, or with a view that has a length and no bytes, for each pointer of each
exported function;
utf8: a call with text that is not UTF-8, for each text.
"""

import re
import sys
from pathlib import Path

BAD = {"null": {"NULL", "no_text", "no_bytes"}, "utf8": {"not_utf8"}}


def closing(text: str, start: int) -> int:
    """Where the parenthesis that opens before `start` is closed."""
    depth = 1
    for at in range(start, len(text)):
        depth += {"(": 1, "{": 1, ")": -1, "}": -1}.get(text[at], 0)
        if depth == 0:
            return at
    raise ValueError("a parenthesis is not closed")


def split(text: str) -> list[str]:
    """Arguments, split at the commas that are in no bracket."""
    arguments, depth = [""], 0
    for letter in text:
        depth += {"(": 1, "{": 1, ")": -1, "}": -1}.get(letter, 0)
        if letter == "," and depth == 0:
            arguments.append("")
        else:
            arguments[-1] += letter
    return [" ".join(argument.split()) for argument in arguments]


def calls(text: str) -> list[tuple[str, list[str]]]:
    return [
        (match[1], split(text[match.end() : closing(text, match.end())]))
        for match in re.finditer(r"\b(hms_\w+)\(", text)
    ]


def can_be_bad(parameter: str, how: str) -> bool:
    """Whether it is text, or, for `null`, any pointer."""
    if parameter.startswith("struct hms_str_t ") and "*" not in parameter:
        return True
    pointer = "*" in parameter or parameter.startswith("struct hms_bytes_t") or "_fn " in parameter
    return how == "null" and pointer


def main(header: str, exports: str, tests: str, how: str) -> None:
    source = re.sub(r"/\*.*?\*/", "", Path(header).read_text(encoding="utf-8"), flags=re.DOTALL)
    functions = dict(calls(re.sub(r"^#.*$", "", source, flags=re.MULTILINE)))
    cases: dict[str, list[list[str]]] = {}
    for name, arguments in calls(Path(tests).read_text(encoding="utf-8")):
        cases.setdefault(name, []).append(arguments)
    missing = []
    for name in Path(exports).read_text(encoding="utf-8").split():
        for at, parameter in enumerate(functions[name]):
            if not can_be_bad(parameter, how):
                continue
            if not any(arguments[at] in BAD[how] for arguments in cases.get(name, [])):
                missing.append(f"{name}: no case of a bad {parameter}")
    if missing:
        sys.exit("\n".join([*missing, f"add what is missing to {tests}"]))


main(*sys.argv[1:])
