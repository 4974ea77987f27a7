//! `hms_schema_*`: schemas in other forms, and what differs between them.

use hmsffi_abi::*;
use hmsffi_core::buffer::Buffer;
use hmsffi_core::codec::Encoding;
use hmsffi_core::schema::exchange::{self, Form};
use hmsffi_core::{Error, Result};

use crate::edge::edge;
use crate::view;

fn form(number: u32, field: &str) -> Result<Form> {
    match number {
        HMS_SCHEMA_FORM_PROTOBUF => Ok(Form::Protobuf),
        HMS_SCHEMA_FORM_JSON => Ok(Form::Json),
        HMS_SCHEMA_FORM_JSON_SCHEMA => Ok(Form::JsonSchema),
        other => {
            Err(Error::invalid(format!("{field} is {other}; it must be one of HMS_SCHEMA_FORM_*, 1 to 3")))
        }
    }
}

fn json(bytes: &[u8]) -> hms_buffer_t {
    view::buffer(Buffer::copy_of(bytes), Encoding::Json)
}

/// The same schema in another form. May be called on any thread.
/// @param schema in the form `from`.
/// @param from one of `HMS_SCHEMA_FORM_*`; where PROTOBUF or JSON is meant, the other is read too.
/// @param to one of `HMS_SCHEMA_FORM_*`.
/// @param out a new buffer; release it.
/// @param losses what the form `to` cannot say, or a JSON schema says that has no counterpart here: a JSON list of objects with
///   `path`, `keyword` and `reason`; release it. May be NULL.
/// @return INVALID_ARGUMENT when the bytes are no schema.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hms_schema_convert(
    schema: hms_bytes_t,
    from: u32,
    to: u32,
    out: *mut hms_buffer_t,
    losses: *mut hms_buffer_t,
    error: *mut hms_error_t,
) -> hms_status_t {
    edge(error, || {
        // SAFETY: views and outputs as the header asks.
        let (schema, out) = unsafe { (view::bytes(schema, "schema")?, view::out(out, "out")?) };
        let (from, to) = (form(from, "from")?, form(to, "to")?);
        let (written, lost) = exchange::convert(schema, from, to)?;
        *out = match to {
            Form::Protobuf => view::buffer(Buffer::copy_of(&written), Encoding::Protobuf),
            Form::Json | Form::JsonSchema => json(&written),
        };
        // SAFETY: NULL or a place of the caller's.
        if let Some(losses) = unsafe { losses.as_mut() } {
            *losses = json(&exchange::losses(&lost));
        }
        Ok(())
    })
}

/// The schema of a message that a descriptor describes. May be called on any thread.
/// @param descriptors a `google.protobuf.FileDescriptorSet` with all that the message's file imports, as `protoc
///   --include_imports --descriptor_set_out` and `buf build` write it.
/// @param message the name with its package; empty = the only message of the set that is no part of another.
/// @param out the schema as `HMS_SCHEMA_FORM_JSON`; a new buffer; release it.
/// @return INVALID_ARGUMENT when the bytes are no set, or `message` is empty and several could be meant; NOT_FOUND when there is no
///   such message; UNIMPLEMENTED for groups and files of an edition.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hms_schema_of_message(
    descriptors: hms_bytes_t,
    message: hms_str_t,
    out: *mut hms_buffer_t,
    error: *mut hms_error_t,
) -> hms_status_t {
    edge(error, || {
        // SAFETY: views and outputs as the header asks.
        let (descriptors, message, out) = unsafe {
            (
                view::bytes(descriptors, "descriptors")?,
                view::text(message, "message")?,
                view::out(out, "out")?,
            )
        };
        *out = json(&exchange::describe(descriptors, message)?);
        Ok(())
    })
}

/// What differs between two schemas, and which order of moving from one to the other breaks nobody. May be called on any
/// thread.
/// @param old the message `Schema` in Protobuf or JSON; it refers to nothing outside of itself.
/// @param new likewise.
/// @param out a JSON list of objects, empty when nothing differs; a new buffer; release it. `path` and `aspect` say where and
///   what, `old` and `new` how it was and is; `breaks_backward` is true when readers with the new schema refuse some of what
///   is written with the old one, `breaks_forward` the other way round; `moves_first` says who must have the new schema before
///   the others: `reader`, `writer`, `both` (at once), or null.
/// @return INVALID_ARGUMENT when one of them is no schema.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hms_schema_compare(
    old: hms_bytes_t,
    new: hms_bytes_t,
    out: *mut hms_buffer_t,
    error: *mut hms_error_t,
) -> hms_status_t {
    edge(error, || {
        // SAFETY: views and outputs as the header asks.
        let (old, new, out) =
            unsafe { (view::bytes(old, "old")?, view::bytes(new, "new")?, view::out(out, "out")?) };
        *out = json(&exchange::differences(&exchange::compare(old, new)?));
        Ok(())
    })
}
