//! Schemas in other forms, and what differs between them.

use hmsffi_sys::*;

use super::buffer::Buffer;
use super::check;
use crate::Result;

/// The schema in another form, and what was lost.
pub(crate) fn convert(schema: &[u8], from: u32, to: u32) -> Result<(Buffer, Buffer)> {
    let (mut out, mut losses) = (hms_buffer_t::EMPTY, hms_buffer_t::EMPTY);
    let schema = hms_bytes_t::from(schema);
    // SAFETY: readable bytes and places of our own.
    check(|error| unsafe { hms_schema_convert(schema, from, to, &mut out, &mut losses, error) })?;
    Ok((Buffer(out), Buffer(losses)))
}

/// The differences, as JSON.
pub(crate) fn compare(old: &[u8], new: &[u8]) -> Result<Buffer> {
    let mut out = hms_buffer_t::EMPTY;
    let (old, new) = (hms_bytes_t::from(old), hms_bytes_t::from(new));
    // SAFETY: readable bytes and a place of our own.
    check(|error| unsafe { hms_schema_compare(old, new, &mut out, error) })?;
    Ok(Buffer(out))
}

/// The schema of a message that a descriptor describes, as JSON.
pub(crate) fn of_message(descriptors: &[u8], message: &str) -> Result<Buffer> {
    let mut out = hms_buffer_t::EMPTY;
    let (descriptors, message) = (hms_bytes_t::from(descriptors), hms_str_t::from(message));
    // SAFETY: readable bytes and a place of our own.
    check(|error| unsafe { hms_schema_of_message(descriptors, message, &mut out, error) })?;
    Ok(Buffer(out))
}

/// The payload in another encoding, and what was lost.
pub(crate) fn convert_payload(
    schema: &[u8],
    payload: &[u8],
    from: u32,
    to: u32,
    layout: u32,
) -> Result<(Buffer, Buffer)> {
    let (mut out, mut losses) = (hms_buffer_t::EMPTY, hms_buffer_t::EMPTY);
    let (schema, payload) = (hms_bytes_t::from(schema), hms_bytes_t::from(payload));
    // SAFETY: readable bytes and places of our own.
    check(|error| unsafe {
        hms_payload_convert(schema, payload, from, to, layout, &mut out, &mut losses, error)
    })?;
    Ok((Buffer(out), Buffer(losses)))
}
