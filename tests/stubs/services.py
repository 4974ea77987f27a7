"""Services for typed clients: every kind of schema and of stream, and names that nobody likes."""

import datetime
import sys
import uuid

import hmsffi

TEXT = {"type": "STRING"}


def required(name, schema, **more):
    return {"name": name, "required": True, "schema": schema, **more}


def optional(name, schema, **more):
    return {"name": name, "schema": schema, **more}


COLOR = {
    "schema_id": "Color",
    "type": "ENUM",
    "description": "What a shape is painted in.",
    "enum_values": [
        {"value": "red", "description": "Like a rose"},
        {"value": "dark-blue"},
        {"value": "Dark Blue"},
        {"value": "1st"},
    ],
}

CIRCLE = {
    "schema_id": "shapes.Circle",
    "type": "OBJECT",
    "fields": [required("radius", {"type": "NUMBER"})],
}
LABEL = {"schema_id": "shapes.Label", "type": "OBJECT", "fields": [required("text", TEXT)]}

RECORD = {
    "schema_id": "all.Record",
    "type": "OBJECT",
    "description": 'One of each kind. It says "all" and \\ and */ and """, on purpose.',
    "fields": [
        required("nothing", {"type": "NULL"}),
        required("yes", {"type": "BOOLEAN"}, description="Whether it is so"),
        required("count", {"type": "INTEGER"}),
        required("small", {"type": "INTEGER", "format": "uint8"}),
        required("large", {"type": "INTEGER", "format": "uint64"}),
        required("ratio", {"type": "NUMBER"}),
        required("text", TEXT),
        required("bytes", {"type": "BINARY"}),
        required("day", {"type": "DATE"}),
        required("moment", {"type": "DATETIME"}),
        required("id", {"type": "UUID"}),
        required("anything", {"type": "ANY"}),
        required("color", COLOR),
        required("list", {"type": "ARRAY", "items": {"type": "INTEGER"}}),
        required("map", {"type": "MAP", "key_schema": TEXT, "value_schema": {"type": "NUMBER"}}),
        required("shape", {"type": "UNION", "one_of": [CIRCLE, LABEL, TEXT]}),
        required("nullable", {"type": "UNION", "one_of": [TEXT, {"type": "NULL"}]}),
        optional("maybe", {"type": "INTEGER"}, description="Left out where nobody knows it"),
        optional("maybe_list", {"type": "ARRAY", "items": COLOR}),
        optional("maybe_null", {"type": "UNION", "one_of": [CIRCLE, {"type": "NULL"}]}),
        optional("inner", {"type": "OBJECT", "fields": [optional("deep", TEXT)]}),
    ],
}

TREE = {
    "schema_id": "Tree",
    "type": "OBJECT",
    "fields": [
        required("name", TEXT),
        optional("left", {"type": "REF", "ref": "Tree"}),
        optional("children", {"type": "ARRAY", "items": {"type": "REF", "ref": "Tree"}}),
        optional("byName", {"type": "MAP", "value_schema": {"type": "REF", "ref": "Tree"}}),
    ],
}

# A list of lists, all the way down.
NEST = {"schema_id": "Nest", "type": "ARRAY", "items": {"type": "REF", "ref": "Nest"}}

NASTY = {
    "schema_id": "class",
    "type": "OBJECT",
    "fields": [
        required("class", TEXT),
        required("for", TEXT),
        optional("type", TEXT),
        optional("a-b", TEXT),
        optional("a_b", TEXT),
        optional("aB", TEXT),
        optional("2nd", TEXT),
        optional("__init__", TEXT),
        optional('quote"\\', TEXT),
        optional("ü ${x} %s", TEXT),
        optional("self", TEXT),
        optional("constructor", TEXT),
    ],
}

OUT_OF_STOCK = {
    "schema_id": "OutOfStock",
    "type": "OBJECT",
    "description": "Less is left than was ordered.",
    "fields": [
        required("item", TEXT),
        required("left", {"type": "INTEGER"}, description="How many there are"),
        optional("again", {"type": "DATETIME"}),
    ],
}
CLOSED = {"schema_id": "test.Closed", "type": "STRING", "description": "When it opens again."}


@hmsffi.service("test.all-kinds", version="1.2.3", metadata={"hms.validate": "always"})
class AllKinds:
    """Takes and gives every kind of value."""

    @hmsffi.method(input_schema=RECORD, output_schema=RECORD)
    def echo(self, record):
        """Gives back what it got, with times and ids as they came."""
        assert isinstance(record["moment"], datetime.datetime)
        assert isinstance(record["id"], uuid.UUID)
        return record

    @hmsffi.method(
        input_schema={
            "type": "OBJECT",
            "fields": [required("name", TEXT), optional("times", {"type": "INTEGER"})],
        },
        output_schema=TEXT,
    )
    def greet(self, params):
        """Greets somebody.

        More than once, if asked to.
        """
        return " ".join([f"Hello {params['name']}!"] * params.get("times", 1))

    @hmsffi.method(input_schema=TREE, output_schema={"type": "INTEGER"})
    def depth(self, tree):
        below = [tree.get("left"), *tree.get("children", []), *tree.get("byName", {}).values()]
        return 1 + max([self.depth(one) for one in below if one], default=0)

    @hmsffi.method(input_schema=NEST, output_schema=NEST)
    def nest(self, nest):
        return [nest]

    @hmsffi.method(input_schema={"type": "BINARY"}, output_schema={"type": "BINARY"})
    def reverse(self, data):
        return bytes(reversed(data))

    @hmsffi.method(input_schema={"type": "NULL"}, output_schema={"type": "NULL"})
    def nothing(self, _):
        pass

    @hmsffi.method()
    def anything(self, value):
        return value

    @hmsffi.method(
        input_schema=TEXT, output_schema={"type": "UNION", "one_of": [TEXT, {"type": "NULL"}]}
    )
    def find(self, name):
        return None if name == "nobody" else name

    @hmsffi.method(output_schema=TEXT)
    def who(self, _):
        call = hmsffi.current_call()
        return f"{call.metadata.get('who')} {call.time_left < 20}"

    @hmsffi.method(
        input_schema=TEXT,
        output_schema={"type": "INTEGER"},
        error_schemas=[OUT_OF_STOCK, CLOSED],
    )
    def order(self, item):
        """Orders an item; there is no tea, and nothing at night."""
        if item == "tea":
            short = {"item": item, "left": 2}
            raise hmsffi.FailedPrecondition("too little tea", schema="OutOfStock", data=short)
        if item == "night":
            raise hmsffi.Unavailable("closed", schema="test.Closed", data="noon")
        return 1

    @hmsffi.stream_method(
        stream_type=hmsffi.StreamType.SERVER_STREAMING,
        input_schema={"type": "INTEGER"},
        output_schema=CIRCLE,
        error_schemas=[CLOSED],
    )
    def grow(self, to):
        if to < 0:
            raise hmsffi.Unavailable("closed", schema="test.Closed", data="noon")
        for radius in range(1, to + 1):
            yield {"radius": radius}

    @hmsffi.stream_method(
        stream_type=hmsffi.StreamType.CLIENT_STREAMING,
        input_schema=CIRCLE,
        output_schema={"type": "NUMBER"},
    )
    def total(self, circles):
        return sum(circle["radius"] for circle in circles)

    @hmsffi.stream_method(input_schema=TEXT, output_schema=LABEL)
    def label(self, texts):
        for text in texts:
            texts.send({"text": text.upper()})


@hmsffi.service("nasty", version="0.1.0")
class Nasty:
    """Names that are keywords somewhere, or the same once they are idiomatic."""

    @hmsffi.method("class", input_schema=NASTY, output_schema=NASTY)
    def class_(self, value):
        return value

    @hmsffi.method("say-it", output_schema=TEXT)
    def say(self, _):
        return "say-it"

    @hmsffi.method("say_it", output_schema=TEXT)
    def say_too(self, _):
        return "say_it"

    @hmsffi.method("constructor", output_schema=TEXT)
    def constructor(self, _):
        return "constructor"

    @hmsffi.method("list", output_schema={"type": "ARRAY", "items": TEXT})
    def listed(self, _):
        return ["list"]


with hmsffi.create_server("stubs") as server:
    server.register_service(AllKinds())
    server.register_service(Nasty())
    server.start()
    print("ready", flush=True)
    sys.stdin.read()
