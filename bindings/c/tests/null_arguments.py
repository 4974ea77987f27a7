"""Every pointer of every exported function has its case: null_arguments.py HEADER EXPORTS NULL_ARGUMENTS_C

A case is a call with NULL, or with a view that has a length and no bytes, in the place of that argument.
"""

import re
import sys
from pathlib import Path

WITHOUT_BYTES = {"NULL", "no_text", "no_bytes"}
VIEWS = ("struct hms_str_t", "struct hms_bytes_t")


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


def is_pointer(parameter: str) -> bool:
    return "*" in parameter or parameter.startswith(VIEWS) or re.search(r"_fn \w+$", parameter)


def main(header: str, exports: str, tests: str) -> None:
    source = re.sub(r"/\*.*?\*/", "", Path(header).read_text(encoding="utf-8"), flags=re.DOTALL)
    functions = dict(calls(re.sub(r"^#.*$", "", source, flags=re.MULTILINE)))
    cases: dict[str, list[list[str]]] = {}
    for name, arguments in calls(Path(tests).read_text(encoding="utf-8")):
        cases.setdefault(name, []).append(arguments)
    missing = []
    for name in Path(exports).read_text(encoding="utf-8").split():
        for at, parameter in enumerate(functions[name]):
            if not is_pointer(parameter):
                continue
            if not any(arguments[at] in WITHOUT_BYTES for arguments in cases.get(name, [])):
                missing.append(f"{name}: no case without {parameter}")
    if missing:
        sys.exit("\n".join([*missing, f"add what is missing to {tests}"]))


main(*sys.argv[1:])
