//! Schemas in a file: what was acknowledged is there after any end of a process, and one process at a time has the file.

mod linked;
mod process;
mod support;

#[path = "schema_file/damaged.rs"]
mod damaged;
#[path = "schema_file/killed.rs"]
mod killed;
#[path = "schema_file/shared.rs"]
mod shared;

use hmsffi_core::proto::Schema;
use hmsffi_core::schema::jsonschema;
use hmsffi_core::schema::registry::Schemas;

/// An integer's schema under an id, told apart by its title.
fn numbered(id: &str, title: usize) -> Schema {
    let text = format!(r#"{{"$id": "{id}", "type": "integer", "title": "{title}"}}"#);
    jsonschema::import_text(&text).expect("schema").schema
}

/// How many versions an id has.
fn count(schemas: &Schemas, id: &str) -> usize {
    schemas.get(id, false).map_or(0, |schema| schema.metadata["hms.schema_version"].parse().expect("number"))
}

fn opened(path: &std::path::Path) -> Schemas {
    Schemas::in_file(path).expect("a file that can be opened").expect("nobody has it")
}
