"""Writes tests/golden/values.json as macros for C and C++: golden.py VALUES_JSON OUTPUT

VALUE(name, hex, the value in the notation of golden.c, the value in C++),
ALSO(name, another encoding, hex),
REFUSED(name, hex, reason).
"""

import json
import struct
import sys
from pathlib import Path


def literal(data: bytes) -> str:
    return '"' + "".join(f"\\{byte:03o}" for byte in data) + '"'


def text(value: str) -> str:
    data = value.encode()
    return f"std::string({literal(data)}, {len(data)})"


def integer(value: int | str) -> str:
    number = int(value)
    if number == -(2**63):
        return "INT64_MIN"
    return f"INT64_C({number})" if number < 2**63 else f"UINT64_C({number})"


def floating(value: float | str) -> str:
    return {"NaN": "NAN", "Infinity": "HUGE_VAL", "-Infinity": "-HUGE_VAL"}.get(value) or repr(
        float(value)
    )


def octets(digits: str) -> str:
    return "{" + ", ".join(f"0x{byte:02x}" for byte in bytes.fromhex(digits)) + "}"


def expression(kind: str, value) -> str:
    match kind:
        case "null":
            inner = "nullptr"
        case "bool":
            inner = str(value).lower()
        case "int":
            inner = integer(value)
        case "bigint":
            inner = f"hms::BigInt{{{text(value)}}}"
        case "float":
            inner = floating(value)
        case "text":
            inner = text(value)
        case "bytes":
            inner = f"std::vector<uint8_t>{octets(value)}"
        case "datetime":
            inner = f"hms::DateTime{{{text(value)}}}"
        case "uuid":
            inner = f"hms::Uuid{octets(value.replace('-', ''))}"
        case "decimal":
            inner = f"hms::Decimal{{{text(value)}}}"
        case "list":
            inner = "list({" + ", ".join(expression(**item) for item in value) + "})"
        case "map":
            inner = (
                "map({"
                + ", ".join(f"{{{text(key)}, {expression(**item)}}}" for key, item in value)
                + "})"
            )
        case _:
            raise ValueError(f"unknown kind {kind}")
    return f"hms::Value({inner})"


def notation(kind: str, value) -> str:
    match kind:
        case "null":
            return "null"
        case "bool":
            return str(value).lower()
        case "float":
            return "float " + struct.pack(">d", float(value)).hex()
        case "text":
            return "text " + value.encode().hex()
        case "uuid":
            return "uuid " + value.replace("-", "")
        case "list":
            return "[" + "".join(notation(**item) + ";" for item in value) + "]"
        case "map":
            pairs = (f"{key.encode().hex()}:{notation(**item)};" for key, item in value)
            return "{" + "".join(pairs) + "}"
        case _:
            return f"{kind} {value}"


def notation_of_vector(vector: dict) -> str:
    if "nested" not in vector:
        return notation(vector["kind"], vector["value"])
    begin, end = {"list": ("[", ";]"), "map": ("{61:", ";}")}[vector["kind"]]
    return begin * vector["nested"] + notation(**vector["value"]) + end * vector["nested"]


def of_vector(vector: dict) -> str:
    if "nested" in vector:
        return f'nested("{vector["kind"]}", {vector["nested"]}, {expression(**vector["value"])})'
    return expression(vector["kind"], vector["value"])


def main(source: str, output: str) -> None:
    lines = []
    for vector in json.loads(Path(source).read_text(encoding="utf-8")):
        name, digits = literal(vector["name"].encode()), vector["hex"]
        if "error" in vector:
            lines.append(f'REFUSED({name}, "{digits}", {literal(vector["reason"].encode())})')
            continue
        written = literal(notation_of_vector(vector).encode())
        lines.append(f'VALUE({name}, "{digits}", {written}, {of_vector(vector)})')
        lines += [f'ALSO({name}, "{also}", "{digits}")' for also in vector.get("also", [])]
    Path(output).write_text("\n".join(lines) + "\n", encoding="ascii")


main(*sys.argv[1:])
