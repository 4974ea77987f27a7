//! Asynchronous calls by id.

use std::ffi::c_char;

use hmsffi_abi::*;
use hmsffi_core::results::shared;
use hmsffi_core::thread::Thread;

use crate::edge::edge;
use crate::runtime::limit;
use crate::{client, method, options, view};

/// Starts a call of a bound method and gives its id; the handler runs on a handler thread.
/// @param request copied.
/// @param options may be NULL.
/// @param out the id, for `hms_async_status`, `hms_async_result` and `hms_async_cancel` of any client of the runtime.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hms_method_submit(
    method: hms_method_t,
    request: hms_bytes_t,
    options: *const hms_call_options_t,
    out: *mut hms_call_id_t,
    error: *mut hms_error_t,
) -> hms_status_t {
    edge(error, || {
        let binding = method::lookup(method)?;
        // SAFETY: views, options and outputs as the header asks.
        unsafe {
            let out = view::out(out, "out")?;
            let body = view::bytes(request, "request")?;
            let mut options = options::read(options)?;
            options.response_metadata = std::ptr::null_mut();
            let id = method::with_request(body, &options, |request, options| {
                binding.client().runtime().results.submit(&binding, request, options, None)
            })?;
            *out = call_id(&id);
        }
        Ok(())
    })
}

pub(crate) fn call_id(id: &str) -> hms_call_id_t {
    let mut text = [0; 40];
    for (place, byte) in text.iter_mut().zip(id.bytes()) {
        *place = byte as c_char;
    }
    hms_call_id_t { text }
}

/// The status of an asynchronous call.
/// @param id as `hms_method_submit` gave it, without the NUL.
/// @param out one of `HMS_CALL_STATUS_*`.
/// @return NOT_FOUND when there is no such call, or it ended more than 5 minutes ago.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hms_async_status(
    client: hms_client_t,
    id: hms_str_t,
    out: *mut u32,
    error: *mut hms_error_t,
) -> hms_status_t {
    edge(error, || {
        // SAFETY: views and outputs as the header asks.
        let (id, out) = unsafe { (view::text(id, "id")?, view::out(out, "out")?) };
        *out = client::lookup(client)?.runtime().results.status(id)? as u32;
        Ok(())
    })
}

/// The result of an asynchronous call. It can be read any number of times for 5 minutes after the call ended.
/// @param timeout_ns how long to wait; 0 = not at all, `UINT64_MAX` = for ever.
/// @param out_done 1 = the call has ended, 0 = it still runs.
/// @param response a new buffer when the call ended well; release it.
/// @param response_metadata may be NULL; written when the call ended well; close it.
/// @return the status of the call when it has ended, OK when it still runs.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hms_async_result(
    client: hms_client_t,
    id: hms_str_t,
    timeout_ns: u64,
    out_done: *mut u32,
    response: *mut hms_buffer_t,
    response_metadata: *mut hms_metadata_t,
    error: *mut hms_error_t,
) -> hms_status_t {
    edge(error, || {
        // SAFETY: views and outputs as the header asks.
        let (id, out_done, response) = unsafe {
            (view::text(id, "id")?, view::out(out_done, "out_done")?, view::out(response, "response")?)
        };
        let client = client::lookup(client)?;
        let thread = Thread::current();
        let outcome = client.runtime().results.result(id, limit(timeout_ns), || !thread.interrupted())?;
        *out_done = u32::from(outcome.is_some());
        match outcome {
            None => Ok(()),
            // SAFETY: outputs as the header asks.
            Some(outcome) => unsafe { method::hand_out(shared(&outcome)?, response, response_metadata) },
        }
    })
}

/// Cancels an asynchronous call: it ends with CANCELLED at once, and its handler can see that nobody waits.
/// @param out 1 = cancelled, 0 = it had ended before; may be NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hms_async_cancel(
    client: hms_client_t,
    id: hms_str_t,
    out: *mut u32,
    error: *mut hms_error_t,
) -> hms_status_t {
    edge(error, || {
        // SAFETY: a view of the caller's.
        let id = unsafe { view::text(id, "id")? };
        let cancelled = client::lookup(client)?.runtime().results.cancel(id)?;
        // SAFETY: NULL or a place of the caller's.
        if let Some(out) = unsafe { out.as_mut() } {
            *out = u32::from(cancelled);
        }
        Ok(())
    })
}
