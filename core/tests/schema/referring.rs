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
