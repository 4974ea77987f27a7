"""Calls the services of this folder through typed clients."""

import asyncio
import datetime
import uuid

import hmsffi
from all_kinds import AllKinds, AsyncAllKinds, Circle, ClosedError, OutOfStockError, Record
from nasty import Nasty

record: Record = {
    "nothing": None,
    "yes": True,
    "count": -5,
    "small": 255,
    "large": 2**64 - 1,
    "ratio": 0.5,
    "text": "Ada",
    "bytes": b"\1\2",
    "day": "2013-03-21",
    "moment": datetime.datetime(2013, 3, 21, 20, 4, tzinfo=datetime.UTC),
    "id": uuid.UUID(int=1),
    "anything": [1, "two"],
    "color": "dark-blue",
    "list": [1, 2],
    "map": {"a": 1.5},
    "shape": {"radius": 2.5},
    "nullable": None,
    "maybe_list": [],
    "maybe_null": {"radius": 1.5},
    "inner": {"deep": "down"},
}


async def later(client: hmsffi.Client) -> str:
    return await AsyncAllKinds(client).greet({"name": "Grace"}, timeout=10)


with hmsffi.create_client() as client:
    kinds = AllKinds(client)
    assert kinds.echo(record) == record
    print("echo: the same")
    print("greet:", kinds.greet({"name": "Ada", "times": 2}))
    print("greet:", asyncio.run(later(client)))
    tree = kinds.depth(
        {
            "name": "1",
            "left": {"name": "2", "children": [{"name": "3", "byName": {"4": {"name": "4"}}}]},
        }
    )
    print("depth:", tree)
    print("nest:", kinds.nest([[]]) and kinds.nest([]))
    print("reverse:", *kinds.reverse(b"\1\2\3"))
    kinds.nothing()
    print("nothing: done")
    print("anything:", kinds.anything(7))
    print("find:", kinds.find("Ada"))
    print("find:", kinds.find("nobody") or "nobody")
    print("who:", kinds.who(metadata={"who": "Ada"}, timeout=10))
    print("grow:", *(f"{circle['radius']:g}" for circle in kinds.grow(3)))
    circles: list[Circle] = [{"radius": 1.5}, {"radius": 3}]
    with kinds.total() as total:
        for circle in circles:
            total.send(circle)
        print("total:", total.result())
    with kinds.label() as label:
        for text in ("one", "two"):
            label.send(text)
        label.close()
        print("label:", *(one["text"] for one in label))
    try:
        kinds.echo(record | {"small": 256})
    except hmsffi.InvalidArgument as error:
        print("refused:", error.code.name)
    try:
        kinds.order("tea")
    except OutOfStockError as error:
        print(f"order: {error.code.name}, {error.data['left']} of {error.data['item']} are left")
    try:
        kinds.order("night")
    except ClosedError as error:
        print("order: closed until", error.data)
    try:
        list(kinds.grow(-1))
    except ClosedError as error:
        print("grow: closed until", error.data)
    nasty = Nasty(client, "nasty@0.1.0")
    answer = nasty.class_({"class": "class", "for": "for", "2nd": "2nd"})
    print("class:", answer["for"], answer["class"])
    print("names:", nasty.say_it(), nasty.say_it2(), nasty.constructor(), *nasty.list_())
