//! Whether a schema may follow another: differences, who must move first, and modes.

#[path = "schema_compat/differences.rs"]
mod differences;
#[path = "schema_compat/exchanging.rs"]
mod exchanging;
#[path = "schema_compat/modes.rs"]
mod modes;
#[path = "schema_compat/protobuf.rs"]
mod protobuf;
#[path = "schema_compat/references.rs"]
mod references;

#[path = "schema_compat/soundness.rs"]
mod soundness;

use hmsffi_core::proto::Schema;
use hmsffi_core::schema::compat::{Difference, Document, compare};
use hmsffi_core::schema::jsonschema;

/// The schema that a JSON schema means, without loss.
fn schema(text: &str) -> Schema {
    let imported = jsonschema::import_text(text).expect(text);
    assert_eq!(imported.losses, [], "{text}");
    imported.schema
}

fn differences(old: &Schema, new: &Schema) -> Vec<Difference> {
    compare(&Document::new(old, &()), &Document::new(new, &()))
}

/// The differences between two JSON schemas, as people read them.
fn told(old: &str, new: &str) -> Vec<String> {
    differences(&schema(old), &schema(new)).iter().map(ToString::to_string).collect()
}

const WRITERS: &str = " (writers must move first)";
const READERS: &str = " (readers must move first)";
const BOTH: &str = " (readers and writers must move at once)";
