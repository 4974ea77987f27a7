//! Schemas as people and bindings hand them over.

use prost::Message;
use serde_json::Deserializer;

use super::Schema;
use crate::error::{Error, Result};

/// Reads a schema: JSON text whose members are those of the message, with types by name (`"type": "STRING"`), or the message in
/// Protobuf. `what` names it in errors, which are INVALID_ARGUMENT.
///
/// ```
/// # use hmsffi_core::schema;
/// let schema = schema::read("input_schema", br#"{"type": "INTEGER", "constraints": {"minimum": 0}}"#)?;
/// assert_eq!(schema.constraints.and_then(|constraints| constraints.minimum), Some(0.0));
/// # Ok::<(), hmsffi_core::Error>(())
/// ```
pub fn read(what: &str, bytes: &[u8]) -> Result<Schema> {
    // No message of Protobuf begins so: it would be the start of a group.
    if bytes.trim_ascii_start().first() != Some(&b'{') {
        return Schema::decode(bytes)
            .map_err(|why| Error::invalid(format!("{what} is neither JSON nor a Schema message: {why}")));
    }
    let mut unknown = None;
    let mut reader = Deserializer::from_slice(bytes);
    let schema = serde_ignored::deserialize(&mut reader, |path| {
        unknown.get_or_insert_with(|| path.to_string());
    });
    let schema = schema.and_then(|schema| reader.end().map(|()| schema));
    let schema =
        schema.map_err(|why| Error::invalid(format!("{what} is not the JSON of a schema: {why}")))?;
    match unknown {
        None => Ok(schema),
        Some(path) => Err(Error::invalid(format!("{what}: a schema has no member '{path}'"))),
    }
}
