//! Schemas in other forms, what differs between them, and payloads in other encodings, as their schemas tell. Nothing here needs a
//! runtime; registered schemas are behind the service `hms.ffi.v1.SchemaRegistry`.

#[cfg(feature = "schemars")]
mod of;

use hmsffi_sys::{
    HMS_CONTENT_TYPE_CBOR, HMS_CONTENT_TYPE_JSON, HMS_CONTENT_TYPE_PROTOBUF, HMS_LAYOUT_ANY,
    HMS_LAYOUT_DETERMINISTIC, HMS_SCHEMA_FORM_JSON, HMS_SCHEMA_FORM_JSON_SCHEMA, HMS_SCHEMA_FORM_PROTOBUF,
};

#[cfg(feature = "schemars")]
pub use of::{bytes, error_of, input_of, output_of};

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

/// The schema, as [`Form::Json`], of a message that a descriptor describes.
///
/// `descriptors` is a `google.protobuf.FileDescriptorSet` with all that the message's file imports, as `protoc --include_imports
/// --descriptor_set_out` and `buf build` write it; `message` the name with its package, or empty for the only message of the
/// set that is no part of another.
///
/// Errors: INVALID_ARGUMENT when the bytes are no set, or several messages could be meant; NOT_FOUND; UNIMPLEMENTED for groups and
/// files of an edition.
pub fn of_message(descriptors: &[u8], message: &str) -> Result<Buffer> {
    raw::schema::of_message(descriptors, message)
}

/// An encoding that payloads are converted to and from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u32)]
pub enum Encoding {
    /// `application/cbor`
    Cbor = HMS_CONTENT_TYPE_CBOR,
    /// `application/protobuf`
    Protobuf = HMS_CONTENT_TYPE_PROTOBUF,
    /// `application/json`
    Json = HMS_CONTENT_TYPE_JSON,
}

/// Which of the ways to write one payload is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[repr(u32)]
pub enum Layout {
    /// The one that comes easiest.
    #[default]
    Any = HMS_LAYOUT_ANY,
    /// In CBOR the one form that equal values have: RFC 8949, 4.2.1.
    Deterministic = HMS_LAYOUT_DETERMINISTIC,
}

/// A payload in another encoding.
#[derive(Debug)]
pub struct ConvertedPayload {
    /// The payload.
    pub payload: Buffer,
    /// What the schema does not know and the encoding cannot say, and Decimals in whose place the nearest number is: a JSON list of
    /// objects with `path`, `message` and `code`.
    pub losses: Buffer,
}

/// The same payload in another encoding, with the defaults that it left out, as a schema tells what is meant. The last 64
/// schemas of up to 64 KiB are kept compiled, and found by their bytes.
///
/// `schema` is in Protobuf or JSON and refers to nothing outside of itself. For Protobuf it is an OBJECT whose fields have the
/// label `hms.protobuf.number`.
///
/// Errors: INVALID_ARGUMENT when the schema is none, or the payload does not fit it, or cannot be said in the other encoding: the
/// detail `hms.violations` has all that is wrong, as a JSON list of objects.
///
/// ```
/// use hmsffi::schema::{Encoding, Layout, convert_payload};
/// let schema = br#"{"type": "OBJECT", "fields": [
///     {"name": "times", "schema": {"type": "INTEGER", "metadata": {"hms.protobuf.number": "1"}}}]}"#;
/// let converted = convert_payload(schema, br#"{"times": 3}"#, Encoding::Json, Encoding::Protobuf, Layout::Any)?;
/// assert_eq!(&converted.payload[..], b"\x08\x03");
/// # Ok::<(), hmsffi::Error>(())
/// ```
pub fn convert_payload(
    schema: &[u8],
    payload: &[u8],
    from: Encoding,
    to: Encoding,
    layout: Layout,
) -> Result<ConvertedPayload> {
    let (payload, losses) =
        raw::schema::convert_payload(schema, payload, from as u32, to as u32, layout as u32)?;
    Ok(ConvertedPayload { payload, losses })
}
