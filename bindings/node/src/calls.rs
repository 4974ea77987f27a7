//! What a handler in JavaScript can do with its call.

use std::ptr;

use hmsffi_sys::*;

use crate::arguments::Arguments;
use crate::failure::{Result, core, ignore, str_of};
use crate::js::Value;
use crate::options::ContentType;

fn call_of(arguments: &Arguments) -> hms_call_t {
    hms_call_t { id: arguments.handle(0) }
}

/// `reply(call, payload, contentType, metadata?)`. A caller that went away is no failure.
pub fn reply(arguments: &Arguments) -> Result<Value> {
    let (body, content_type, metadata) =
        (arguments.body(1)?, ContentType::of(arguments, 2)?, arguments.pairs(3)?);
    let options = hms_reply_options_t {
        struct_size: size_of::<hms_reply_options_t>() as u32,
        content_type: content_type.number,
        content_type_text: content_type.text(),
        metadata: metadata.ptr(),
        metadata_count: metadata.len(),
    };
    // SAFETY: views that are valid for the call.
    ignore(|error| unsafe { hms_call_reply(call_of(arguments), body.bytes().into(), &options, error) });
    Ok(arguments.js.undefined())
}

/// `fail(call, code, message, stack, details?, cause?, schema?, data?)`. A caller that went away is no failure.
pub fn fail(arguments: &Arguments) -> Result<Value> {
    let (message, stack, details) = (arguments.text(2)?, arguments.text(3)?, arguments.pairs(4)?);
    let schema = arguments.text(6)?;
    let data = if schema.is_empty() { None } else { Some(arguments.body(7)?) };
    let failure = hms_failure_t {
        struct_size: size_of::<hms_failure_t>() as u32,
        code: arguments.number(1)? as hms_status_t,
        message: (&*message).into(),
        source: hms_str_t::EMPTY,
        stack: (&*stack).into(),
        details: details.ptr(),
        details_count: details.len(),
        cause: hms_error_t { id: arguments.handle(5) },
        error_schema: (&*schema).into(),
        error_data: data.as_ref().map_or(hms_bytes_t::EMPTY, |data| data.bytes().into()),
    };
    // SAFETY: views that are valid for the call.
    ignore(|error| unsafe { hms_call_fail(call_of(arguments), &failure, error) });
    Ok(arguments.js.undefined())
}

/// `callMetadata(call): string[]`, keys and values in turn.
pub fn metadata(arguments: &Arguments) -> Result<Value> {
    let (js, call) = (arguments.js, call_of(arguments));
    let pairs = (0..).map_while(|index| {
        let (mut key, mut value) = (hms_str_t::EMPTY, hms_str_t::EMPTY);
        // SAFETY: places for the views, which are valid until the call is answered.
        unsafe {
            let status = hms_call_metadata_at(call, index, &mut key, &mut value, ptr::null_mut());
            (status == HMS_STATUS_OK).then(|| [js.text(str_of(key)), js.text(str_of(value))])
        }
    });
    Ok(js.array(pairs.flatten()))
}

/// `callIsCancelled(call): boolean`
pub fn is_cancelled(arguments: &Arguments) -> Result<Value> {
    let mut cancelled = 0;
    // SAFETY: a place for the result.
    core(|error| unsafe { hms_call_is_cancelled(call_of(arguments), &mut cancelled, error) })?;
    Ok(arguments.js.boolean(cancelled != 0))
}

/// `callStream(call): stream`
pub fn stream(arguments: &Arguments) -> Result<Value> {
    let mut stream = hms_stream_t { id: 0 };
    // SAFETY: a place for the handle.
    core(|error| unsafe { hms_call_stream(call_of(arguments), &mut stream, error) })?;
    Ok(arguments.environment.own(stream.id))
}
