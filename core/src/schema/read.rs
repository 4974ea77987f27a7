//! Schemas as people and bindings hand them over.

use super::Schema;
use crate::error::Result;
use crate::proto;

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
    proto::read(what, "schema", bytes)
}
