"""The demo pipeline in one language: what every host must print, byte for byte (see PIPELINE.md).

reference.py                 print the expected output
reference.py --write         rewrite expected.txt
reference.py --example P001  print the steps of one patient, as PIPELINE.md shows them
"""

import csv
import re
import sys
from pathlib import Path

HERE = Path(__file__).parent
DATA = HERE.parent / "data" / "diabetes.csv"
EXPECTED = HERE / "expected.txt"

ONE = 10_000
DECIMAL = re.compile(r"([0-9]{1,6})(?:\.([0-9]{1,4}))?", re.ASCII)

RANGES = {
    "bmi": ("10", "60"),
    "bp": ("40", "200"),
    "tc": ("50", "500"),
    "ldl": ("10", "400"),
    "hdl": ("5", "200"),
    "tch": ("1", "20"),
    "ltg": ("2", "8"),
    "glu": ("30", "400"),
    "sex_code": ("1", "2"),
    "progression": ("0", "1000"),
}
MMOL_FACTORS = {"tc": 2586, "ldl": 2586, "hdl": 2586, "glu": 5551}
# attribute: points start above (in ten-thousandths), tenths of a point per unit, cap in tenths
POINTS = {
    "age": (30 * ONE, 2, 100),
    "bmi": (20 * ONE, 15, 300),
    "bp": (70 * ONE, 3, 150),
    "ratio": (2 * ONE, 25, 150),
    "ltg": (3 * ONE + 5_000, 80, 200),
    "glu": (4 * ONE, 35, 100),
}

Record = dict[str, object]
Item = dict[str, object]


class InvalidArgument(Exception):
    """Stands for an error with the code INVALID_ARGUMENT."""


def divide(a: int, b: int) -> int:
    return (2 * a + b) // (2 * b)


def parse(name: str, text: str) -> int:
    found = DECIMAL.fullmatch(text)
    if not found:
        raise InvalidArgument(f'attribute {name} is not a decimal number: "{text}"')
    return int(found[1]) * ONE + int((found[2] or "").ljust(4, "0"))


def attribute(record: Record, name: str) -> int:
    text = record["attributes"].get(name)
    if text is None:
        raise InvalidArgument(f"attribute {name} is missing")
    return parse(name, text)


def decimal(scaled: int, digits: int) -> str:
    rounded = divide(scaled, 10 ** (4 - digits))
    whole, fraction = divmod(rounded, 10**digits)
    return f"{whole}.{fraction:0{digits}d}"


def tenths(count: int) -> str:
    return decimal(count * ONE // 10, 1)


def records(path: Path) -> list[Record]:
    with path.open(newline="", encoding="ascii") as file:
        return [record(number, row) for number, row in enumerate(csv.DictReader(file), start=1)]


def record(number: int, row: dict[str, str]) -> Record:
    attributes = {"sex_code" if key == "sex" else key: value for key, value in row.items()}
    return {
        "id": f"P{number:03d}",
        "name": f"Patient {number:03d}",
        "age": int(attributes.pop("age")),
        "gender": 0,
        "contacts": [],
        "attributes": attributes,
    }


def validate(record: Record) -> None:
    patient, age = record["id"], record["age"]
    if not 18 <= age <= 100:
        raise InvalidArgument(f"{patient}: age {age} is outside 18..100")
    for name, (low, high) in RANGES.items():
        if not parse(name, low) <= attribute(record, name) <= parse(name, high):
            text = record["attributes"][name]
            raise InvalidArgument(f"{patient}: {name} {text} is outside {low}..{high}")


def convert(record: Record) -> Record:
    mmol = {
        f"{name}_mmol": decimal(divide(attribute(record, name) * factor, 10**7) * 100, 2)
        for name, factor in MMOL_FACTORS.items()
    }
    return {**record, "attributes": {**record["attributes"], **mmol}}


def points(record: Record) -> dict[str, int]:
    hdl = attribute(record, "hdl_mmol")
    if hdl == 0:
        raise InvalidArgument("attribute hdl_mmol must be above 0")
    values = {
        "age": record["age"] * ONE,
        "bmi": attribute(record, "bmi"),
        "bp": attribute(record, "bp"),
        "ratio": divide(attribute(record, "tc_mmol") * ONE, hdl),
        "ltg": attribute(record, "ltg"),
        "glu": attribute(record, "glu_mmol"),
    }
    return {
        name: min(cap, divide(max(0, values[name] - start) * weight, ONE))
        for name, (start, weight, cap) in POINTS.items()
    }


def score(record: Record) -> Record:
    total = tenths(sum(points(record).values()))
    return {**record, "attributes": {**record["attributes"], "score": total}}


def render(record: Record) -> Item:
    def column(name: str, digits: int, width: int) -> str:
        return decimal(attribute(record, name), digits).rjust(width)

    line = (
        f"{record['id']}  age {record['age']:>3}"
        f"  bmi {column('bmi', 1, 5)}  bp {column('bp', 1, 5)}"
        f"  tc {column('tc_mmol', 2, 5)}  ldl {column('ldl_mmol', 2, 5)}"
        f"  hdl {column('hdl_mmol', 2, 5)}  glu {column('glu_mmol', 2, 5)}"
        f"  ltg {column('ltg', 2, 5)}  score {column('score', 1, 5)}"
    )
    return {
        "id": record["id"],
        "score": divide(attribute(record, "score"), ONE // 10),
        "progression": divide(attribute(record, "progression"), ONE),
        "line": line,
    }


def by_decile(items: list[Item]) -> Item:
    if not items:
        raise InvalidArgument("a summary needs at least one patient")
    ranked = sorted(items, key=lambda item: (item["score"], item["id"]))
    groups: dict[str, list[Item]] = {}
    for rank, item in enumerate(ranked):
        groups.setdefault(str(rank * 10 // len(ranked) + 1), []).append(item)
    rows = [summary_row(name, group) for name, group in groups.items()]
    header = "decile  patients  lowest score  highest score  mean progression"
    text = "\n".join([header, *rows, summary_row("all", ranked)]) + "\n"
    return {"patients": len(ranked), "text": text}


def summary_row(name: str, group: list[Item]) -> str:
    lowest, highest = (tenths(group[at]["score"]) for at in (0, -1))
    mean = tenths(divide(sum(item["progression"] for item in group) * 10, len(group)))
    return f"{name:>6}  {len(group):>8}  {lowest:>12}  {highest:>13}  {mean:>16}"


def output(path: Path) -> str:
    items = []
    for patient in records(path):
        validate(patient)
        items.append(render(score(convert(patient))))
    lines = "".join(f"{item['line']}\n" for item in items)
    return f"{lines}\n{by_decile(items)['text']}"


def example(patient: str) -> str:
    before = next(record for record in records(DATA) if record["id"] == patient)
    after = convert(before)
    added = {key: value for key, value in after["attributes"].items() if key.endswith("_mmol")}
    item = render(score(after))
    return "\n".join(
        [
            f"id           {patient}",
            f"age          {before['age']}",
            "attributes   " + " ".join(f"{k}={v}" for k, v in before["attributes"].items()),
            "convert adds " + " ".join(f"{k}={v}" for k, v in added.items()),
            "points       " + " ".join(f"{k}={v}" for k, v in points(after).items()),
            f"score        {item['score']}",
            f"progression  {item['progression']}",
            f"line         {item['line']}",
        ]
    )


def main(arguments: list[str]) -> None:
    match arguments:
        case []:
            sys.stdout.write(output(DATA))
        case ["--write"]:
            EXPECTED.write_text(output(DATA), encoding="ascii", newline="\n")
        case ["--example", patient]:
            print(example(patient))
        case _:
            sys.exit(__doc__)


if __name__ == "__main__":
    main(sys.argv[1:])
