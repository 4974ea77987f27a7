//! JSON Schema, in and out.

#[path = "json_schema/exporting.rs"]
mod exporting;
#[path = "json_schema/importing.rs"]
mod importing;
#[path = "json_schema/references.rs"]
mod references;
#[path = "json_schema/suite.rs"]
mod suite;

use hmsffi_core::proto::Schema;
use hmsffi_core::schema::jsonschema;

/// The schema that a JSON schema means, and what of it was lost.
fn imported(text: &str) -> (Schema, Vec<String>) {
    let converted = jsonschema::import_text(text).expect(text);
    (converted.schema, converted.losses.iter().map(ToString::to_string).collect())
}

/// The schema that a JSON schema means, without loss.
fn schema(text: &str) -> Schema {
    let (schema, losses) = imported(text);
    assert_eq!(losses, [""; 0], "{text}");
    schema
}

/// What a schema is as JSON schema, and what of it was lost.
fn exported(schema: &Schema) -> (serde_json::Value, Vec<String>) {
    let converted = jsonschema::export(schema);
    (converted.schema, converted.losses.iter().map(ToString::to_string).collect())
}
