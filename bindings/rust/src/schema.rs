//! Schemas in other forms, and what differs between them. Nothing here needs a runtime; registered schemas are behind the service
//! `hms.ffi.v1.SchemaRegistry`.

#[cfg(feature = "schemars")]
mod of;

use hmsffi_sys::{HMS_SCHEMA_FORM_JSON, HMS_SCHEMA_FORM_JSON_SCHEMA, HMS_SCHEMA_FORM_PROTOBUF};

#[cfg(feature = "schemars")]
pub use of::{bytes, input_of, output_of};

use crate::{Buffer, Result, raw};

/// How a schema is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u32)]
pub enum Form {
    /// The message `Schema` in Protobuf.
    Protobuf = HMS_SCHEMA_FORM_PROTOBUF,
    /// The message `Schema` in JSON: members by their names, types by theirs (`"type": "STRING"`).
    Json = HMS_SCHEMA_FORM_JSON,
    /// JSON Schema, 2020-12.
    JsonSchema = HMS_SCHEMA_FORM_JSON_SCHEMA,
}

/// A schema in another form.
#[derive(Debug)]
pub struct Converted {
    /// The schema.
    pub schema: Buffer,
    /// What one of the forms cannot say: a JSON list of objects with `path`, `keyword` and `reason`.
    pub losses: Buffer,
}

/// The same schema in another form. Where Protobuf or JSON is meant, the other is read too.
///
/// Errors: INVALID_ARGUMENT when the bytes are no schema.
///
/// ```
/// use hmsffi::schema::{Form, convert};
/// let converted = convert(br#"{"type": "integer", "not": {}}"#, Form::JsonSchema, Form::Json)?;
/// assert_eq!(&converted.schema[..], br#"{"type":"INTEGER"}"#);
/// assert_eq!(&converted.losses[..], br#"[{"keyword":"not","path":"","reason":"there is no negation"}]"#);
/// # Ok::<(), hmsffi::Error>(())
/// ```
pub fn convert(schema: &[u8], from: Form, to: Form) -> Result<Converted> {
    let (schema, losses) = raw::schema::convert(schema, from as u32, to as u32)?;
    Ok(Converted { schema, losses })
}

/// What differs between two schemas, in Protobuf or JSON, that refer to nothing outside of themselves: a JSON list of objects, empty
/// when nothing does.
///
/// `path` and `aspect` say where and what, `old` and `new` how it was and is. `breaks_backward`: readers with the new schema
/// refuse some of what is written with the old one; `breaks_forward`: the other way round. `moves_first`: who must have the new
/// schema before the others, `reader`, `writer`, `both` (at once) or null.
///
/// Errors: INVALID_ARGUMENT when one of them is no schema.
///
/// ```
/// let differences = hmsffi::schema::compare(br#"{"type": "INTEGER"}"#, br#"{"type": "INTEGER"}"#)?;
/// assert_eq!(&differences[..], b"[]");
/// # Ok::<(), hmsffi::Error>(())
/// ```
pub fn compare(old: &[u8], new: &[u8]) -> Result<Buffer> {
    raw::schema::compare(old, new)
}
