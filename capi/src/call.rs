//! `hms_call_t`: an inbound call, seen from its handler.

use std::ffi::c_void;

use hmsffi_abi::*;
use hmsffi_core::buffer::Buffer;
use hmsffi_core::call::{Call, Response};
use hmsffi_core::codec::Encoding;
use hmsffi_core::service::Dispatch;
use hmsffi_core::thread::Thread;
use hmsffi_core::{Code, Error, Result};

use crate::edge::edge;
use crate::handler::{Context, request_view};
use crate::view::{self, str_view};
use crate::{buffer, error, options};

/// Answers a call.
/// @param body copied.
/// @param options may be NULL: the request's content type, no metadata.
/// @return FAILED_PRECONDITION when the call was answered before; CANCELLED when nobody waits for it any more;
///   RESOURCE_EXHAUSTED, as for the caller, when the answer is larger than the server's `max_message_size`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hms_call_reply(
    call: hms_call_t,
    body: hms_bytes_t,
    options: *const hms_reply_options_t,
    error: *mut hms_error_t,
) -> hms_status_t {
    edge(error, || {
        let (thread, call) = (Thread::current(), Call::find(call.id)?);
        // SAFETY: views and options as the header asks.
        unsafe {
            let body = view::bytes(body, "body")?;
            call.check_answer_size(body.len())?;
            reply(thread, call, call.copy_for_answer(thread, body), options, None)
        }
    })
}

/// Answers a call with a buffer, without a copy.
/// @param body consumed, even on failure; the struct is emptied.
/// @param options may be NULL, or name no content type: the buffer's own; no metadata.
/// @return as `hms_call_reply`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hms_call_reply_buffer(
    call: hms_call_t,
    body: *mut hms_buffer_t,
    options: *const hms_reply_options_t,
    error: *mut hms_error_t,
) -> hms_status_t {
    edge(error, || {
        // SAFETY: a buffer of this library, and options, as the header asks.
        unsafe {
            let raw = std::mem::replace(view::out(body, "body")?, hms_buffer_t::EMPTY);
            let body = buffer::take(raw)?;
            let call = Call::find(call.id)?;
            call.check_answer_size(body.as_slice().len())?;
            if options.is_null() && raw.content_type != 0 {
                let encoding =
                    view::encoding(raw.content_type, hms_str_t::EMPTY)?.map(|(encoding, _)| encoding);
                return call.answer(Ok(Response::new(body, encoding.unwrap_or(Encoding::Cbor))));
            }
            reply(Thread::current(), call, body, options, buffer::encoding(&raw)?)
        }
    })
}

#[inline(always)]
unsafe fn reply(
    thread: &Thread,
    call: Call,
    body: Buffer,
    reply_options: *const hms_reply_options_t,
    own: Option<(Encoding, Option<Box<str>>)>,
) -> Result<()> {
    let unnamed = || match &own {
        None => call.named_encoding(),
        Some((encoding, text)) => text.is_none().then_some(*encoding),
    };
    // SAFETY: promised by the callers.
    if let Some(encoding) = unsafe { only_encoding(reply_options, unnamed) } {
        return call.answer_on(thread, Ok(Response::new(body, encoding)).into());
    }
    // SAFETY: promised by the callers.
    unsafe { reply_with_options(call, body, reply_options, own) }
}

/// How an answer is encoded whose options say nothing else.
///
/// # Safety
/// As the header says of options.
#[inline(always)]
unsafe fn only_encoding(
    options: *const hms_reply_options_t,
    unnamed: impl FnOnce() -> Option<Encoding>,
) -> Option<Encoding> {
    if options.is_null() {
        return unnamed();
    }
    // SAFETY: promised by the callers.
    let options = unsafe { options::whole(options)? };
    if options.content_type_text.len | options.metadata_count != 0 {
        return None;
    }
    match (options.content_type, Encoding::numbered(options.content_type)) {
        (0, _) => unnamed(),
        (_, Encoding::Other) => None,
        (_, encoding) => Some(encoding),
    }
}

#[inline(never)]
unsafe fn reply_with_options(
    call: Call,
    body: Buffer,
    reply_options: *const hms_reply_options_t,
    own: Option<(Encoding, Option<Box<str>>)>,
) -> Result<()> {
    // SAFETY: promised by the callers.
    unsafe {
        let options = options::read(reply_options)?;
        let (encoding, content_type) = match view::encoding(options.content_type, options.content_type_text)?
        {
            Some((encoding, text)) => (encoding, (encoding == Encoding::Other).then(|| text.into())),
            None => own.map_or_else(|| call.request_encoding(), Ok)?,
        };
        let metadata = view::owned(view::pairs(options.metadata, options.metadata_count, "metadata")?);
        call.answer(Ok(Response::new(body, encoding).with(content_type, metadata)))
    }
}

/// Answers a call with a failure.
/// @param failure borrowed.
/// @return as `hms_call_reply`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hms_call_fail(
    call: hms_call_t,
    failure: *const hms_failure_t,
    error: *mut hms_error_t,
) -> hms_status_t {
    edge(error, || {
        let call = Call::find(call.id)?;
        // SAFETY: a failure as the header asks.
        let failure = unsafe { error::of_failure(failure)? };
        let failure = call.method(|method| failure.or_at(&method.qualified, &method.site))?;
        call.answer(Err(failure))
    })
}

/// Announces that the answer comes after `on_call` returned, from any thread. Call it inside `on_call`. The request's
/// memory is the library's from then on: read it again with `hms_call_request`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hms_call_retain(call: hms_call_t, error: *mut hms_error_t) -> hms_status_t {
    edge(error, || Call::find(call.id)?.retain())
}

/// Ends a call without an answer: the caller gets INTERNAL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hms_call_close(call: hms_call_t, error: *mut hms_error_t) -> hms_status_t {
    edge(error, || Call::find(call.id)?.close())
}

/// The request of a retained call; its views are valid until the call is answered.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hms_call_request(
    call: hms_call_t,
    out: *mut hms_request_t,
    error: *mut hms_error_t,
) -> hms_status_t {
    edge(error, || {
        let call = Call::find(call.id)?;
        // SAFETY: outputs as the header asks.
        let out = unsafe { view::out(out, "out")? };
        let stream_type = call.method(|method| method.stream_type as u32)?;
        *out = call.request(|request| request_view(call, request, stream_type))?;
        Ok(())
    })
}

/// What is known of a call.
/// @param out set its `struct_size` first.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hms_call_info(
    call: hms_call_t,
    out: *mut hms_call_info_t,
    error: *mut hms_error_t,
) -> hms_status_t {
    edge(error, || {
        let call = Call::find(call.id)?;
        let info = call.info()?;
        let (service, method, dispatch) = call.method(|method| {
            let service = method.qualified.len() - method.name.len() - 1;
            (str_view(&method.qualified[..service]), str_view(&method.name), method.dispatch)
        })?;
        let info = hms_call_info_t {
            struct_size: 0,
            depth: info.depth,
            service,
            method,
            deadline_ns: info.deadline.0,
            cancelled: u32::from(call.cancelled()),
            dispatch: if dispatch == Dispatch::Direct && !call.on_stack() { Dispatch::Pool } else { dispatch }
                as u32,
        };
        // SAFETY: a struct of the caller's.
        unsafe { options::write(out, &info) }
    })
}

/// The metadata pair at an index; valid as long as the request.
/// @return OUT_OF_RANGE when there are fewer.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hms_call_metadata_at(
    call: hms_call_t,
    index: usize,
    out_key: *mut hms_str_t,
    out_value: *mut hms_str_t,
    error: *mut hms_error_t,
) -> hms_status_t {
    edge(error, || {
        // SAFETY: outputs as the header asks.
        let (out_key, out_value) =
            unsafe { (view::out(out_key, "out_key")?, view::out(out_value, "out_value")?) };
        let pair = Call::find(call.id)?.request(|request| {
            request.metadata.get(index).map(|(key, value)| (str_view(key), str_view(value))).ok_or_else(
                || Error::new(Code::OutOfRange, format!("there are {} pairs", request.metadata.len())),
            )
        })??;
        (*out_key, *out_value) = pair;
        Ok(())
    })
}

/// The value of a metadata key; valid as long as the request.
/// @return NOT_FOUND when there is none.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hms_call_metadata_get(
    call: hms_call_t,
    key: hms_str_t,
    out: *mut hms_str_t,
    error: *mut hms_error_t,
) -> hms_status_t {
    edge(error, || {
        // SAFETY: views and outputs as the header asks.
        let (key, out) = unsafe { (view::text(key, "key")?, view::out(out, "out")?) };
        let value = Call::find(call.id)?.request(|request| request.metadata(key).map(str_view))?;
        *out = value.ok_or_else(|| Error::not_found(format!("there is no metadata '{key}'")))?;
        Ok(())
    })
}

/// Whether nobody waits for the answer any more.
/// @param out 1 or 0.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hms_call_is_cancelled(
    call: hms_call_t,
    out: *mut u32,
    error: *mut hms_error_t,
) -> hms_status_t {
    edge(error, || {
        // SAFETY: outputs as the header asks.
        let out = unsafe { view::out(out, "out")? };
        *out = u32::from(Call::find(call.id)?.cancelled());
        Ok(())
    })
}

/// Runs `on_cancel(ctx)` when the caller stops waiting before the call is answered; at once if it has. Then, or when
/// the call ended without that, `drop(ctx)` runs.
/// @param on_cancel runs at most once, on any thread, with no library lock held; must not unwind.
/// @param drop may be NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hms_call_on_cancel(
    call: hms_call_t,
    on_cancel: hms_release_fn,
    ctx: *mut c_void,
    drop: hms_drop_fn,
    error: *mut hms_error_t,
) -> hms_status_t {
    edge(error, || {
        let context = Context::new(ctx, drop);
        let on_cancel = on_cancel.ok_or_else(|| Error::invalid("on_cancel is NULL"))?;
        Call::find(call.id)?.on_cancel(Box::new(move || {
            let context = context;
            // SAFETY: the header asks that on_cancel takes this context on any thread.
            unsafe { on_cancel(context.ctx) }
        }))
    })
}
