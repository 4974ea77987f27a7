//! What is no schema: refused with the place.

use hmsffi_core::Code;
use hmsffi_core::schema::{Compiled, read};
use serde_json::{Value, json};

use crate::{refused, schema, try_compile};

fn object(fields: Value) -> String {
    json!({"type": "OBJECT", "fields": fields}).to_string()
}

fn field(name: &str, schema: Value) -> Value {
    json!({"name": name, "schema": schema})
}

#[test]
fn types_that_there_are_not() {
    assert_eq!(
        refused(&object(json!([field("a", json!({"type": 77}))]))),
        ["$.a: there is no type 77 (type)"]
    );
    assert_eq!(refused(r#"{"type": "ARRAY", "items": {}}"#), ["$[*]: the schema has no type (type)"]);
}

#[test]
fn members_and_constraints_of_other_types() {
    for (schema, expected) in [
        (json!({"type": "STRING", "items": {"type": "NULL"}}), "$: STRING has no items (member)"),
        (json!({"type": "BOOLEAN", "format": "int32"}), "$: BOOLEAN has no format (member)"),
        (json!({"type": "UNION"}), "$: UNION needs one_of (member)"),
        (json!({"type": "ENUM"}), "$: ENUM needs enum_values (member)"),
        (json!({"type": "REF"}), "$: REF needs ref (member)"),
        (
            json!({"type": "INTEGER", "constraints": {"min_length": 0}}),
            "$: INTEGER has no min_length (constraints)",
        ),
        (
            json!({"type": "REF", "ref": "x", "constraints": {"minimum": 0}}),
            "$: REF has no minimum (constraints)",
        ),
        (
            json!({"type": "MAP", "key_schema": {"type": "OBJECT"}}),
            "$.*(key): keys are text, which OBJECT never is (key_schema)",
        ),
        (
            json!({"type": "OBJECT", "metadata": {"hms.closed": "yes"}}),
            "$: hms.closed is 'yes'; it must be true or false (metadata)",
        ),
    ] {
        assert!(refused(&schema.to_string()).contains(&expected.to_owned()), "{schema}");
    }
}

#[test]
fn constraints_that_nothing_can_keep() {
    for (kind, constraints, expected) in [
        ("STRING", json!({"min_length": 3, "max_length": 2}), "min_length is 3, but max_length is 2"),
        ("STRING", json!({"min_length": -1}), "min_length is -1; it must be 0 or more"),
        ("ARRAY", json!({"min_items": 1, "max_items": 0}), "min_items is 1, but max_items is 0"),
        ("NUMBER", json!({"minimum": 2, "maximum": 1}), "minimum 2 and maximum 1 leave no NUMBER between"),
        (
            "NUMBER",
            json!({"minimum": 2, "maximum": 2, "exclusive_maximum": true}),
            "minimum 2 and maximum 2 leave no NUMBER between",
        ),
        (
            "INTEGER",
            json!({"minimum": 1.2, "maximum": 1.8}),
            "minimum 1.2 and maximum 1.8 leave no INTEGER between",
        ),
        ("NUMBER", json!({"exclusive_minimum": true}), "exclusive_minimum is set, but no minimum"),
        ("NUMBER", json!({"multiple_of": 0}), "multiple_of is 0; it must be above 0"),
    ] {
        let schema = json!({"type": kind, "constraints": constraints}).to_string();
        assert_eq!(refused(&schema), [format!("$: {expected} (constraints)")]);
    }
    let fields = json!([{"name": "a", "required": true}, {"name": "b", "required": true}]);
    let tight = json!({"type": "OBJECT", "fields": fields, "constraints": {"max_properties": 1}}).to_string();
    assert_eq!(refused(&tight), ["$: 2 fields are required, but max_properties is 1 (constraints)"]);
    assert_eq!(
        refused(&object(json!([{"name": "a"}, {"name": "a"}]))),
        ["$: two fields are named 'a' (fields)"]
    );
    let twice = r#"{"type": "ENUM", "enum_values": [{"value": "a"}, {"value": "a"}]}"#;
    assert_eq!(refused(twice), ["$: 'a' is given twice (enum_values)"]);
}

#[test]
fn formats_and_patterns_that_there_are_not() {
    assert!(
        refused(r#"{"type": "STRING", "format": "int32"}"#)[0]
            .starts_with("$: there is no format 'int32' of STRING")
    );
    assert!(
        refused(r#"{"type": "INTEGER", "format": "uuid"}"#)[0]
            .starts_with("$: there is no format 'uuid' of INTEGER")
    );
    for pattern in
        ["(", "(?=a)", "(?<!a)b", r"(a)\1", r"\Z", r"\u12", "a{1000}{1000}", "(?:(?:a{1000}){1000}){1000}"]
    {
        let schema = json!({"type": "STRING", "constraints": {"pattern": pattern}});
        let told = refused(&object(json!([field("p", schema)])));
        assert!(told.len() == 1 && told[0].starts_with("$.p: pattern "), "{told:?}");
        assert!(told[0].ends_with("(pattern)"), "{told:?}");
    }
}

#[test]
fn references_to_nothing_and_without_an_end() {
    let reference = |id: &str| json!({"type": "REF", "ref": id});
    assert_eq!(
        refused(&object(json!([field("a", reference("nobody"))]))),
        ["$.a: there is no schema 'nobody'. Register it first, or correct the ref (ref)",]
    );
    let itself = json!({"schema_id": "x", "type": "REF", "ref": "x"}).to_string();
    assert!(refused(&itself)[0].contains("the reference leads back to itself"));
    let union =
        json!({"schema_id": "x", "type": "UNION", "one_of": [{"type": "NULL"}, reference("x")]}).to_string();
    assert!(refused(&union)[0].contains("the union is one of its own branches"));
    let required = json!({"schema_id": "x", "type": "OBJECT",
        "fields": [{"name": "next", "required": true, "schema": reference("x")}]});
    assert!(refused(&required.to_string())[0].contains("no value ends here"));
    let list =
        json!({"schema_id": "x", "type": "ARRAY", "items": reference("x"), "constraints": {"min_items": 1}});
    assert!(refused(&list.to_string())[0].contains("no value ends here"));
    let ended = json!({"schema_id": "x", "type": "OBJECT", "fields": [{"name": "next", "required": true,
        "schema": {"type": "UNION", "one_of": [{"type": "NULL"}, reference("x")]}}]});
    assert!(try_compile(&ended.to_string()).is_ok(), "it ends with null");
}

#[test]
fn defaults_and_examples_that_violate_their_own_schema() {
    use base64::prelude::{BASE64_STANDARD, Engine};
    let value = |json: &str| BASE64_STANDARD.encode(json);
    let schema = json!({"type": "INTEGER", "constraints": {"minimum": 1}});
    let fields = json!([{"name": "times", "schema": schema, "default_value": value("0")}]);
    assert_eq!(
        refused(&object(fields)),
        ["$.times: the default does not fit its own schema: $: 0 is below the minimum 1 (default)",]
    );
    let example = json!({"type": "STRING", "examples": [value("\"a\""), value("1")]});
    assert_eq!(
        refused(&example.to_string()),
        ["$: the example does not fit its own schema: $: needs STRING, found 1 (example)",]
    );
    let label =
        json!({"type": "NULL", "default_value": value("null"), "metadata": {"hms.encoding": "text/csv"}});
    assert!(refused(&label.to_string())[0].contains("it must be application/json or application/cbor"));
}

#[test]
fn all_problems_are_told_at_once_and_as_one_error() {
    let fields = json!([field("a", json!({"type": 99})), field("b", json!({"type": "UNION"}))]);
    let errors = Compiled::new(&schema(&object(fields)), &()).unwrap_err();
    let error = errors.into_error("schema 'x'");
    assert_eq!(error.code(), Code::InvalidArgument);
    assert_eq!(error.message(), "schema 'x': $.a: there is no type 99; $.b: UNION needs one_of");
    let details: Value = serde_json::from_str(error.detail("hms.violations").unwrap()).unwrap();
    assert_eq!(details[1], json!({"path": "$.b", "message": "UNION needs one_of", "code": "member"}));
}

#[test]
fn schemas_without_bounds() {
    let mut deep = json!({"type": "NULL"});
    for _ in 0..95 {
        deep = json!({"type": "ARRAY", "items": deep});
    }
    let told = refused(&deep.to_string());
    assert!(told[0].contains("more than 90 schemas and fields inside each other"), "{told:?}");
    let wide: Vec<Value> = (0..30_000).map(|n| field(&format!("f{n}"), json!({"type": "NULL"}))).collect();
    let told = refused(&object(wide.into()));
    assert!(told[0].contains("the schema is made of more than 20000 schemas"), "{told:?}");
}

#[test]
fn text_that_is_no_schema() {
    for (text, expected) in [
        (r#"{"type": "TEXT"}"#, "there is no type \"TEXT\""),
        (
            r#"{"type": "string"}"#,
            "there is no type \"string\"; JSON Schema is converted first (hms schema import)",
        ),
        (
            r#"{"type": "STRING", "constraints": {"minlength": 1}}"#,
            "a schema has no member 'constraints.?.minlength'",
        ),
        (r#"{"type": "STRING"} x"#, "trailing characters"),
        ("\u{1}\u{1}", "input_schema is neither JSON nor a schema message"),
    ] {
        let error = read("input_schema", text.as_bytes()).unwrap_err();
        assert_eq!(error.code(), Code::InvalidArgument);
        assert!(error.message().contains(expected), "{error}");
    }
}
