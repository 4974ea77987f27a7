"""Changes of a message, with what buf and hms say of them: whether those who have the old one and
those who have the new one go on reading each other."""

from typing import NamedTuple

INNER = "message Inner { string name = 1; }"


class Change(NamedTuple):
    """`reason` says why the two do not agree."""

    old: str
    new: str
    breaks: bool
    breaks_for_hms: bool
    reason: str = ""


def both(old: str, new: str, *, breaks: bool) -> Change:
    return Change(old, new, breaks, breaks)


CHANGES = {
    "nothing": both("string a = 1;", "string a = 1;", breaks=False),
    "a field is added": both("string a = 1;", "string a = 1; int32 b = 2;", breaks=False),
    "fields change their order": both(
        "string a = 1; int32 b = 2;", "int32 b = 2; string a = 1;", breaks=False
    ),
    "a field gets another number": both("string a = 1;", "string a = 2;", breaks=True),
    "two fields exchange their numbers": both(
        "string a = 1; string b = 2;", "string a = 2; string b = 1;", breaks=True
    ),
    "a field gets another name": both("string a = 1;", "string b = 1;", breaks=True),
    "a field gets another type": both("string a = 1;", "int32 a = 1;", breaks=True),
    "a number is written in another way": both("int32 a = 1;", "sint32 a = 1;", breaks=True),
    "a number gets a fixed width": both("int64 a = 1;", "fixed64 a = 1;", breaks=True),
    "a number gets a fraction": both("int32 a = 1;", "double a = 1;", breaks=True),
    "text becomes bytes": both("string a = 1;", "bytes a = 1;", breaks=True),
    "a value becomes a list": both("string a = 1;", "repeated string a = 1;", breaks=True),
    "a message becomes text": both("Inner a = 1;", "string a = 1;", breaks=True),
    "a list becomes a map": both(
        "repeated Inner a = 1;", "map<string, string> a = 1;", breaks=True
    ),
    "a map gets other keys": both(
        "map<string, string> a = 1;", "map<int32, string> a = 1;", breaks=True
    ),
    "a value of an enum is gone, its number kept": Change(
        "enum E { A = 0; B = 1; } E a = 1;",
        "enum E { A = 0; reserved 1; reserved 'B'; } E a = 1;",
        breaks=False,
        breaks_for_hms=True,
        reason="what an old writer writes is a number without a name, which a schema refuses",
    ),
    "a value of an enum is gone": both(
        "enum E { A = 0; B = 1; } E a = 1;", "enum E { A = 0; } E a = 1;", breaks=True
    ),
    "a value of an enum gets another number": both(
        "enum E { A = 0; B = 1; } E a = 1;", "enum E { A = 0; B = 2; } E a = 1;", breaks=True
    ),
    "a value of an enum gets another name": both(
        "enum E { A = 0; B = 1; } E a = 1;", "enum E { A = 0; C = 1; } E a = 1;", breaks=True
    ),
    "an enum gets a value": Change(
        "enum E { A = 0; } E a = 1;",
        "enum E { A = 0; B = 1; } E a = 1;",
        breaks=False,
        breaks_for_hms=True,
        reason="buf asks whether new readers read old writers; old readers refuse the new value",
    ),
    "a number gets wider": both("int32 a = 1;", "int64 a = 1;", breaks=True),
    "a field is gone": Change(
        "string a = 1; string b = 2;",
        "string a = 1;",
        breaks=True,
        breaks_for_hms=False,
        reason="buf fears that the number is used again; hms refuses that when it happens",
    ),
    "a field is gone, its number kept": both(
        "string a = 1; string b = 2;", "string a = 1; reserved 2; reserved 'b';", breaks=False
    ),
    "a number is used again": both(
        "string a = 1; string b = 2;", "string a = 1; string c = 2;", breaks=True
    ),
    "a field moves into a oneof": both(
        "string a = 1; string b = 2;", "oneof c { string a = 1; string b = 2; }", breaks=True
    ),
    "a field gets presence": both("int32 a = 1;", "optional int32 a = 1;", breaks=False),
}
