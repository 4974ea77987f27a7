//! Whether a schema may follow those before it.

use super::version;
use crate::error::{Error, Result};
use crate::proto::Schema;
use crate::schema::Resolve;
use crate::schema::compat::{Document, compare};

/// Differences that a refusal tells.
const MOST_TOLD: usize = 20;

/// Checks a schema against those before it, as the last of them asks.
pub fn check(earlier: &[Schema], schema: &Schema, schemas: &dyn Resolve) -> Result<()> {
    let Some(last) = earlier.last() else { return Ok(()) };
    let mode = version::mode(last)?;
    let count = if mode.is_transitive() { earlier.len() } else { 1 };
    let new = Document::new(schema, schemas);
    for (index, old) in earlier.iter().enumerate().rev().take(count) {
        let differences = compare(&Document::new(old, schemas), &new);
        let told: Vec<String> =
            differences.iter().filter(|one| mode.forbids(one)).map(ToString::to_string).collect();
        if told.is_empty() {
            continue;
        }
        let more = told.len().saturating_sub(MOST_TOLD);
        let more = if more > 0 { format!("; and {more} more") } else { String::new() };
        return Err(Error::precondition(format!(
            "schema '{}' must stay compatible ({}) with its version {}, and is not: {}{more}. Keep what is there and add to it, \
             or register it under another id",
            schema.schema_id,
            mode.name(),
            index + 1,
            told[..told.len().min(MOST_TOLD)].join("; "),
        )));
    }
    Ok(())
}
