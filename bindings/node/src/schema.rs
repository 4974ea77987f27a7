//! Schemas in other forms, what differs between them, and payloads in other encodings.

use hmsffi_sys::*;

use crate::arguments::Arguments;
use crate::failure::{Result, bytes_of, core, invalid};
use crate::js::Value;

/// `schemaConvert(schema, from, to): [schema, losses]`, all of them JSON.
pub fn convert(arguments: &Arguments) -> Result<Value> {
    let (schema, from, to) = (arguments.text(0)?, arguments.whole(1) as u32, arguments.whole(2) as u32);
    let (mut out, mut losses) = (hms_buffer_t::EMPTY, hms_buffer_t::EMPTY);
    let bytes = hms_bytes_t::from(schema.as_bytes());
    // SAFETY: readable bytes and places that are valid for the call.
    core(|error| unsafe { hms_schema_convert(bytes, from, to, &mut out, &mut losses, error) })?;
    Ok(arguments.js.array([json(arguments, out), json(arguments, losses)]))
}

/// `schemaOfMessage(descriptors, message): schema`, which is JSON.
pub fn of_message(arguments: &Arguments) -> Result<Value> {
    let Some((descriptors, len)) = arguments.js.to_bytes(arguments.value(0)) else {
        return Err(invalid("the descriptors must be a Uint8Array"));
    };
    let message = arguments.text(1)?;
    let (descriptors, message) = (hms_bytes_t { ptr: descriptors, len }, hms_str_t::from(&*message));
    let mut out = hms_buffer_t::EMPTY;
    // SAFETY: bytes that JavaScript does not change during the call, and a place that is valid for it.
    core(|error| unsafe { hms_schema_of_message(descriptors, message, &mut out, error) })?;
    Ok(json(arguments, out))
}

/// `schemaCompare(old, new): differences`, all of them JSON.
pub fn compare(arguments: &Arguments) -> Result<Value> {
    let (old, new) = (arguments.text(0)?, arguments.text(1)?);
    let (old, new) = (hms_bytes_t::from(old.as_bytes()), hms_bytes_t::from(new.as_bytes()));
    let mut out = hms_buffer_t::EMPTY;
    // SAFETY: readable bytes and a place that is valid for the call.
    core(|error| unsafe { hms_schema_compare(old, new, &mut out, error) })?;
    Ok(json(arguments, out))
}

/// `payloadConvert(schema, payload, from, to, layout): [payload, losses]`: bytes, and JSON.
pub fn convert_payload(arguments: &Arguments) -> Result<Value> {
    let schema = arguments.text(0)?;
    let Some((payload, len)) = arguments.js.to_bytes(arguments.value(1)) else {
        return Err(invalid("the payload must be a Uint8Array"));
    };
    let [from, to, layout] = [2, 3, 4].map(|index| arguments.whole(index) as u32);
    let (mut out, mut losses) = (hms_buffer_t::EMPTY, hms_buffer_t::EMPTY);
    let (schema, payload) = (hms_bytes_t::from(schema.as_bytes()), hms_bytes_t { ptr: payload, len });
    // SAFETY: bytes that JavaScript does not change during the call, and places that are valid for it.
    core(|error| unsafe {
        hms_payload_convert(schema, payload, from, to, layout, &mut out, &mut losses, error)
    })?;
    let payload = taken(out, |bytes| arguments.js.buffer(bytes));
    Ok(arguments.js.array([payload, json(arguments, losses)]))
}

/// JSON that the library made.
fn json(arguments: &Arguments, buffer: hms_buffer_t) -> Value {
    taken(buffer, |bytes| arguments.js.text(&String::from_utf8_lossy(bytes)))
}

/// What the library made, read and released.
fn taken(mut buffer: hms_buffer_t, read: impl FnOnce(&[u8]) -> Value) -> Value {
    // SAFETY: a buffer of ours, read before it is released.
    unsafe {
        let value = read(bytes_of(buffer.data, buffer.len));
        hms_buffer_release(&mut buffer);
        value
    }
}
