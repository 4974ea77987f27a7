//! Schemas: which values fit them, what is told of those that do not, and what is no schema.

#[path = "schema/completing.rs"]
mod completing;
#[path = "schema/damaged.rs"]
mod damaged;
#[path = "schema/referring.rs"]
mod referring;
#[path = "schema/refusing.rs"]
mod refusing;
#[path = "schema/structures.rs"]
mod structures;
#[path = "schema/types.rs"]
mod types;
#[path = "schema/unions.rs"]
mod unions;

use hmsffi_core::codec::{Encoding, json};
use hmsffi_core::schema::{Compiled, Schema, SchemaErrors, Violation, read};
use serde_json::Value;

fn schema(json: &str) -> Schema {
    read("schema", json.as_bytes()).unwrap_or_else(|error| panic!("{json}: {error}"))
}

fn try_compile(json: &str) -> Result<Compiled, SchemaErrors> {
    Compiled::new(&schema(json), &())
}

fn compile(json: &str) -> Compiled {
    try_compile(json).unwrap_or_else(|errors| panic!("{json}: {errors}"))
}

/// What is told of a JSON value, which must be the same as of its CBOR: `path: message (code)`.
fn told(compiled: &Compiled, value: &Value) -> Vec<String> {
    let text = value.to_string();
    let of_json = lines(compiled.validate(text.as_bytes(), Encoding::Json));
    let cbor = json::to_cbor(text.as_bytes()).unwrap_or_else(|error| panic!("{text}: {error}"));
    assert_eq!(lines(compiled.validate(&cbor, Encoding::Cbor)), of_json, "CBOR and JSON of {text}");
    of_json
}

fn lines(violations: Vec<Violation>) -> Vec<String> {
    violations.into_iter().map(|one| format!("{}: {} ({})", one.path, one.message, one.code)).collect()
}

/// A schema that must be refused for these reasons alone.
fn refused(json: &str) -> Vec<String> {
    lines(try_compile(json).expect_err(json).0)
}

fn fits(compiled: &Compiled, value: Value) {
    assert_eq!(told(compiled, &value), [""; 0], "{value}");
}

fn fails(compiled: &Compiled, value: Value, expected: &[&str]) {
    assert_eq!(told(compiled, &value), expected, "{value}");
}
