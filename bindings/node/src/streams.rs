//! Streams. Nothing here waits: JavaScript asks to be told when there is something to do.

use hmsffi_sys::*;

use crate::arguments::Arguments;
use crate::failure::{Result, core, ignore};
use crate::js::Value;
use crate::options::CallOptions;

fn stream_of(arguments: &Arguments) -> hms_stream_t {
    hms_stream_t { id: arguments.handle(0) }
}

/// `streamOpen(method, payload, ...options): stream`
pub fn open(arguments: &Arguments) -> Result<Value> {
    let method = hms_method_t { id: arguments.handle(0) };
    let (body, options) = (arguments.body(1)?, CallOptions::of(arguments, 2)?);
    let mut stream = hms_stream_t { id: 0 };
    options.with(arguments.environment, |options| {
        // SAFETY: views and places that are valid for the call, which copies the request.
        core(|error| unsafe {
            hms_method_open_stream(method, body.bytes().into(), options, &mut stream, error)
        })
    })?;
    Ok(arguments.environment.own(stream.id))
}

/// `streamSend(stream, payload, contentType): boolean`, false = there is no room now.
pub fn send(arguments: &Arguments) -> Result<Value> {
    let (body, content_type, mut sent) = (arguments.body(1)?, arguments.number(2)? as u32, 0);
    // SAFETY: a view and a place that are valid for the call, which copies the message.
    core(|error| unsafe {
        hms_stream_send(stream_of(arguments), body.bytes().into(), content_type, 0, &mut sent, error)
    })?;
    Ok(arguments.js.boolean(sent != 0))
}

/// `streamReceive(stream, wantsView): payload | null | undefined`, null = the end, undefined = there is nothing now.
pub fn receive(arguments: &Arguments) -> Result<Value> {
    let (mut buffer, mut state) = (hms_buffer_t::EMPTY, 0);
    // SAFETY: places that are valid for the call.
    core(|error| unsafe { hms_stream_receive(stream_of(arguments), 0, &mut buffer, &mut state, error) })?;
    Ok(match state {
        HMS_STREAM_ITEM if arguments.flag(1) => arguments.environment.give_view(buffer),
        HMS_STREAM_ITEM => arguments.environment.give(buffer),
        HMS_STREAM_END => arguments.js.null(),
        _ => arguments.js.undefined(),
    })
}

/// `streamAwait(stream, tag, writable)`: `ready(tag)` comes later.
pub fn wait(arguments: &Arguments) -> Result<Value> {
    let (queue, tag) = (arguments.environment.queue, arguments.number(1)? as u64);
    let submit = if arguments.flag(2) { hms_stream_submit_send } else { hms_stream_submit_receive };
    // SAFETY: takes any handle.
    core(|error| unsafe { submit(stream_of(arguments), queue, tag, error) })?;
    Ok(arguments.js.undefined())
}

/// `streamFinish(stream)`
pub fn finish(arguments: &Arguments) -> Result<Value> {
    // SAFETY: takes any handle.
    core(|error| unsafe { hms_stream_finish(stream_of(arguments), error) })?;
    Ok(arguments.js.undefined())
}

/// `streamCancel(stream)`
pub fn cancel(arguments: &Arguments) -> Result<Value> {
    // SAFETY: takes any handle.
    core(|error| unsafe { hms_stream_cancel(stream_of(arguments), error) })?;
    Ok(arguments.js.undefined())
}

/// `streamClose(stream)`. May be repeated.
pub fn close(arguments: &Arguments) -> Result<Value> {
    let stream = stream_of(arguments);
    arguments.environment.disown(stream.id);
    // SAFETY: takes any handle; one that was closed is refused.
    ignore(|error| unsafe { hms_stream_close(stream, error) });
    Ok(arguments.js.undefined())
}

/// `streamIsClosed(stream): boolean`
pub fn is_closed(arguments: &Arguments) -> Result<Value> {
    let size = size_of::<hms_stream_info_t>() as u32;
    let mut info = hms_stream_info_t { struct_size: size, closed: 0, sent: 0, received: 0 };
    // SAFETY: a place that is valid for the call.
    core(|error| unsafe { hms_stream_info(stream_of(arguments), &mut info, error) })?;
    Ok(arguments.js.boolean(info.closed != 0))
}
