"""Prints a C program that prints the size of each struct of a header and where its fields are."""

import re
import sys
from pathlib import Path

COMMENT = re.compile(r"/\*.*?\*/|//[^\n]*", re.DOTALL)
STRUCT = re.compile(r"typedef struct (?:\w+ )?\{([^{}]*)\} (\w+);")
DEFINITION = re.compile(r"\b(?:struct|union)\b[^;(){}]*\{")
FIELD = re.compile(r"[^()]*?\b(\w+)\s*(?:\[[^\]]*\])*")
CALLBACK_FIELD = re.compile(r"[^()]*\(\s*\*\s*(\w+)\s*\)\s*\(.*\)", re.DOTALL)


def structs(header: str) -> list[tuple[str, list[str]]]:
    text = COMMENT.sub("", header)
    found = [(name, fields(name, body)) for body, name in STRUCT.findall(text)]
    if len(found) != len(DEFINITION.findall(text)):
        sys.exit("layout.py: the header has a struct or union that this script cannot read")
    if not found:
        sys.exit("layout.py: the header has no structs")
    return found


def fields(struct: str, body: str) -> list[str]:
    declarations = [text.strip() for text in body.split(";") if text.strip()]
    matches = [CALLBACK_FIELD.fullmatch(text) or FIELD.fullmatch(text) for text in declarations]
    for text, match in zip(declarations, matches, strict=True):
        if not match or "," in text.split("(")[0] or ":" in text:
            sys.exit(f"layout.py: cannot read a field of {struct}: {text}")
    return [match[1] for match in matches if match]


def program(found: list[tuple[str, list[str]]]) -> str:
    lines = ["#include <stddef.h>", "#include <stdio.h>", '#include "hmsffi/hmsffi.h"', ""]
    lines += ["int main(void) {"]
    for struct, names in found:
        size = f"sizeof({struct}), _Alignof({struct})"
        lines += [f'  printf("{struct} size %zu align %zu\\n", {size});']
        for name in names:
            offset = f"offsetof({struct}, {name}), sizeof((({struct} *)0)->{name})"
            lines += [f'  printf("  {name} at %zu size %zu\\n", {offset});']
    return "\n".join([*lines, "  return 0;", "}"])


if __name__ == "__main__":
    print(program(structs(Path(sys.argv[1]).read_text(encoding="utf-8"))))
