//! Schemas as JSON schemas, and back.

use hmsffi_core::proto::{Constraints, EnumValue, Schema, SchemaType};
use hmsffi_core::schema::jsonschema;
use serde_json::{Value, json};

use super::{exported, schema};

#[test]
fn what_was_imported_comes_back() {
    for text in [
        "{}",
        r#"{"type": "object", "properties": {"name": {"type": "string", "minLength": 1, "description": "of the patient"},
            "times": {"type": "integer", "format": "int32", "minimum": 1, "exclusiveMaximum": 10, "default": 1}},
            "required": ["name"], "additionalProperties": false, "title": "Greeting"}"#,
        r#"{"type": "array", "items": {"type": "number", "multipleOf": 0.5}, "minItems": 1, "maxItems": 3, "uniqueItems": true}"#,
        r#"{"type": "object", "additionalProperties": {"type": "boolean"}, "propertyNames": {"type": "string", "pattern": "^k"}}"#,
        r#"{"anyOf": [{"type": "null"}, {"enum": ["a", "b"]}, {"type": "string", "contentEncoding": "base64"}]}"#,
        r#"{"type": "string", "format": "date-time", "examples": ["2026-11-21T18:00:00Z"], "deprecated": true}"#,
        r#"{"type": "string", "format": "ipv4"}"#,
        r#"{"anyOf": [{"type": "object", "properties": {"kind": {"enum": ["a"]}}, "required": ["kind"]},
            {"type": "object", "properties": {"kind": {"enum": ["b"]}}, "required": ["kind"]}],
            "discriminator": {"propertyName": "kind"}}"#,
        r##"{"$id": "tree", "type": "object", "properties": {"left": {"$ref": "#"}, "value": {"$ref": "#/$defs/value"}},
            "$defs": {"value": {"type": "integer"}}}"##,
    ] {
        let mut before: Value = serde_json::from_str(text).expect(text);
        before["$schema"] = "https://json-schema.org/draft/2020-12/schema".into();
        let read = schema(text);
        let (after, losses) = exported(&read);
        assert_eq!((&after, losses), (&before, Vec::new()), "{text}");
        assert_eq!(jsonschema::import(&after).expect("again").schema, read, "{text}");
    }
}

#[test]
fn bytes_of_cbor_become_json() {
    let mut schema = Schema { r#type: SchemaType::Integer.into(), ..Default::default() };
    schema.default_value = Some(vec![0x18, 0x2a]);
    assert_eq!(exported(&schema).0["default"], json!(42));
}

#[test]
fn what_json_schema_cannot_say_is_listed() {
    let value = EnumValue { value: "a".into(), display_name: "A".into(), ..Default::default() };
    let schema = Schema {
        r#type: SchemaType::Union.into(),
        one_of: vec![
            Schema { r#type: SchemaType::Enum.into(), enum_values: vec![value], ..Default::default() },
            Schema {
                r#type: SchemaType::Binary.into(),
                constraints: Some(Constraints { max_length: Some(4), ..Default::default() }),
                metadata: [("team".into(), "a".into())].into(),
                ..Default::default()
            },
        ],
        ..Default::default()
    };
    assert_eq!(
        exported(&schema).1,
        [
            "$(one_of[0]): enum_values: values have no names and descriptions",
            "$(one_of[1]): constraints: lengths would be those of base64",
            "$(one_of[1]): metadata: there is no place for the label 'team'",
        ]
    );
}

#[test]
fn references_to_other_schemas_stay_what_they_are() {
    let refer = Schema { r#type: SchemaType::Ref.into(), r#ref: "customer".into(), ..Default::default() };
    assert_eq!(exported(&refer).0["$ref"], "customer");
}
