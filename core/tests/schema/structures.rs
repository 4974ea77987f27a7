//! Arrays, objects and maps.

use serde_json::{Value, json};

use crate::{compile, fails, fits};

const PERSON: &str = r#"{"type": "OBJECT", "fields": [
    {"name": "name", "required": true, "schema": {"type": "STRING", "constraints": {"min_length": 1}}},
    {"name": "times", "schema": {"type": "INTEGER", "constraints": {"minimum": 1}}},
    {"name": "first name", "schema": {"type": "STRING"}}
]}"#;

#[test]
fn every_problem_is_told_with_its_path() {
    let schema = json!({"type": "OBJECT", "fields": [
        {"name": "items", "schema": {"type": "ARRAY", "items": {"type": "OBJECT", "fields": [
            {"name": "age", "required": true, "schema": {"type": "INTEGER"}}
        ]}}}
    ]});
    let compiled = compile(&schema.to_string());
    let value = json!({"items": [{"age": 1}, {"age": "x"}, {}, 5]});
    fails(
        &compiled,
        value,
        &[
            "$.items[1].age: needs INTEGER, found text \"x\" (type)",
            "$.items[2].age: required (required)",
            "$.items[3]: needs OBJECT, found 5 (type)",
        ],
    );
    let person = compile(PERSON);
    fails(
        &person,
        json!({"first name": 1, "times": 0}),
        &[
            "$[\"first name\"]: needs STRING, found 1 (type)",
            "$.times: 0 is below the minimum 1 (minimum)",
            "$.name: required (required)",
        ],
    );
}

#[test]
fn a_hundred_problems_are_told_and_no_more() {
    let compiled = compile(r#"{"type": "ARRAY", "items": {"type": "NULL"}}"#);
    assert_eq!(crate::told(&compiled, &Value::from(vec![1; 1000])).len(), 100);
}

#[test]
fn objects_are_open_unless_they_are_closed() {
    fits(&compile(PERSON), json!({"name": "Ada", "other": [1]}));
    let closed = PERSON.replacen('{', r#"{"metadata": {"hms.closed": "true"}, "#, 1);
    fails(
        &compile(&closed),
        json!({"nme": "Ada", "name": "Ada", "x": 1}),
        &[
            "$.nme: the schema has no such field and is closed. Did you mean 'name'? (closed)",
            "$.x: the schema has no such field and is closed (closed)",
        ],
    );
}

#[test]
fn fields_come_in_any_order_and_number() {
    let fields: Vec<Value> = (0..200)
        .map(|n| json!({"name": format!("f{n}"), "required": true, "schema": {"type": "INTEGER"}}))
        .collect();
    let compiled = compile(&json!({"type": "OBJECT", "fields": fields}).to_string());
    let mut value: serde_json::Map<String, Value> =
        (0..200).rev().map(|n| (format!("f{n}"), json!(n))).collect();
    fits(&compiled, Value::Object(value.clone()));
    value.remove("f199");
    value.insert("f130".into(), json!(null));
    fails(
        &compiled,
        Value::Object(value),
        &["$.f130: needs INTEGER, found null (type)", "$.f199: required (required)"],
    );
}

#[test]
fn entries_are_counted() {
    let schema = r#"{"type": "OBJECT", "constraints": {"min_properties": 1, "max_properties": 2}}"#;
    let compiled = compile(schema);
    fits(&compiled, json!({"a": 1, "b": 2}));
    fails(&compiled, json!({}), &["$: 0 entries; at least 1 are needed (min_properties)"]);
    fails(
        &compiled,
        json!({"a": 1, "b": 2, "c": 3}),
        &["$: 3 entries; at most 2 are allowed (max_properties)"],
    );
    let none = compile(r#"{"type": "MAP", "constraints": {"max_properties": 0}}"#);
    fails(&none, json!({"a": 1}), &["$: 1 entries; at most 0 are allowed (max_properties)"]);
}

#[test]
fn items_are_counted_and_compared() {
    let compiled = compile(
        r#"{"type": "ARRAY", "constraints": {"min_items": 1, "max_items": 4, "unique_items": true}}"#,
    );
    fits(&compiled, json!([1, true, "1", [1]]));
    fits(&compiled, json!([{"a": 1}, {"a": "1"}, {"b": 1}, null]));
    fails(&compiled, json!([]), &["$: 0 items; at least 1 are needed (min_items)"]);
    fails(&compiled, json!([1, 2, 3, 4, 5]), &["$: 5 items; at most 4 are allowed (max_items)"]);
    fails(&compiled, json!([2, 1, 1.0]), &["$: items 1 and 2 are equal (unique_items)"]);
    fails(
        &compiled,
        json!([{"a": 1, "b": [1.0]}, {"b": [1], "a": 1}]),
        &["$: items 0 and 1 are equal (unique_items)"],
    );
}

#[test]
fn maps_have_schemas_for_keys_and_values() {
    let schema = r#"{"type": "MAP", "key_schema": {"type": "STRING", "constraints": {"pattern": "^[a-z]+$"}},
        "value_schema": {"type": "ARRAY", "items": {"type": "INTEGER"}}}"#;
    let compiled = compile(schema);
    fits(&compiled, json!({"a": [1], "b": []}));
    fails(
        &compiled,
        json!({"a": [1.5], "B": [1]}),
        &[
            "$.B: the key: \"B\" does not match the pattern ^[a-z]+$ (pattern)",
            "$.a[0]: needs INTEGER, found 1.5, which has a fraction (type)",
        ],
    );
    let numbers =
        compile(r#"{"type": "MAP", "key_schema": {"type": "INTEGER", "constraints": {"minimum": 0}}}"#);
    fits(&numbers, json!({"0": null, "17": 1}));
    fails(
        &numbers,
        json!({"-1": 1, "x": 1}),
        &[
            "$[\"-1\"]: the key: -1 is below the minimum 0 (minimum)",
            "$.x: the key: needs INTEGER, found text \"x\" (type)",
        ],
    );
}

#[test]
fn parts_without_a_schema_are_anything() {
    let compiled = compile(
        r#"{"type": "OBJECT", "fields": [{"name": "a", "required": true}, {"name": "l",
        "schema": {"type": "ARRAY"}}]}"#,
    );
    fits(&compiled, json!({"a": {"deep": [1, {"x": null}]}, "l": [1, "2", {}]}));
    fails(&compiled, json!([1]), &["$: needs OBJECT, found a list (type)"]);
}
