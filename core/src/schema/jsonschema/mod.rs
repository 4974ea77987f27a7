//! JSON Schema, 2020-12: what this type system shares with it, in and out.
//!
//! | file | its one idea |
//! | --- | --- |
//! | `mod.rs` | a schema that came from or goes to JSON Schema, and what was lost on the way |
//! | `import.rs` | the keywords of one JSON schema, combined |
//! | `kinds.rs` | the keywords that are about one kind of value |
//! | `members.rs` | properties, and which of them there must be |
//! | `constants.rs` | `const` and `enum` |
//! | `merge.rs` | `allOf`: several JSON schemas as one |
//! | `reference.rs` | `$ref` |
//! | `export.rs` | the way back |
//!
//! `docs/schema-registry.md` lists keyword by keyword what becomes what.

mod constants;
mod export;
mod import;
mod kinds;
mod members;
mod merge;
mod reference;

use std::fmt;

use serde_json::Value;

use crate::error::{Error, Result};
use crate::proto::Schema;

/// Something that the other side has no form for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Loss {
    /// Where: a JSON pointer into the JSON schema that was read, or a path such as `$.items[*]` in the schema that was written.
    pub path: String,
    /// What: a keyword, or the member of a schema.
    pub keyword: String,
    /// Why.
    pub reason: String,
}

impl fmt::Display for Loss {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}: {}", self.path, self.keyword, self.reason)
    }
}

/// What came over, and what did not.
#[derive(Debug, Clone, PartialEq)]
pub struct Converted<T> {
    /// What came over.
    pub schema: T,
    /// What did not. With nothing lost, both sides take the same values.
    pub losses: Vec<Loss>,
}

/// Reads a JSON schema. What cannot be said here is left out and listed; then the schema takes more than it should.
///
/// Refused with INVALID_ARGUMENT: what is no JSON schema at all, and one that is nested too deeply.
pub fn import(document: &Value) -> Result<Converted<Schema>> {
    import::document(document)
}

/// The same from text.
pub fn import_text(text: &str) -> Result<Converted<Schema>> {
    let document: Value = serde_json::from_str(text)
        .map_err(|e| Error::invalid(format!("the JSON schema is not JSON: {e}")))?;
    import(&document)
}

/// Writes a schema as a JSON schema. What that cannot say is left out and listed.
pub fn export(schema: &Schema) -> Converted<Value> {
    export::document(schema)
}
