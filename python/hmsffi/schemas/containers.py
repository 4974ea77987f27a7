"""Lists, tuples, sets and dicts."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from hmsffi.schemas.choices import one_of
from hmsffi.schemas.misfit import REFUSALS, read_at
from hmsffi.schemas.shape import ANY, Convert, Shape, Test


def sequence(item: Shape, made: type[Any] = list, unique: bool = False) -> Shape:
    """A list of any length, read as `made`."""
    schema: dict[str, Any] = {"type": "ARRAY"}
    if item is not ANY:
        schema["items"] = item.schema
    if unique:
        schema["constraints"] = {"unique_items": True}
    kinds: tuple[type[Any], ...] = (list, tuple) if made is list else (made,)
    read_items = _each(item.read, item.exact)
    write_items = _each(item.write)

    def read(value: Any) -> Any:
        items = read_items(_list(value))
        return items if made is list else made(items)

    def write(value: Iterable[Any]) -> list[Any]:
        return write_items(list(value))

    def arrives(value: Any) -> bool:
        return isinstance(value, (list, tuple)) and all(map(item.arrives, value))

    def holds(value: Any) -> bool:
        return isinstance(value, kinds) and all(map(item.holds, value))

    as_it_is = made is list
    return Shape(
        schema,
        None if as_it_is and item.read is None else read,
        None if as_it_is and item.write is None else write,
        arrives,
        holds,
    )


def fixed(items: list[Shape], made: Callable[[list[Any]], Any] = tuple) -> Shape:
    """A list with a type for each place, read as a tuple."""
    count = len(items)
    schema: dict[str, Any] = {
        "type": "ARRAY",
        "constraints": {"min_items": count, "max_items": count},
    }
    if items:
        schema["items"] = one_of([item.schema for item in items])
    reads, writes = [item.read or _same for item in items], [item.write or _same for item in items]

    def read(value: Any) -> Any:
        given = _list(value)
        if len(given) != count:
            raise ValueError(f"needs {count} items, found {len(given)}")
        return made([read_at(at, reads[at], one) for at, one in enumerate(given)])

    def write(value: tuple[Any, ...]) -> list[Any]:
        return [to(one) for to, one in zip(writes, value, strict=True)]

    def arrives(value: Any) -> bool:
        return isinstance(value, (list, tuple)) and fits([item.arrives for item in items], value)

    def holds(value: Any) -> bool:
        return isinstance(value, tuple) and fits([item.holds for item in items], value)

    def fits(tests: list[Test], value: Any) -> bool:
        return len(value) == count and all(map(_passes, tests, value))

    plain = all(item.write is None for item in items)
    return Shape(schema, read, None if plain else write, arrives, holds)


def mapping(key: Shape, value: Shape) -> Shape:
    """A map of any keys. Those of other types than text travel as text."""
    schema: dict[str, Any] = {"type": "MAP"}
    if key is not ANY:
        schema["key_schema"] = key.schema
    if value is not ANY:
        schema["value_schema"] = value.schema
    is_text = key.schema["type"] in ("STRING", "ANY")
    read_key = _KEYS.get(key.schema["type"], key.read or _same)
    write_key = key.write or _same
    read_value, write_value = value.read or _same, value.write or _same

    def read(given: Any) -> dict[Any, Any]:
        if not isinstance(given, Mapping):
            raise TypeError(f"needs a map, found {type(given).__name__}")
        return {
            read_at(name, read_key, name): read_at(name, read_value, one)
            for name, one in given.items()
        }

    def write(given: Mapping[Any, Any]) -> dict[str, Any]:
        return {_key(write_key(name)): write_value(one) for name, one in given.items()}

    plain_key = key.read is None and is_text
    return Shape(
        schema,
        None if plain_key and value.read is None else read,
        None if plain_key and value.write is None else write,
        lambda given: isinstance(given, Mapping) and all(map(value.arrives, given.values())),
        lambda given: isinstance(given, Mapping) and all(map(value.holds, given.values())),
    )


# Keys of these types are text that says them.
_KEYS: dict[str, Convert] = {"INTEGER": int, "BOOLEAN": lambda text: text == "true"}


def _key(value: Any) -> str:
    """The text of a key."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    return value.isoformat() if hasattr(value, "isoformat") else str(value)


def _each(convert: Convert | None, exact: type | None = None) -> Callable[[list[Any]], list[Any]]:
    if convert is None:
        return _same

    def all_of(items: list[Any]) -> list[Any]:
        if exact is not None and set(map(type, items)) <= {exact}:
            return items
        try:
            return [convert(one) for one in items]
        except REFUSALS:
            return [read_at(at, convert, one) for at, one in enumerate(items)]

    return all_of


def _list(value: Any) -> list[Any]:
    if not isinstance(value, (list, tuple)):
        raise TypeError(f"needs a list, found {type(value).__name__}")
    return list(value) if isinstance(value, tuple) else value


def _passes(test: Test, value: Any) -> bool:
    return test(value)


def _same(value: Any) -> Any:
    return value
