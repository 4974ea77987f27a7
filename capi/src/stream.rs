//! `hms_stream_t`: one end of a stream.

use std::sync::Arc;

use hmsffi_abi::*;
use hmsffi_core::buffer::Buffer;
use hmsffi_core::call::{Call, Response};
use hmsffi_core::codec::Encoding;
use hmsffi_core::dispatch::Completion;
use hmsffi_core::stream::{Item, Received, Stream};
use hmsffi_core::{Error, Result};

use crate::edge::edge;
use crate::runtime::limit;
use crate::table::Table;
use crate::{buffer, client, method, options, queue, view};

pub(crate) static STREAMS: Table<Stream> = Table::new(kind::STREAM);

fn lookup(stream: hms_stream_t) -> Result<Arc<Stream>> {
    Ok(STREAMS.get(stream.id)?.share())
}

/// Opens a stream of a bound method. The handler runs on a handler thread or takes the call from its queue.
/// @param request what the handler sees as its request: the parameters of a server stream; copied.
/// @param options may be NULL. A timeout is that of the whole stream; without one it has none.
/// @param out a new handle; close it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hms_method_open_stream(
    method: hms_method_t,
    request: hms_bytes_t,
    options: *const hms_call_options_t,
    out: *mut hms_stream_t,
    error: *mut hms_error_t,
) -> hms_status_t {
    edge(error, || {
        let binding = method::lookup(method)?;
        // SAFETY: views, options and outputs as the header asks.
        unsafe {
            let (out, body, options) =
                (view::out(out, "out")?, view::bytes(request, "request")?, options::read(options)?);
            let stream = method::with_request(body, &options, |request, options| {
                binding.open_stream(request, options)
            })?;
            out.id = STREAMS.insert(stream)?;
        }
        Ok(())
    })
}

/// Opens a stream by name. As `hms_method_open_stream`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hms_stream_open(
    client: hms_client_t,
    service: hms_str_t,
    method: hms_str_t,
    request: hms_bytes_t,
    options: *const hms_call_options_t,
    out: *mut hms_stream_t,
    error: *mut hms_error_t,
) -> hms_status_t {
    edge(error, || {
        // SAFETY: views, options and outputs as the header asks.
        unsafe {
            let binding = client::lookup(client)?
                .named(view::text(service, "service")?, view::text(method, "method")?)?;
            let (out, body, options) =
                (view::out(out, "out")?, view::bytes(request, "request")?, options::read(options)?);
            let stream = method::with_request(body, &options, |request, options| {
                binding.open_stream(request, options)
            })?;
            out.id = STREAMS.insert(stream)?;
        }
        Ok(())
    })
}

/// The handler's end of the stream beside a call. The answer to the call ends the stream: the one result of a client stream,
/// an empty answer otherwise, or a failure.
/// @param out a new handle; close it, which does not answer the call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hms_call_stream(
    call: hms_call_t,
    out: *mut hms_stream_t,
    error: *mut hms_error_t,
) -> hms_status_t {
    edge(error, || {
        // SAFETY: outputs as the header asks.
        let out = unsafe { view::out(out, "out")? };
        out.id = STREAMS.insert(Call::find(call.id)?.stream()?)?;
        Ok(())
    })
}

/// Sends a message. Waits while the other side lags behind by a window of 64 messages or 1 MiB.
/// @param body copied.
/// @param content_type one of `HMS_CONTENT_TYPE_*`; 0 = CBOR.
/// @param timeout_ns how long to wait for room; 0 = not at all, `UINT64_MAX` = for ever.
/// @param out_sent 1 = sent, 0 = there was no room in time; may be NULL: no room is then DEADLINE_EXCEEDED.
/// @return CANCELLED when the stream was torn down, the handler's status when it has failed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hms_stream_send(
    stream: hms_stream_t,
    body: hms_bytes_t,
    content_type: u32,
    timeout_ns: u64,
    out_sent: *mut u32,
    error: *mut hms_error_t,
) -> hms_status_t {
    edge(error, || {
        // SAFETY: views as the header asks.
        let (body, encoding) = unsafe {
            (Buffer::copy_of(view::bytes(body, "body")?), view::encoding(content_type, hms_str_t::EMPTY)?)
        };
        let encoding = encoding.map_or(Encoding::Cbor, |(encoding, _)| encoding);
        // SAFETY: NULL or a place of the caller's.
        unsafe { send(stream, Item { body, encoding, content_type: None }, timeout_ns, out_sent).map(drop) }
    })
}

/// Sends a buffer as a message, without a copy. As `hms_stream_send`.
/// @param body consumed, even on failure, and the struct is emptied; only when `out_sent` is 0 it is still yours.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hms_stream_send_buffer(
    stream: hms_stream_t,
    body: *mut hms_buffer_t,
    timeout_ns: u64,
    out_sent: *mut u32,
    error: *mut hms_error_t,
) -> hms_status_t {
    edge(error, || {
        // SAFETY: a buffer of this library, as the header asks.
        unsafe {
            let place = view::out(body, "body")?;
            let raw = std::mem::replace(place, hms_buffer_t::EMPTY);
            let body = buffer::take(raw)?;
            let encoding =
                view::encoding(raw.content_type, hms_str_t::EMPTY)?.map_or(Encoding::Cbor, |(e, _)| e);
            let item = Item { body, encoding, content_type: None };
            if let Some(left) = send(stream, item, timeout_ns, out_sent)? {
                *place = hms_buffer_t { content_type: raw.content_type, ..view::buffer(left.body, encoding) };
            }
            Ok(())
        }
    })
}

/// Gives the message back for which there was no room, if that was asked for.
///
/// # Safety
/// `out_sent` must be NULL or writable.
unsafe fn send(
    stream: hms_stream_t,
    item: Item,
    timeout_ns: u64,
    out_sent: *mut u32,
) -> Result<Option<Item>> {
    let left = lookup(stream)?.send(item, limit(timeout_ns))?;
    // SAFETY: promised by the callers.
    match unsafe { out_sent.as_mut() } {
        Some(out) => *out = u32::from(left.is_none()),
        None if left.is_some() => {
            return Err(Error::deadline("the stream had no room in time: its receiver lags behind"));
        }
        None => {}
    }
    Ok(left)
}

/// Receives a message.
/// @param timeout_ns how long to wait; 0 = not at all, `UINT64_MAX` = for ever.
/// @param buffer a new buffer with state ITEM; release it.
/// @param out_state `HMS_STREAM_ITEM`, `HMS_STREAM_END` or `HMS_STREAM_PENDING`.
/// @return the handler's status when it has failed, after the messages that it sent before; CANCELLED when torn down.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hms_stream_receive(
    stream: hms_stream_t,
    timeout_ns: u64,
    buffer: *mut hms_buffer_t,
    out_state: *mut u32,
    error: *mut hms_error_t,
) -> hms_status_t {
    edge(error, || {
        // SAFETY: outputs as the header asks.
        let (buffer, out_state) =
            unsafe { (view::out(buffer, "buffer")?, view::out(out_state, "out_state")?) };
        *out_state = match lookup(stream)?.receive(limit(timeout_ns))? {
            Received::Item(item) => {
                let Item { body, encoding, content_type } = item;
                *buffer = view::response_buffer(Response::new(body, encoding).with(content_type, Vec::new()));
                HMS_STREAM_ITEM
            }
            Received::End => HMS_STREAM_END,
            Received::Pending => HMS_STREAM_PENDING,
        };
        Ok(())
    })
}

/// The queue gets an `HMS_COMPLETION_READABLE` with `tag`, once, when the stream has something to receive.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hms_stream_submit_receive(
    stream: hms_stream_t,
    queue: hms_queue_t,
    tag: u64,
    error: *mut hms_error_t,
) -> hms_status_t {
    edge(error, || {
        let (stream, queue) = (lookup(stream)?, queue::lookup(queue)?);
        let to = queue.clone();
        stream.when_readable(Some(&to), Arc::new(move || drop(queue.push(Completion::Readable { tag }))));
        Ok(())
    })
}

/// The queue gets an `HMS_COMPLETION_WRITABLE` with `tag`, once, when the stream may have room.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hms_stream_submit_send(
    stream: hms_stream_t,
    queue: hms_queue_t,
    tag: u64,
    error: *mut hms_error_t,
) -> hms_status_t {
    edge(error, || {
        let (stream, queue) = (lookup(stream)?, queue::lookup(queue)?);
        let to = queue.clone();
        stream.when_writable(Some(&to), Arc::new(move || drop(queue.push(Completion::Writable { tag }))));
        Ok(())
    })
}

/// Nothing more from this end (half-close). Receiving goes on. May be repeated.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hms_stream_finish(stream: hms_stream_t, error: *mut hms_error_t) -> hms_status_t {
    edge(error, || {
        lookup(stream)?.finish();
        Ok(())
    })
}

/// Tears the stream down: both ends get CANCELLED, messages on their way are dropped. Nothing happens when it has ended.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hms_stream_cancel(stream: hms_stream_t, error: *mut hms_error_t) -> hms_status_t {
    edge(error, || {
        lookup(stream)?.cancel();
        Ok(())
    })
}

/// What is known of a stream.
/// @param out set its `struct_size` first.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hms_stream_info(
    stream: hms_stream_t,
    out: *mut hms_stream_info_t,
    error: *mut hms_error_t,
) -> hms_status_t {
    edge(error, || {
        let stream = lookup(stream)?;
        let (sent, received) = stream.counts();
        let info =
            hms_stream_info_t { struct_size: 0, closed: u32::from(stream.is_closed()), sent, received };
        // SAFETY: a struct of the caller's.
        unsafe { options::write(out, &info) }
    })
}

/// Closes an end. The caller's end is cancelled if the stream has not ended. `{0}` is fine.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hms_stream_close(stream: hms_stream_t, error: *mut hms_error_t) -> hms_status_t {
    edge(error, || if stream.id == 0 { Ok(()) } else { STREAMS.remove(stream.id).map(drop) })
}
