//! What readers of Protobuf messages take for something else, or cannot read.

use hmsffi_core::schema::read;
use serde_json::{Value, json};

use super::{BOTH, READERS, WRITERS, differences};

/// A message with these fields, each with its number.
fn message(fields: &[(&str, u32, Value)]) -> Value {
    let field = |(name, number, schema): &(&str, u32, Value)| {
        let mut schema = schema.clone();
        schema["metadata"]["hms.protobuf.number"] = number.to_string().into();
        json!({ "name": name, "schema": schema })
    };
    json!({"type": "OBJECT", "fields": fields.iter().map(field).collect::<Vec<_>>()})
}

fn told(old: &[(&str, u32, Value)], new: &[(&str, u32, Value)]) -> Vec<String> {
    let schema = |fields| read("schema", message(fields).to_string().as_bytes()).expect("schema");
    differences(&schema(old), &schema(new)).iter().map(ToString::to_string).collect()
}

fn integer(own_type: &str) -> Value {
    json!({"type": "INTEGER", "metadata": {"hms.protobuf.type": own_type}})
}

fn colour(values: &[&str], numbers: &str) -> Value {
    let values: Vec<Value> = values.iter().map(|value| json!({ "value": value })).collect();
    json!({"type": "ENUM", "enum_values": values, "metadata": {"hms.protobuf.numbers": numbers}})
}

#[test]
fn a_number_is_one_field_for_readers_and_writers() {
    let text = || json!({"type": "STRING"});
    assert_eq!(
        told(&[("a", 1, text())], &[("a", 2, text())]),
        [format!("$.a: hms.protobuf.number was 1, is 2{BOTH}")]
    );
    let told = told(&[("a", 1, text())], &[("b", 1, text())]);
    let used = |path| format!("{path}: hms.protobuf.number was 1 of \"a\", is 1 of \"b\"");
    assert!(told.contains(&format!("{}{WRITERS}", used("$.a"))), "{told:?}");
    assert!(told.contains(&format!("{}{READERS}", used("$.b"))), "{told:?}");
}

#[test]
fn a_type_is_read_as_it_is_written() {
    let changed = |old, new| told(&[("n", 1, integer(old))], &[("n", 1, integer(new))]);
    let text = |old, new, moves| [format!("$.n: hms.protobuf.type was {old}, is {new}{moves}")];
    assert_eq!(changed("int64", "sint64"), text("int64", "sint64", BOTH));
    assert_eq!(changed("fixed32", "sfixed32"), text("fixed32", "sfixed32", BOTH));
    assert_eq!(changed("int32", "int64"), text("int32", "int64", ""));
    assert_eq!(changed("uint32", "int64"), text("uint32", "int64", READERS));
}

#[test]
fn a_type_counts_in_lists_and_without_numbers_it_does_not_count() {
    let list = |own_type| json!({"type": "ARRAY", "items": integer(own_type)});
    assert_eq!(
        told(&[("n", 1, list("int64"))], &[("n", 1, list("sint64"))]),
        [format!("$.n[*]: hms.protobuf.type was int64, is sint64{BOTH}")]
    );
    let plain = |own_type| json!({"type": "OBJECT", "fields": [{"name": "n", "schema": integer(own_type)}]});
    let schema = |value: Value| read("schema", value.to_string().as_bytes()).expect("schema");
    assert_eq!(differences(&schema(plain("int64")), &schema(plain("sint64"))), []);
}

#[test]
fn the_number_of_a_value_stays_what_it_was() {
    let changed = |old: (&[&str], &str), new: (&[&str], &str)| {
        told(&[("c", 1, colour(old.0, old.1))], &[("c", 1, colour(new.0, new.1))])
    };
    assert_eq!(
        changed((&["A", "B"], "0,1"), (&["A", "B"], "0,2")),
        [format!("$.c: hms.protobuf.numbers was 0,1, is 0,2{BOTH}")]
    );
    let added = changed((&["A"], "0"), (&["A", "B"], "0,1"));
    assert_eq!(
        added,
        [
            "$.c: hms.protobuf.numbers was 0, is 0,1".to_owned(),
            format!("$.c: enum_values was absent, is \"B\"{READERS}")
        ]
    );
}
