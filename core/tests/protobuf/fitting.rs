//! Which messages fit a schema, and what is told of those that do not.

use hmsffi_core::codec::Encoding;
use serde_json::json;

use crate::{bytes, compile, defaulting, field, numbered, object, of_type, required, told, varint};

const FITS: [&str; 0] = [];

fn limited(kind: &str, constraints: serde_json::Value) -> serde_json::Value {
    json!({"type": kind, "constraints": constraints})
}

#[test]
fn each_problem_has_the_path_and_code_that_it_has_in_cbor_and_json() {
    let item = object(&[
        required("age", 1, limited("INTEGER", json!({"minimum": 1}))),
        field("mail", 2, of_type("EMAIL")),
    ]);
    let people = compile(&object(&[
        field("people", 3, json!({"type": "ARRAY", "items": item, "constraints": {"max_items": 2}})),
        field("tags", 4, json!({"type": "MAP", "value_schema": limited("STRING", json!({"max_length": 2}))})),
    ]));
    let person = |age, mail: &str| bytes(3, [varint(1, age), bytes(2, mail)].concat());
    let entry = |key: &str, value: &str| bytes(4, [bytes(1, key), bytes(2, value)].concat());
    assert_eq!(told(&people, &[person(1, "a@b.c"), entry("k", "vv")].concat()), FITS);
    // Records of a list and of a map come in any order.
    let message =
        [person(0, "a@b.c"), entry("k", "vvv"), person(7, "nobody"), entry("l", ""), bytes(3, "")].concat();
    let json = json!({"people": [{"age": 0, "mail": "a@b.c"}, {"age": 7, "mail": "nobody"}, {"age": 0}], "tags": {"k": "vvv", "l": ""}});
    let expected = [
        "$.people[0].age: 0 is below the minimum 1 (minimum)",
        "$.tags.k: 3 characters; at most 2 are allowed (max_length)",
        "$.people[1].mail: \"nobody\" is not an e-mail address such as ada@example.org (format)",
        "$.people[2].age: 0 is below the minimum 1 (minimum)",
        "$.people: 3 items; at most 2 are allowed (max_items)",
    ];
    assert_eq!(told(&people, &message), expected);
    let mut of_json = crate::lines(people.validate(json.to_string().as_bytes(), Encoding::Json));
    of_json.sort();
    let mut sorted = expected.map(str::to_owned);
    sorted.sort();
    assert_eq!(of_json, sorted);
}

#[test]
fn what_is_absent_is_zero_where_a_field_is_required_and_no_message() {
    let compiled = compile(&object(&[
        required("name", 1, limited("STRING", json!({"min_length": 1}))),
        required("age", 2, of_type("INTEGER")),
        required("home", 3, object(&[field("zip", 1, of_type("STRING"))])),
        required(
            "tags",
            4,
            json!({"type": "ARRAY", "items": of_type("STRING"), "constraints": {"min_items": 1}}),
        ),
        required(
            "gender",
            5,
            json!({"type": "ENUM", "enum_values": [{"value": "A"}], "metadata": {"hms.protobuf.numbers": "1"}}),
        ),
        required("note", 6, json!({"type": "UNION", "one_of": [of_type("STRING"), of_type("NULL")]})),
    ]));
    assert_eq!(
        told(&compiled, b""),
        [
            "$.name: 0 characters; at least 1 are needed (min_length)",
            "$.tags: 0 items; at least 1 are needed (min_items)",
            "$.gender: 0 is none of \"A\" (enum)",
            "$.home: required (required)",
        ]
    );
    let message = [bytes(1, "Ada"), bytes(3, ""), bytes(4, "x"), varint(5, 1)].concat();
    assert_eq!(told(&compiled, &message), FITS);
}

#[test]
fn lists_of_numbers_are_read_packed_and_one_by_one() {
    let constraints = json!({"unique_items": true});
    let list = json!({"type": "ARRAY", "items": limited("INTEGER", json!({"maximum": 9})), "constraints": constraints});
    let compiled = compile(&object(&[field("n", 1, list)]));
    assert_eq!(told(&compiled, &bytes(1, [1, 2, 3])), FITS);
    let mixed = [varint(1, 1), bytes(1, [2, 10]), varint(1, 1)].concat();
    assert_eq!(
        told(&compiled, &mixed),
        ["$.n[2]: 10 is above the maximum 9 (maximum)", "$.n: items 0 and 3 are equal (unique_items)"]
    );
}

#[test]
fn messages_are_compared_as_the_values_that_they_are() {
    let item = object(&[defaulting("a", 1, of_type("INTEGER"), &json!(0)), field("b", 2, of_type("STRING"))]);
    let list = json!({"type": "ARRAY", "items": item, "constraints": {"unique_items": true}});
    let compiled = compile(&object(&[field("list", 1, list)]));
    let message = [bytes(1, varint(1, 0)), bytes(1, bytes(2, "x")), bytes(1, "")].concat();
    assert_eq!(told(&compiled, &message), ["$.list: items 0 and 2 are equal (unique_items)"]);
}

#[test]
fn a_union_is_a_oneof_whose_number_tells_the_schema() {
    let union = json!({"type": "UNION", "one_of": [
        numbered(1, limited("STRING", json!({"max_length": 3}))), numbered(2, of_type("UUID")), of_type("NULL")]});
    let compiled =
        compile(&object(&[required("id", 9, of_type("BOOLEAN")), json!({"name": "by", "schema": union})]));
    assert_eq!(told(&compiled, &bytes(1, "abc")), FITS);
    let uuid = "123e4567-e89b-12d3-a456-426614174000";
    assert_eq!(told(&compiled, &bytes(2, uuid)), FITS);
    assert_eq!(told(&compiled, &bytes(1, uuid)), ["$.by: 36 characters; at most 3 are allowed (max_length)"]);
    assert_eq!(
        told(&compiled, &[bytes(1, "a"), bytes(2, uuid)].concat()),
        ["$: key \"by\" occurs twice (malformed)"]
    );
}

#[test]
fn fields_of_a_oneof_exclude_each_other() {
    let one = |kind: &str| json!({"type": kind, "metadata": {"hms.protobuf.oneof": "contact"}});
    let compiled = compile(&object(&[field("mail", 1, one("STRING")), field("phone", 2, one("INTEGER"))]));
    assert_eq!(told(&compiled, &varint(2, 0)), FITS);
    assert_eq!(
        told(&compiled, &[varint(2, 1), bytes(1, "a")].concat()),
        ["$.mail: another field of the oneof 'contact' is there, too (oneof)"]
    );
}

#[test]
fn unknown_fields_may_be_there_unless_the_object_is_closed() {
    let mut schema = object(&[field("a", 1, of_type("BOOLEAN"))]);
    // 9: a varint, 10: a group with a group, 11: 8 bytes, 12: 4 bytes.
    let message = b"\x48\x01\x53\x5b\x08\x01\x5c\x54\x59........\x65....";
    assert_eq!(told(&compile(&schema), message), FITS);
    schema["metadata"]["hms.closed"] = "true".into();
    assert_eq!(
        told(&compile(&schema), message),
        [9, 10, 11, 12].map(|number| format!("$: the schema has no field {number} and is closed (closed)"))
    );
}

#[test]
fn a_record_that_is_written_as_no_value_of_its_type_is_told() {
    let compiled = compile(&object(
        &[
            field("n", 1, of_type("INTEGER")),
            field("t", 2, of_type("STRING")),
            field("m", 3, of_type("MAP")),
            field("o", 4, object(&[])),
            field(
                "at",
                5,
                json!({"type": "DATETIME", "metadata": {"hms.protobuf.type": "google.protobuf.Timestamp"}}),
            ),
        ]
        .map(|mut field| {
            if field["name"] == "m" {
                field["schema"]["key_schema"] = of_type("STRING");
                field["schema"]["value_schema"] = of_type("STRING");
            }
            field
        }),
    ));
    let message =
        [bytes(1, "x"), varint(2, 1), varint(3, 1), varint(4, 1), bytes(5, varint(2, 1_000_000_000))]
            .concat();
    assert_eq!(
        told(&compiled, &message),
        [
            "$.n: needs int64 of Protobuf, found bytes with their length (type)",
            "$.t: needs string of Protobuf, found a varint (type)",
            "$.m: needs message of Protobuf, found a varint (type)",
            "$.o: needs message of Protobuf, found a varint (type)",
            "$.at: a Timestamp of 0 s and 1000000000 ns is no date-time of the years 1 to 9999 (format)",
        ]
    );
}

#[test]
fn defaults_are_put_in_at_every_depth_and_lengths_follow() {
    let inner = object(&[defaulting("zip", 2, of_type("STRING"), &json!("0".repeat(200)))]);
    let compiled = compile(&object(&[
        defaulting("times", 1, of_type("INTEGER"), &json!(3)),
        field("home", 4, inner.clone()),
        field("others", 5, json!({"type": "MAP", "key_schema": of_type("STRING"), "value_schema": inner})),
        defaulting("plain", 6, of_type("INTEGER"), &json!(0)),
    ]));
    let zip = bytes(2, "0".repeat(200));
    let entry = |value: &[u8]| bytes(5, [bytes(1, "k"), value.to_vec()].concat());
    let message = [bytes(4, ""), bytes(9, "kept"), entry(b"")].concat();
    let expected = [bytes(4, &zip), bytes(9, "kept"), entry(&bytes(2, &zip)), varint(1, 3)].concat();
    assert_eq!(compiled.complete(&message, Encoding::Protobuf), Ok(Some(expected.clone())));
    assert_eq!(compiled.complete(&expected, Encoding::Protobuf), Ok(None), "nothing is left out any more");
    let message = [varint(1, 0), entry(&bytes(2, bytes(2, "1")))].concat();
    assert_eq!(compiled.complete(&message, Encoding::Protobuf), Ok(None), "zero that is there stays");
}

#[test]
fn a_schema_without_numbers_takes_no_message() {
    let compiled = compile(&object(&[json!({"name": "a", "schema": of_type("STRING")})]));
    let told = told(&compiled, b"");
    assert!(
        told[0].starts_with("$: the schema is no Protobuf message") && told[0].ends_with("(encoding)"),
        "{told:?}"
    );
}
