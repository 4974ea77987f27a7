//! What differs, and whom it breaks.

use hmsffi_core::proto::{Field, Schema, SchemaType};

use super::{BOTH, READERS, WRITERS, differences, schema, told};

/// One difference, in both orders: what it says, and who must move first.
fn one(old: &str, new: &str, text: &str, moves: &str) {
    assert_eq!(told(old, new), [format!("{text}{moves}")], "{old} -> {new}");
}

#[test]
fn what_is_the_same_has_no_differences() {
    for text in [
        r#"{"type": "object", "properties": {"a": {"type": "array", "items": {"type": "integer"}}}, "required": ["a"]}"#,
        r#"{"type": ["string", "null"]}"#,
        r#"{"enum": ["a", "b"]}"#,
        r#"{"type": "object", "additionalProperties": {"type": "number", "minimum": 0}}"#,
        "{}",
    ] {
        assert_eq!(told(text, text), [""; 0]);
    }
}

#[test]
fn an_optional_field_comes_and_goes_without_breaking_an_open_object() {
    let (without, with) =
        (r#"{"type": "object"}"#, r#"{"type": "object", "properties": {"vat": {"type": "integer"}}}"#);
    one(without, with, "$.vat: fields was absent, is optional", "");
    one(with, without, "$.vat: fields was optional, is absent", "");
}

#[test]
fn a_closed_object_refuses_the_fields_that_it_does_not_have() {
    let without = r#"{"type": "object", "additionalProperties": false}"#;
    let with =
        r#"{"type": "object", "additionalProperties": false, "properties": {"vat": {"type": "integer"}}}"#;
    one(without, with, "$.vat: fields was absent, is optional", READERS);
    one(with, without, "$.vat: fields was optional, is absent", WRITERS);
}

#[test]
fn a_field_that_becomes_required_must_be_written_first() {
    let optional = r#"{"type": "object", "properties": {"a": {"type": "string"}}}"#;
    let required = r#"{"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"]}"#;
    one(optional, required, "$.a: required was optional, is required", WRITERS);
    one(required, optional, "$.a: required was required, is optional", READERS);
    one(r#"{"type": "object"}"#, required, "$.a: fields was absent, is required", WRITERS);
    one(required, r#"{"type": "object"}"#, "$.a: fields was required, is absent", READERS);
}

#[test]
fn closing_an_object_breaks_no_writer_of_its_fields() {
    let open = r#"{"type": "object", "properties": {"a": {"type": "string"}}}"#;
    let closed =
        r#"{"type": "object", "properties": {"a": {"type": "string"}}, "additionalProperties": false}"#;
    one(open, closed, "$: hms.closed was false, is true", "");
}

#[test]
fn types_are_widened_and_narrowed() {
    one(r#"{"type": "integer"}"#, r#"{"type": "number"}"#, "$: type was INTEGER, is NUMBER", READERS);
    one(r#"{"type": "number"}"#, r#"{"type": "integer"}"#, "$: type was NUMBER, is INTEGER", WRITERS);
    one(r#"{"type": "integer"}"#, r#"{"type": "string"}"#, "$: type was INTEGER, is STRING", BOTH);
    one(r#"{"type": "string"}"#, "{}", "$: type was STRING, is ANY", READERS);
    one(r#"{"enum": ["a"]}"#, r#"{"type": "string"}"#, "$: type was ENUM, is STRING", READERS);
    // The number 7 is an ENUM's "7", and no STRING.
    let seven = Schema {
        r#type: SchemaType::Enum.into(),
        enum_values: vec![hmsffi_core::proto::EnumValue { value: "7".into(), ..Default::default() }],
        ..Default::default()
    };
    let found = differences(&seven, &schema(r#"{"type": "string"}"#));
    assert!(found[0].breaks_backward && found[0].breaks_forward);
    one(
        r#"{"type": "string", "format": "date"}"#,
        r#"{"type": "string"}"#,
        "$: type was DATE, is STRING",
        READERS,
    );
    one(
        r#"{"type": "string", "format": "date"}"#,
        r#"{"type": "string", "maxLength": 5}"#,
        "$: type was DATE, is STRING",
        BOTH,
    );
}

#[test]
fn times_with_and_without_offset_are_no_part_of_each_other() {
    let time = |format: &str| Schema {
        r#type: SchemaType::Time.into(),
        format: format.into(),
        ..Default::default()
    };
    let found = differences(&time(""), &time("local"));
    assert_eq!(found[0].to_string(), format!("$: format was absent, is local{BOTH}"));
}

#[test]
fn keys_of_a_map_are_text_whether_or_not_that_is_said() {
    let map = |keys: &str| format!(r#"{{"type": "object", "additionalProperties": {{}}{keys}}}"#);
    let said = map(r#", "propertyNames": {"type": "string"}"#);
    assert_eq!((told(&map(""), &said), told(&said, &map(""))), (vec![], vec![]));
    let short = map(r#", "propertyNames": {"maxLength": 3}"#);
    assert_eq!(told(&map(""), &short), [format!("$.*(key): type was ANY, is STRING{WRITERS}")]);
}

#[test]
fn a_number_with_whole_steps_is_an_integer() {
    let told = told(r#"{"type": "number", "multipleOf": 2}"#, r#"{"type": "integer"}"#);
    assert_eq!(
        told,
        ["$: type was NUMBER, is INTEGER".to_owned(), "$: multiple_of was 2, is absent".to_owned() + READERS]
    );
}

#[test]
fn bounds_are_narrowed_and_widened() {
    let number = |rest: &str| format!(r#"{{"type": "number"{rest}}}"#);
    let change = |old: &str, new: &str, text: &str, moves: &str| one(&number(old), &number(new), text, moves);
    change("", r#", "minimum": 1"#, "$: minimum was absent, is 1", WRITERS);
    change(r#", "minimum": 1"#, r#", "minimum": 0"#, "$: minimum was 1, is 0", READERS);
    change(r#", "minimum": 1"#, r#", "exclusiveMinimum": 1"#, "$: minimum was 1, is > 1", WRITERS);
    change(r#", "maximum": 1"#, r#", "exclusiveMaximum": 2"#, "$: maximum was 1, is < 2", READERS);
    change(r#", "multipleOf": 0.3"#, r#", "multipleOf": 0.1"#, "$: multiple_of was 0.3, is 0.1", READERS);
    change(r#", "multipleOf": 2"#, r#", "multipleOf": 3"#, "$: multiple_of was 2, is 3", BOTH);
    let integer = |rest: &str| format!(r#"{{"type": "integer"{rest}}}"#);
    // There is no integer between.
    one(
        &integer(r#", "minimum": 1"#),
        &integer(r#", "exclusiveMinimum": 0"#),
        "$: minimum was 1, is > 0",
        "",
    );
    one(
        &integer(r#", "format": "int32""#),
        &integer(r#", "format": "int64""#),
        "$: format was int32, is int64",
        READERS,
    );
    one(
        &integer(r#", "format": "uint8""#),
        &integer(r#", "format": "int8""#),
        "$: format was uint8, is int8",
        BOTH,
    );
    one(
        &integer(r#", "minimum": 0, "maximum": 100"#),
        &integer(r#", "minimum": 0, "maximum": 100, "format": "int8""#),
        "$: format was absent, is int8",
        "",
    );
}

#[test]
fn lengths_patterns_and_counts_are_narrowed_and_widened() {
    let change = |kind: &str, old: &str, new: &str, text: &str, moves: &str| {
        let whole = |rest: &str| format!(r#"{{"type": "{kind}"{rest}}}"#);
        one(&whole(old), &whole(new), text, moves);
    };
    change("string", "", r#", "maxLength": 9"#, "$: max_length was absent, is 9", WRITERS);
    change("string", r#", "minLength": 2"#, r#", "minLength": 1"#, "$: min_length was 2, is 1", READERS);
    change("string", "", r#", "pattern": "^a""#, r#"$: pattern was absent, is ^a"#, WRITERS);
    change("string", r#", "pattern": "^b""#, r#", "pattern": "^a""#, r#"$: pattern was ^b, is ^a"#, BOTH);
    change("array", "", r#", "maxItems": 0"#, "$: max_items was absent, is 0", WRITERS);
    change("array", "", r#", "uniqueItems": true"#, "$: unique_items was false, is true", WRITERS);
    change(
        "array",
        r#", "maxItems": 1"#,
        r#", "maxItems": 1, "uniqueItems": true"#,
        "$: unique_items was false, is true",
        "",
    );
    change("object", "", r#", "minProperties": 1"#, "$: min_properties was absent, is 1", WRITERS);
    // Its writers write one field at most.
    change(
        "object",
        r#", "properties": {"a": {}}"#,
        r#", "properties": {"a": {}}, "maxProperties": 1"#,
        "$: max_properties was absent, is 1",
        "",
    );
}

#[test]
fn values_of_an_enum_are_told_one_by_one() {
    assert_eq!(
        told(r#"{"enum": ["a", "b"]}"#, r#"{"enum": ["b", "c"]}"#),
        [
            format!("$: enum_values was \"a\", is absent{WRITERS}"),
            format!("$: enum_values was absent, is \"c\"{READERS}")
        ]
    );
}

#[test]
fn alternatives_of_a_union_come_and_go() {
    one(
        r#"{"type": ["string", "null"]}"#,
        r#"{"type": "string"}"#,
        "$: type was UNION of STRING, NULL, is STRING",
        WRITERS,
    );
    one(
        r#"{"type": "null"}"#,
        r#"{"type": ["string", "null"]}"#,
        "$: type was NULL, is UNION of STRING, NULL",
        READERS,
    );
    one(
        r#"{"type": ["string", "null"]}"#,
        r#"{"type": ["null", "string", "boolean"]}"#,
        "$: one_of was absent, is BOOLEAN",
        READERS,
    );
    one(
        r#"{"anyOf": [{"type": "null"}, {"type": "integer", "maximum": 9}]}"#,
        r#"{"anyOf": [{"type": "null"}, {"type": "integer", "maximum": 8}]}"#,
        "$(one_of[1]): maximum was 9, is 8",
        WRITERS,
    );
    // Each alternative that is written is read by some other one.
    one(
        r#"{"anyOf": [{"enum": ["a"]}, {"enum": ["b"]}]}"#,
        r#"{"enum": ["a", "b"]}"#,
        "$: type was UNION of ENUM, ENUM, is ENUM",
        READERS,
    );
}

#[test]
fn places_are_told_by_their_path() {
    let nested = |maximum: i32| {
        format!(
            r#"{{"type": "object", "properties": {{
                "items": {{"type": "array", "items": {{"type": "object", "properties": {{"the age": {{"type": "integer", "maximum": {maximum}}}}}}}}},
                "by name": {{"type": "object", "additionalProperties": {{"type": "integer", "maximum": {maximum}}}, "propertyNames": {{"maxLength": {maximum}}}}}
            }}}}"#
        )
    };
    assert_eq!(
        told(&nested(9), &nested(8)),
        [
            format!("$[\"by name\"].*(key): max_length was 9, is 8{WRITERS}"),
            format!("$[\"by name\"].*: maximum was 9, is 8{WRITERS}"),
            format!("$.items[*][\"the age\"]: maximum was 9, is 8{WRITERS}"),
        ]
    );
}

#[test]
fn objects_and_maps_take_each_others_members() {
    let object = r#"{"type": "object", "properties": {"a": {"type": "integer"}}, "required": ["a"]}"#;
    let map = r#"{"type": "object", "additionalProperties": {"type": "integer"}}"#;
    one(object, map, "$: type was OBJECT, is MAP", READERS);
    let texts = r#"{"type": "object", "additionalProperties": {"type": "string"}}"#;
    let told = told(object, texts);
    assert!(told.contains(&format!("$.a: type was INTEGER, is STRING{BOTH}")), "{told:?}");
    let short = r#"{"type": "object", "additionalProperties": {"type": "integer"}, "propertyNames": {"minLength": 2}}"#;
    one(object, short, "$: type was OBJECT, is MAP", BOTH);
}

#[test]
fn another_default_is_told_and_breaks_nobody() {
    let default = |value: &str| Schema {
        r#type: SchemaType::Object.into(),
        fields: vec![Field {
            name: "times".into(),
            default_value: Some(value.into()),
            schema: Some(schema(r#"{"type": "integer"}"#)),
            ..Default::default()
        }],
        ..Default::default()
    };
    let found = differences(&default("1"), &default("2"));
    let told: Vec<String> = found.iter().map(ToString::to_string).collect();
    assert_eq!(told, [r#"$.times: default_value was "1", is "2""#]);
}

#[test]
fn words_and_labels_do_not_count() {
    let plain = r#"{"type": "integer"}"#;
    let worded = r#"{"type": "integer", "title": "Age", "description": "in years", "examples": [7], "deprecated": true}"#;
    assert_eq!(told(plain, worded), [""; 0]);
}
