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
