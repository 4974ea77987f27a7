//! What a schema says of its messages, and what it must not.

use serde_json::{Value, json};

use crate::{
    compile, defaulting, field, in_json, in_protobuf, numbered, object, of_type, required, try_compile,
};

fn labelled(mut schema: Value, label: &str, value: &str) -> Value {
    schema["metadata"][label] = value.into();
    schema
}

fn refused(fields: &[Value]) -> Vec<String> {
    try_compile(&object(fields)).expect_err("refused")
}

#[test]
fn labels_that_say_nothing_are_refused_with_their_place() {
    let number =
        |text: &str| json!({"name": "a", "schema": labelled(of_type("STRING"), "hms.protobuf.number", text)});
    for text in ["0", "x", "-1", "19000", "536870912"] {
        let expected = format!(
            "$.a: hms.protobuf.number is '{text}'; it must be a number from 1 to 536870911, without 19000 to 19999 (metadata)"
        );
        assert_eq!(refused(&[number(text)]), [expected]);
    }
    assert_eq!(
        refused(&[field("a", 1, labelled(of_type("BOOLEAN"), "hms.protobuf.type", "int32"))]),
        ["$.a: hms.protobuf.type: BOOLEAN is no 'int32' in Protobuf, but bool (metadata)"]
    );
    let colour = json!({"type": "ENUM", "enum_values": [{"value": "A"}, {"value": "B"}]});
    assert_eq!(
        refused(&[field("a", 1, labelled(colour, "hms.protobuf.numbers", "1"))]),
        [
            "$.a: hms.protobuf.numbers is '1'; it must be 2 numbers of 32 bits with commas between, one for each value (metadata)"
        ]
    );
}

#[test]
fn an_object_is_a_message_as_a_whole_or_not_at_all() {
    assert_eq!(
        refused(&[field("a", 1, of_type("STRING")), json!({"name": "b", "schema": of_type("STRING")})]),
        ["$.b: other fields have a hms.protobuf.number, this one has none (metadata)"]
    );
    assert_eq!(
        refused(&[field("a", 1, of_type("STRING")), field("b", 1, of_type("STRING"))]),
        ["$.b: hms.protobuf.number 1 is there twice (metadata)"]
    );
    let list = json!({"type": "ARRAY", "items": {"type": "ARRAY", "items": of_type("STRING")}});
    assert_eq!(
        refused(&[field("a", 1, list), field("b", 2, of_type("ANY"))]),
        [
            "$.a: ARRAY cannot be an item of a list or the value of a map in Protobuf (metadata)",
            "$.b: ANY cannot be a field in Protobuf (metadata)"
        ]
    );
    let list =
        json!({"type": "ARRAY", "items": of_type("STRING"), "metadata": {"hms.protobuf.oneof": "one"}});
    assert_eq!(refused(&[field("a", 1, list)]), ["$.a: ARRAY cannot be in a oneof in Protobuf (metadata)"]);
    let one = labelled(of_type("INTEGER"), "hms.protobuf.oneof", "one");
    assert_eq!(
        refused(&[defaulting("a", 1, one, &json!(0))]),
        [
            "$.a: the default cannot be said in Protobuf: it would be there beside another field of the oneof 'one' (default)"
        ]
    );
    let union = json!({"type": "UNION", "one_of": [of_type("STRING"), of_type("INTEGER")]});
    let told = refused(&[field("a", 1, union)]);
    assert_eq!(
        told,
        [
            "$.a: a union is a oneof in Protobuf: give each of its schemas a hms.protobuf.number instead (metadata)"
        ]
    );
}

#[test]
fn a_value_goes_as_the_type_that_its_label_says() {
    let compiled = compile(&object(&[
        field("zigzag", 1, labelled(of_type("INTEGER"), "hms.protobuf.type", "sint64")),
        field("raw", 2, labelled(of_type("UUID"), "hms.protobuf.type", "bytes")),
        field("text", 3, of_type("UUID")),
        field("at", 4, of_type("DATETIME")),
        field("instant", 5, labelled(of_type("DATETIME"), "hms.protobuf.type", "google.protobuf.Timestamp")),
    ]));
    let uuid = "123e4567-e89b-12d3-a456-426614174000";
    let at = "2013-03-21T20:04:00+02:00";
    let bytes =
        in_protobuf(&compiled, &json!({"zigzag": -1, "raw": uuid, "text": uuid, "at": at, "instant": at}));
    assert_eq!(bytes[..2], *b"\x08\x01");
    assert_eq!(bytes[2..20], *b"\x12\x10\x12\x3e\x45\x67\xe8\x9b\x12\xd3\xa4\x56\x42\x66\x14\x17\x40\x00");
    assert_eq!(
        in_json(&compiled, &bytes),
        json!({"zigzag": -1, "raw": uuid, "text": uuid, "at": at, "instant": "2013-03-21T18:04:00Z"})
    );
}

#[test]
fn a_field_without_presence_is_one_that_is_required_or_has_zero_as_default() {
    let compiled = compile(&object(&[
        required("required", 1, of_type("INTEGER")),
        defaulting("zero", 2, of_type("INTEGER"), &json!(0)),
        defaulting("three", 3, of_type("INTEGER"), &json!(3)),
        field("optional", 4, of_type("INTEGER")),
        field("null", 5, json!({"type": "UNION", "one_of": [of_type("NULL"), of_type("INTEGER")]})),
    ]));
    assert_eq!(
        in_protobuf(&compiled, &json!({"required": 0, "zero": 0, "three": 3, "null": null})),
        b"\x18\x03"
    );
    assert_eq!(in_json(&compiled, b""), json!({"required": 0, "zero": 0, "three": 3}));
    let zeros = json!({"required": 0, "zero": 0, "three": 0, "optional": 0, "null": 0});
    let bytes = in_protobuf(&compiled, &zeros);
    assert_eq!(bytes, b"\x18\x00\x20\x00\x28\x00");
    assert_eq!(in_json(&compiled, &bytes), zeros);
}

#[test]
fn a_union_goes_under_the_number_of_the_first_schema_that_it_fits() {
    let union = json!({"type": "UNION", "one_of": [
        numbered(1, json!({"type": "STRING", "constraints": {"max_length": 2}})),
        numbered(2, of_type("STRING")),
        numbered(3, object(&[required("a", 1, of_type("STRING"))])),
        numbered(4, object(&[field("b", 1, of_type("INTEGER"))]))]});
    let compiled = compile(&object(&[json!({"name": "u", "schema": union})]));
    for (value, expected) in [
        (json!({"u": "ab"}), &b"\x0a\x02ab"[..]),
        (json!({"u": "abc"}), b"\x12\x03abc"),
        (json!({"u": {"a": "x"}}), b"\x1a\x03\x0a\x01x"),
        (json!({"u": {"b": 1}}), b"\x22\x02\x08\x01"),
    ] {
        assert_eq!(in_protobuf(&compiled, &value), expected, "{value}");
        assert_eq!(in_json(&compiled, expected), value);
    }
}

#[test]
fn descriptors_are_not_passed_over_where_nothing_is_registered() {
    let schema = json!({"type": "OBJECT", "metadata": {"hms.protobuf.descriptors": ""}});
    let told =
        "hms.protobuf.descriptors are for RegisterSchema: register the message, and refer to it (metadata)";
    assert_eq!(try_compile(&schema).expect_err("refused"), [format!("$: {told}")]);
    let fields = [json!({"name": "a", "schema": schema})];
    assert_eq!(try_compile(&object(&fields)).expect_err("refused"), [format!("$.a: {told}")]);
}
