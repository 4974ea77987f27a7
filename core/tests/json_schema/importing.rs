//! What keywords become, and which are lost.

use hmsffi_core::Code;
use hmsffi_core::proto::{Constraints, EnumValue, Field, Schema, SchemaType};
use hmsffi_core::schema::jsonschema;

use super::{imported, schema};

fn of(kind: SchemaType) -> Schema {
    Schema { r#type: kind.into(), ..Default::default() }
}

fn limited(kind: SchemaType, constraints: Constraints) -> Schema {
    Schema { constraints: Some(constraints), ..of(kind) }
}

fn texts(values: &[&str]) -> Schema {
    let enum_values = values.iter().map(|value| EnumValue { value: (*value).into(), ..Default::default() });
    Schema { enum_values: enum_values.collect(), ..of(SchemaType::Enum) }
}

fn union(one_of: Vec<Schema>) -> Schema {
    Schema { one_of, ..of(SchemaType::Union) }
}

/// Something is lost, with this place and keyword.
fn loses(text: &str, place: &str) {
    let (_, losses) = imported(text);
    assert!(losses.iter().any(|loss| loss.starts_with(&format!("{place}: "))), "{text}: {losses:?}");
}

#[test]
fn types_become_types() {
    for (text, kind) in [
        ("{}", SchemaType::Any),
        ("true", SchemaType::Any),
        (r#"{"type": "null"}"#, SchemaType::Null),
        (r#"{"type": "boolean"}"#, SchemaType::Boolean),
        (r#"{"type": "integer"}"#, SchemaType::Integer),
        (r#"{"type": "number"}"#, SchemaType::Number),
        (r#"{"type": "string"}"#, SchemaType::String),
        (r#"{"type": "array"}"#, SchemaType::Array),
        (r#"{"type": "object"}"#, SchemaType::Object),
        (r#"{"type": "string", "format": "date"}"#, SchemaType::Date),
        (r#"{"type": "string", "format": "time"}"#, SchemaType::Time),
        (r#"{"type": "string", "format": "date-time"}"#, SchemaType::Datetime),
        (r#"{"type": "string", "format": "duration"}"#, SchemaType::Duration),
        (r#"{"type": "string", "format": "uuid"}"#, SchemaType::Uuid),
        (r#"{"type": "string", "format": "uri"}"#, SchemaType::Uri),
        (r#"{"type": "string", "format": "email"}"#, SchemaType::Email),
        (r#"{"type": "string", "contentEncoding": "base64"}"#, SchemaType::Binary),
    ] {
        assert_eq!(schema(text), of(kind), "{text}");
    }
    assert_eq!(
        schema(r#"{"type": ["string", "null"]}"#),
        union(vec![of(SchemaType::String), of(SchemaType::Null)])
    );
}

#[test]
fn limits_become_constraints() {
    assert_eq!(
        schema(
            r#"{"type": "integer", "minimum": 0, "exclusiveMaximum": 10, "multipleOf": 2, "format": "int32"}"#
        ),
        Schema {
            format: "int32".into(),
            ..limited(
                SchemaType::Integer,
                Constraints {
                    minimum: Some(0.0),
                    maximum: Some(10.0),
                    exclusive_maximum: true,
                    multiple_of: Some(2.0),
                    ..Default::default()
                }
            )
        }
    );
    // The narrower of both.
    let lower =
        schema(r#"{"type": "number", "minimum": 3, "exclusiveMinimum": 3}"#).constraints.expect("some");
    assert_eq!((lower.minimum, lower.exclusive_minimum), (Some(3.0), true));
    let lower =
        schema(r#"{"type": "number", "minimum": 4, "exclusiveMinimum": 3}"#).constraints.expect("some");
    assert_eq!((lower.minimum, lower.exclusive_minimum), (Some(4.0), false));
    assert_eq!(
        schema(r#"{"type": "string", "minLength": 1, "maxLength": 9.0, "pattern": "^a"}"#),
        limited(
            SchemaType::String,
            Constraints {
                min_length: Some(1),
                max_length: Some(9),
                pattern: "^a".into(),
                ..Default::default()
            }
        )
    );
    let items = Some(Box::new(of(SchemaType::String)));
    assert_eq!(
        schema(
            r#"{"type": "array", "items": {"type": "string"}, "minItems": 1, "maxItems": 2, "uniqueItems": true}"#
        ),
        Schema {
            items,
            ..limited(
                SchemaType::Array,
                Constraints {
                    min_items: Some(1),
                    max_items: Some(2),
                    unique_items: true,
                    ..Default::default()
                }
            )
        }
    );
}

#[test]
fn properties_become_fields_and_a_closed_object_is_labelled() {
    let imported = schema(
        r#"{"type": "object", "properties": {"name": {"type": "string", "description": "of the patient"},
            "times": {"type": "integer", "default": 1}}, "required": ["name", "other"], "additionalProperties": false}"#,
    );
    let field = |name: &str, required: bool, schema: Schema| Field {
        name: name.into(),
        required,
        schema: Some(schema),
        ..Default::default()
    };
    let expected = Schema {
        fields: vec![
            field("name", true, Schema { description: "of the patient".into(), ..of(SchemaType::String) }),
            Field { default_value: Some(b"1".to_vec()), ..field("times", false, of(SchemaType::Integer)) },
            field("other", true, of(SchemaType::Any)),
        ],
        metadata: [("hms.closed".to_owned(), "true".to_owned())].into(),
        ..of(SchemaType::Object)
    };
    assert_eq!(imported, expected);
}

#[test]
fn members_that_are_like_each_other_become_a_map() {
    let map = schema(
        r#"{"type": "object", "additionalProperties": {"type": "integer"}, "propertyNames": {"pattern": "^k"}, "maxProperties": 3}"#,
    );
    let key = limited(SchemaType::String, Constraints { pattern: "^k".into(), ..Default::default() });
    let expected = Schema {
        key_schema: Some(Box::new(key)),
        value_schema: Some(Box::new(of(SchemaType::Integer))),
        ..limited(SchemaType::Map, Constraints { max_properties: Some(3), ..Default::default() })
    };
    assert_eq!(map, expected);
}

#[test]
fn constants_become_schemas_of_one_value() {
    assert_eq!(schema(r#"{"enum": ["a", "b", "a"]}"#), texts(&["a", "b"]));
    assert_eq!(schema(r#"{"const": "a"}"#), texts(&["a"]));
    assert_eq!(schema(r#"{"enum": ["a", null]}"#), union(vec![texts(&["a"]), of(SchemaType::Null)]));
    assert_eq!(schema(r#"{"enum": [true, false]}"#), of(SchemaType::Boolean));
    let seven = Constraints { minimum: Some(7.0), maximum: Some(7.0), ..Default::default() };
    assert_eq!(schema(r#"{"const": 7}"#), limited(SchemaType::Number, seven));
    assert_eq!(schema(r#"{"enum": ["a", 7], "type": "string"}"#), texts(&["a"]));
    loses(r#"{"const": true}"#, ": const");
    loses(r#"{"const": [1, 2]}"#, ": const");
    loses(r#"{"const": 9007199254740993}"#, ": const");
    // An ENUM takes the number as well as the text.
    loses(r#"{"enum": ["1"]}"#, ": enum");
}

#[test]
fn without_a_type_keywords_are_about_their_kind_alone() {
    use SchemaType::{Array, Boolean, Null, Number, Object, String};
    let short = limited(String, Constraints { max_length: Some(2), ..Default::default() });
    let expected = union(vec![of(Null), of(Boolean), of(Number), short, of(Array), of(Object)]);
    assert_eq!(schema(r#"{"maxLength": 2}"#), expected);
}

#[test]
fn alternatives_become_a_union_each_with_what_stands_beside_them() {
    use SchemaType::{Boolean, Integer, String};
    assert_eq!(
        schema(r#"{"anyOf": [{"type": "integer"}, {"type": "string"}]}"#),
        union(vec![of(Integer), of(String)])
    );
    assert_eq!(
        schema(r#"{"oneOf": [{"type": "integer"}, {"type": "boolean"}]}"#),
        union(vec![of(Integer), of(Boolean)])
    );
    let limit = |constraints| limited(Integer, constraints);
    assert_eq!(
        schema(r#"{"type": "integer", "minimum": 1, "anyOf": [{"maximum": 3}, {"multipleOf": 5}]}"#),
        union(vec![
            limit(Constraints { minimum: Some(1.0), maximum: Some(3.0), ..Default::default() }),
            limit(Constraints { minimum: Some(1.0), multiple_of: Some(5.0), ..Default::default() }),
        ])
    );
    // One of them and not both.
    loses(r#"{"oneOf": [{"type": "integer"}, {"type": "number", "minimum": 2}]}"#, ": oneOf");
    // A required ENUM tells them apart.
    let kind = |name: &str| {
        format!(
            r#"{{"type": "object", "properties": {{"kind": {{"const": "{name}"}}}}, "required": ["kind"]}}"#
        )
    };
    schema(&format!(r#"{{"oneOf": [{}, {}]}}"#, kind("a"), kind("b")));
}

#[test]
fn several_schemas_become_one() {
    let all = schema(
        r##"{"allOf": [{"$ref": "#/$defs/base"}, {"properties": {"b": {"type": "string"}}, "required": ["b"]}], "minProperties": 1,
            "$defs": {"base": {"type": "object", "properties": {"a": {"type": "integer"}}, "required": ["a"], "minProperties": 2}}}"##,
    );
    let fields: Vec<(&str, bool)> = all.fields.iter().map(|field| (&*field.name, field.required)).collect();
    assert_eq!(fields, [("a", true), ("b", true)]);
    assert_eq!(all.constraints.expect("some").min_properties, Some(2));
    let both =
        schema(r##"{"$ref": "#/$defs/n", "maximum": 9, "$defs": {"n": {"type": "integer", "minimum": 1}}}"##);
    let expected = Constraints { minimum: Some(1.0), maximum: Some(9.0), ..Default::default() };
    assert_eq!(both, limited(SchemaType::Integer, expected));
    loses(r#"{"allOf": [{"pattern": "a"}, {"pattern": "b"}]}"#, ": allOf");
    loses(
        r#"{"type": "object", "allOf": [{"additionalProperties": false}, {"properties": {"a": {}}}]}"#,
        ": allOf",
    );
}

#[test]
fn words_are_kept() {
    let imported = schema(
        r#"{"type": "integer", "title": "Age", "description": "in years", "deprecated": true, "examples": [7], "default": 3}"#,
    );
    assert_eq!(imported.description, "in years");
    assert_eq!((&*imported.metadata["title"], &*imported.metadata["deprecated"]), ("Age", "true"));
    assert_eq!((imported.default_value, imported.examples), (Some(b"3".to_vec()), vec![b"7".to_vec()]));
}

#[test]
fn what_has_no_counterpart_is_listed_with_its_place() {
    for (text, place) in [
        (r#"{"not": {}}"#, ": not"),
        (r#"{"if": {}, "then": {}}"#, ": if"),
        (r#"{"type": "object", "patternProperties": {"^a": {}}}"#, ": patternProperties"),
        (r#"{"type": "array", "prefixItems": [{}]}"#, ": prefixItems"),
        (r#"{"type": "array", "contains": {}}"#, ": contains"),
        (
            r#"{"type": "object", "properties": {"a/b": {"type": "string", "format": "hostname"}}}"#,
            "/properties/a~1b: format",
        ),
        (r#"{"type": "object", "properties": {"a": false}}"#, "/properties/a: false"),
        (
            r#"{"type": "object", "properties": {"a": {}}, "additionalProperties": {"type": "string"}}"#,
            ": additionalProperties",
        ),
        (r#"{"type": "integer", "maximum": 9007199254740993}"#, ": maximum"),
        (r#"{"type": "string", "maxLength": 3000000000}"#, ": maxLength"),
        (r#"{"type": "string", "format": "date", "maxLength": 3}"#, ": maxLength"),
        (r#"{"items": {"$dynamicRef": "x"}, "type": "array"}"#, "/items: $dynamicRef"),
        ("false", ": false"),
    ] {
        loses(text, place);
    }
}

#[test]
fn what_is_no_json_schema_is_refused_with_its_place() {
    let deep = format!("{}true{}", r#"{"items": "#.repeat(120), "}".repeat(120));
    let nested = format!("{}{{}}{}", r#"{"type": "array", "items": "#.repeat(300), "}".repeat(300));
    for (text, message) in [
        ("{", "the JSON schema is not JSON: "),
        (r#"{"properties": {"a": 7}}"#, "/properties/a: a JSON schema is an object or a boolean, not 7"),
        (r#"{"type": "text"}"#, "/type: there is no type 'text'"),
        (r#"{"type": []}"#, "/type: it names no type"),
        (r#"{"anyOf": []}"#, ": anyOf must be a list of JSON schemas that is not empty"),
        (
            r#"{"type": "string", "minLength": -1}"#,
            "/minLength: it must be a whole number that is not negative",
        ),
        (r#"{"type": "number", "minimum": "1"}"#, "/minimum: it must be a number"),
        (r#"{"type": "object", "required": "a"}"#, "/required: it must be a list of names"),
        (r##"{"$ref": "#/$defs/nothing"}"##, "$ref '#/$defs/nothing' refers to nothing in this document"),
        (&nested, "the JSON schema is not JSON: recursion limit exceeded"),
    ] {
        let error = jsonschema::import_text(text).expect_err(text);
        assert_eq!(error.code(), Code::InvalidArgument);
        assert!(error.message().contains(message), "{error}");
    }
    assert!(jsonschema::import_text(&deep).is_ok());
}
