//! Ids with versions, and the labels of a registered schema.

use crate::error::{Error, Result};
use crate::meta::{
    COMPATIBILITY, DISCRIMINATOR, LABEL_PREFIX, SCHEMA_VERSION, SENSITIVE, says_what_is_taken,
};
use crate::proto::Schema;
use crate::registry;
use crate::schema::compat::Mode;

/// Gives a schema an id if it has none, and checks id and labels.
pub fn complete(schema: &mut Schema) -> Result<()> {
    if schema.schema_id.is_empty() {
        schema.schema_id = registry::generated_id("schema")?;
    }
    let id = &schema.schema_id;
    if id.contains('@') {
        return Err(Error::invalid(format!("schema id '{id}' contains '@', which begins a version")));
    }
    // It comes along with what was got from here.
    schema.metadata.remove(SCHEMA_VERSION);
    let is_known =
        |key: &str| says_what_is_taken(key) || [COMPATIBILITY, DISCRIMINATOR, SENSITIVE].contains(&key);
    let unknown = |key: &&String| key.starts_with(LABEL_PREFIX) && !is_known(key);
    if let Some(key) = schema.metadata.keys().filter(unknown).min() {
        return Err(Error::invalid(format!(
            "schema '{id}' has metadata '{key}'. Keys that start with '{LABEL_PREFIX}' are the library's: choose another"
        )));
    }
    mode(schema).map(|_| ())
}

/// What is asked of the schema that follows this one.
pub fn mode(schema: &Schema) -> Result<Mode> {
    schema.metadata.get(COMPATIBILITY).map_or(Ok(Mode::default()), |name| Mode::named(name))
}

/// An id, and the version behind it.
pub fn split(name: &str) -> Result<(&str, Option<usize>)> {
    let Some((id, version)) = name.split_once('@') else { return Ok((name, None)) };
    match version.parse() {
        Ok(number) => Ok((id, Some(number))),
        Err(_) => Err(Error::invalid(format!(
            "'{name}': '{version}' is not the number of a version. Write {id}@1, or {id} for the latest"
        ))),
    }
}

/// A schema that says which version it is.
pub fn labelled(schema: &Schema, number: usize) -> Schema {
    let mut labelled = schema.clone();
    labelled.metadata.insert(SCHEMA_VERSION.to_owned(), number.to_string());
    labelled
}
