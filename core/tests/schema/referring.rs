//! References: to schemas beside, around and inside of a schema.

use std::collections::HashMap;

use hmsffi_core::codec::Encoding;
use hmsffi_core::schema::Compiled;
use serde_json::{Value, json};

use crate::{compile, fails, fits, lines, schema};

const TREE: &str = r#"{"schema_id": "tree", "type": "OBJECT", "fields": [
    {"name": "value", "required": true, "schema": {"type": "INTEGER"}},
    {"name": "children", "schema": {"type": "ARRAY", "items": {"type": "REF", "ref": "tree"}}}
]}"#;

#[test]
fn a_schema_may_refer_to_itself() {
    let compiled = compile(TREE);
    fits(&compiled, json!({"value": 1, "children": [{"value": 2}, {"value": 3, "children": []}]}));
    fails(
        &compiled,
        json!({"value": 1, "children": [{"value": 2, "children": [{"value": "x"}]}]}),
        &["$.children[0].children[0].value: needs INTEGER, found text \"x\" (type)"],
    );
}

#[test]
fn schemas_refer_to_each_other_through_a_registry() {
    let registry = HashMap::from([
        ("ping".to_owned(), schema(r#"{"type": "ARRAY", "items": {"type": "REF", "ref": "pong"}}"#)),
        ("pong".to_owned(), schema(r#"{"type": "MAP", "value_schema": {"type": "REF", "ref": "ping"}}"#)),
    ]);
    let compiled = Compiled::new(&schema(r#"{"type": "REF", "ref": "ping"}"#), &registry).unwrap();
    fits(&compiled, json!([{"a": [], "b": [{}]}]));
    fails(&compiled, json!([{"a": [1]}]), &["$[0].a[0]: needs MAP, found 1 (type)"]);
}

#[test]
fn values_nest_up_to_64() {
    let compiled =
        compile(r#"{"schema_id": "list", "type": "ARRAY", "items": {"type": "REF", "ref": "list"}}"#);
    let nested = |depth: usize| (1..depth).fold(json!([]), |inner, _| Value::from(vec![inner]));
    fits(&compiled, nested(64));
    let path = format!("${}", "[0]".repeat(64));
    let told = format!("{path}: more than 64 lists and maps inside each other (malformed)");
    let json = nested(65).to_string();
    assert_eq!(lines(compiled.validate(json.as_bytes(), Encoding::Json)), [told.as_str()]);
    let cbor = [vec![0x81; 64], vec![0x80]].concat();
    assert_eq!(lines(compiled.validate(&cbor, Encoding::Cbor)), [told]);
}

/// An object with a part `item`, and a REF to it.
fn with_item(id: &str, item: &Value) -> Value {
    let mut part = item.clone();
    part["schema_id"] = "item".into();
    json!({"schema_id": id, "type": "OBJECT", "fields": [
        {"name": "first", "schema": part}, {"name": "next", "schema": {"type": "REF", "ref": "item"}}
    ]})
}

#[test]
fn documents_that_were_written_apart_may_use_the_same_ids() {
    let registry = HashMap::from([
        ("order".to_owned(), schema(&with_item("order", &json!({"type": "STRING"})).to_string())),
        ("count".to_owned(), schema(&with_item("count", &json!({"type": "INTEGER"})).to_string())),
    ]);
    for ids in [["order", "count"], ["count", "order"]] {
        let fields = ids.map(|id| json!({"name": id, "schema": {"type": "REF", "ref": id}}));
        let root = json!({"type": "OBJECT", "fields": fields});
        let compiled = Compiled::new(&schema(&root.to_string()), &registry).unwrap();
        fits(&compiled, json!({"order": {"first": "a", "next": "b"}, "count": {"first": 1, "next": 2}}));
        fails(&compiled, json!({"order": {"next": 2}}), &["$.order.next: needs STRING, found 2 (type)"]);
        fails(
            &compiled,
            json!({"count": {"next": "b"}}),
            &["$.count.next: needs INTEGER, found text \"b\" (type)"],
        );
    }
    // What is inside of another document is nobody else's.
    let fields = ["order", "item"].map(|id| json!({"name": id, "schema": {"type": "REF", "ref": id}}));
    let root = schema(&json!({"type": "OBJECT", "fields": fields}).to_string());
    let errors = Compiled::new(&root, &registry).expect_err("refused");
    assert_eq!(
        errors.to_string(),
        "$.item: there is no schema 'item'. Register it first, or correct the ref"
    );
}

#[test]
fn parts_of_one_document_that_differ_under_one_id_are_refused_with_both_places() {
    let twice = |second: Value| {
        let mut document = with_item("order", &json!({"type": "INTEGER", "description": "How many"}));
        let mut second = second;
        second["schema_id"] = "item".into();
        document["fields"][1]["schema"] = json!({"type": "ARRAY", "items": second});
        Compiled::new(&schema(&document.to_string()), &())
    };
    let errors = twice(json!({"type": "STRING"})).expect_err("refused");
    assert_eq!(
        errors.to_string(),
        "$.next[*]: 'item' is another schema at $.first: give one of them another id"
    );
    assert_eq!(errors.0[0].code, "schema_id");
    assert!(twice(json!({"type": "INTEGER", "constraints": {"minimum": 0}})).is_err());
    // Words make no other schema of it.
    assert!(twice(json!({"type": "INTEGER", "description": "How much"})).is_ok());
}

#[test]
fn a_part_may_be_written_out_twice_with_references_in_other_places() {
    let leaf = json!({"schema_id": "leaf", "type": "INTEGER"});
    let refer = json!({"type": "REF", "ref": "leaf"});
    let pair = |left: &Value, right: &Value| {
        json!({"schema_id": "pair", "type": "OBJECT", "fields": [
            {"name": "left", "schema": left}, {"name": "right", "schema": right}
        ]})
    };
    let fields = [pair(&leaf, &refer), pair(&refer, &refer), pair(&leaf, &leaf)];
    let fields: Vec<Value> = fields
        .iter()
        .enumerate()
        .map(|(index, pair)| json!({"name": format!("f{index}"), "schema": pair}))
        .collect();
    let compiled = compile(&json!({"type": "OBJECT", "fields": fields}).to_string());
    fails(&compiled, json!({"f1": {"right": "x"}}), &["$.f1.right: needs INTEGER, found text \"x\" (type)"]);
}
