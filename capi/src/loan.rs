//! Memory that is filled before it is sent, so that it need not be copied.

use hmsffi_abi::{hms_buffer_t, hms_call_t, hms_error_t, hms_method_t, hms_status_t};
use hmsffi_core::Result;
use hmsffi_core::buffer::Buffer;
use hmsffi_core::call::{Call, Response};
use hmsffi_core::codec::Encoding;

use crate::edge::edge;
use crate::{method, view};

/// Memory for a request to a method. Write it, then send it, or a part of it, as the request of `hms_method_call` or any
/// other call of this method: where the method is hosted in another process of this machine, it is sent without a copy.
/// Requests of 4 KiB and less are copied all the same. Sent elsewhere it is ordinary memory.
/// @param len bytes; what they hold at first is not defined.
/// @param out a new buffer; release it when it is filled and sent, or not needed. Once it was sent, its bytes must not be
///   written any more: take a new one for each request.
/// @param out_data its first byte, to be written; NULL when `len` is 0.
/// @return RESOURCE_EXHAUSTED when it is larger than the service's `max_message_size`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hms_method_loan(
    method: hms_method_t,
    len: usize,
    out: *mut hms_buffer_t,
    out_data: *mut *mut u8,
    error: *mut hms_error_t,
) -> hms_status_t {
    edge(error, || {
        let binding = method::lookup(method)?;
        // SAFETY: outputs as the header asks.
        unsafe { hand_out(|| binding.loan(len), out, out_data) }
    })
}

/// Memory for the answer to a call, or for a message of its stream. Write it, then give it away with
/// `hms_call_reply_buffer` or `hms_stream_send_buffer`: where the caller is in another process of this machine, it is sent
/// without a copy.
/// @param len bytes, as `hms_method_loan`. The buffer's `len` may be made smaller before it is given away.
/// @param out a new buffer of `HMS_CONTENT_TYPE_BYTES`; give it away, or release it.
/// @param out_data its first byte, to be written until it is given away; NULL when `len` is 0.
/// @return RESOURCE_EXHAUSTED when it is larger than the server's `max_message_size`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hms_call_loan(
    call: hms_call_t,
    len: usize,
    out: *mut hms_buffer_t,
    out_data: *mut *mut u8,
    error: *mut hms_error_t,
) -> hms_status_t {
    edge(error, || {
        let call = Call::find(call.id)?;
        // SAFETY: outputs as the header asks.
        unsafe { hand_out(|| call.loan(len), out, out_data) }
    })
}

/// The request of a call as a buffer, which may be kept when the call is over. What is large and came from another process
/// is not copied, nor is what was copied for this handler already.
/// @param out a new buffer; release it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hms_call_request_buffer(
    call: hms_call_t,
    out: *mut hms_buffer_t,
    error: *mut hms_error_t,
) -> hms_status_t {
    edge(error, || {
        // SAFETY: outputs as the header asks.
        let out = unsafe { view::out(out, "out")? };
        let call = Call::find(call.id)?;
        let (encoding, content_type) = call.request_encoding()?;
        *out = view::response_buffer(
            Response::new(call.request_buffer()?, encoding).with(content_type, Vec::new()),
        );
        Ok(())
    })
}

/// # Safety
/// `out` and `out_data` must be NULL or writable.
unsafe fn hand_out(
    lend: impl FnOnce() -> Result<Buffer>,
    out: *mut hms_buffer_t,
    out_data: *mut *mut u8,
) -> Result<()> {
    // SAFETY: promised above.
    let (out, out_data) = unsafe { (view::out(out, "out")?, view::out(out_data, "out_data")?) };
    *out = view::buffer(lend()?, Encoding::Bytes);
    *out_data = out.data.cast_mut();
    Ok(())
}
