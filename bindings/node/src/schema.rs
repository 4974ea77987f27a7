//! Schemas in other forms, and what differs between them.

use hmsffi_sys::*;

use crate::arguments::Arguments;
use crate::failure::{Result, core};
use crate::js::Value;

/// `schemaConvert(schema, from, to): [schema, losses]`, all of them JSON.
pub fn convert(arguments: &Arguments) -> Result<Value> {
    let (schema, from, to) = (arguments.text(0)?, arguments.whole(1) as u32, arguments.whole(2) as u32);
    let (mut out, mut losses) = (hms_buffer_t::EMPTY, hms_buffer_t::EMPTY);
    let bytes = hms_bytes_t::from(schema.as_bytes());
    // SAFETY: readable bytes and places that are valid for the call.
    core(|error| unsafe { hms_schema_convert(bytes, from, to, &mut out, &mut losses, error) })?;
    Ok(arguments.js.array([taken(arguments, out), taken(arguments, losses)]))
}

/// `schemaCompare(old, new): differences`, all of them JSON.
pub fn compare(arguments: &Arguments) -> Result<Value> {
    let (old, new) = (arguments.text(0)?, arguments.text(1)?);
    let (old, new) = (hms_bytes_t::from(old.as_bytes()), hms_bytes_t::from(new.as_bytes()));
    let mut out = hms_buffer_t::EMPTY;
    // SAFETY: readable bytes and a place that is valid for the call.
    core(|error| unsafe { hms_schema_compare(old, new, &mut out, error) })?;
    Ok(taken(arguments, out))
}

/// JSON that the library made.
fn taken(arguments: &Arguments, mut buffer: hms_buffer_t) -> Value {
    // SAFETY: a buffer of ours, read before it is released.
    unsafe {
        let text = String::from_utf8_lossy(std::slice::from_raw_parts(buffer.data, buffer.len));
        let text = arguments.js.text(&text);
        hms_buffer_release(&mut buffer);
        text
    }
}
