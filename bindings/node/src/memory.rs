//! Memory of the core as `Buffer`s of JavaScript, without a copy.
//!
//! Each is released when it is collected, or earlier by its owner, the core's checked number: that detaches it, so that
//! JavaScript finds it empty. Engines that allow no memory of others (V8's sandbox, as in Electron) get copies.

use std::ffi::c_void;
use std::ptr;

use hmsffi_sys::*;
use napi_sys::*;

use crate::arguments::Arguments;
use crate::environment::Environment;
use crate::failure::{Result, bytes_of, core, ignore, invalid, str_of};
use crate::js::{Js, Value};
use crate::options::ContentType;

/// Tags from here on belong to those who want to read raw bytes in place. `ts/native.ts` has the same number.
pub const VIEWS: u64 = 1 << 40;

/// Releases by the owner alone; one that was released is refused.
fn release_owner(owner: u64) {
    let mut buffer = hms_buffer_t { owner, ..hms_buffer_t::EMPTY };
    // SAFETY: takes any owner.
    unsafe { hms_buffer_release(&mut buffer) };
}

unsafe extern "C" fn collected(_: napi_env, _: *mut c_void, owner: *mut c_void) {
    if !owner.is_null() {
        release_owner(owner as u64);
    }
}

impl Js {
    /// A `Buffer` over memory that is not JavaScript's. None = the engine does not allow it.
    ///
    /// # Safety
    /// The memory must stay until the owner is released, or the `Buffer` is detached.
    unsafe fn view(self, data: *const u8, len: usize, owner: u64) -> Option<Value> {
        if len == 0 {
            // Node.js makes a detached one of it.
            return None;
        }
        let mut made = ptr::null_mut();
        let (data, owner) = (data.cast_mut().cast(), owner as *mut c_void);
        // SAFETY: promised by the caller; the owner is a number in a pointer.
        let status =
            unsafe { napi_create_external_buffer(self.0, len, data, Some(collected), owner, &mut made) };
        (status == Status::napi_ok).then_some(made)
    }

    /// Takes a `Buffer`'s memory away from it. False = it has none: JavaScript has moved it elsewhere, or it was taken before.
    pub fn detach(self, buffer: Value) -> bool {
        let (mut memory, mut is_detached) = (ptr::null_mut(), true);
        // SAFETY: a value of this environment; what is no typed array is refused.
        unsafe {
            napi_get_typedarray_info(
                self.0,
                buffer,
                ptr::null_mut(),
                ptr::null_mut(),
                ptr::null_mut(),
                &mut memory,
                ptr::null_mut(),
            );
            napi_is_detached_arraybuffer(self.0, memory, &mut is_detached);
            !is_detached && napi_detach_arraybuffer(self.0, memory) == Status::napi_ok
        }
    }
}

impl Environment {
    /// A message of the core that is read in place if it is raw bytes and too long for the shared memory. The header says who
    /// owns it; 0 = it is a copy.
    pub fn give_view(&self, mut buffer: hms_buffer_t) -> Value {
        if buffer.content_type != HMS_CONTENT_TYPE_BYTES || self.shared.fits(buffer.len) {
            self.shared.tell_owner(0);
            return self.give(buffer);
        }
        self.shared.set_content_type(buffer.content_type, String::new);
        self.hand_over(&mut buffer)
    }

    /// A `Buffer` over a buffer of the core, which the header names. Where the engine does not allow that it is a copy.
    fn hand_over(&self, buffer: &mut hms_buffer_t) -> Value {
        // SAFETY: a buffer of the core, which keeps its bytes until the owner is released.
        let view = unsafe { self.js.view(buffer.data, buffer.len, buffer.owner) };
        self.shared.tell_owner(if view.is_some() { buffer.owner } else { 0 });
        view.unwrap_or_else(|| {
            // SAFETY: a buffer of the core, read before it is released.
            unsafe {
                let copy = self.js.buffer(bytes_of(buffer.data, buffer.len));
                hms_buffer_release(buffer);
                copy
            }
        })
    }

    /// The request of a call, to be detached before it is answered for good. None = it is to be copied.
    pub fn request_view(&self, request: &hms_request_t) -> Option<Value> {
        if request.content_type != HMS_CONTENT_TYPE_BYTES
            || request.stream_type != HMS_STREAM_TYPE_NONE
            || self.shared.fits(request.body.len)
        {
            return None;
        }
        self.shared.set_content_type(request.content_type, || {
            // SAFETY: a view of the request's.
            unsafe { str_of(request.content_type_text) }.to_owned()
        });
        // SAFETY: valid until the call is answered, when it is detached.
        unsafe { self.js.view(request.body.ptr, request.body.len, 0) }
    }
}

fn lent(
    arguments: &Arguments,
    lend: impl FnOnce(usize, *mut hms_buffer_t, *mut *mut u8, *mut hms_error_t) -> hms_status_t,
) -> Result<Value> {
    let len = arguments.number(1)?;
    if !(0.0..=u32::MAX as f64 * 1024.0).contains(&len) || len.fract() != 0.0 {
        return Err(invalid(&format!("a loan of {len} bytes")));
    }
    let (mut buffer, mut data) = (hms_buffer_t::EMPTY, ptr::null_mut());
    core(|error| lend(len as usize, &mut buffer, &mut data, error))?;
    Ok(arguments.environment.hand_over(&mut buffer))
}

/// `methodLoan(method, length): Buffer`; its owner is in the header.
pub fn method_loan(arguments: &Arguments) -> Result<Value> {
    let method = hms_method_t { id: arguments.handle(0) };
    // SAFETY: places that are valid for the call.
    lent(arguments, |len, buffer, data, error| unsafe { hms_method_loan(method, len, buffer, data, error) })
}

/// `callLoan(call, length): Buffer`; its owner is in the header.
pub fn call_loan(arguments: &Arguments) -> Result<Value> {
    let call = hms_call_t { id: arguments.handle(0) };
    // SAFETY: places that are valid for the call.
    lent(arguments, |len, buffer, data, error| unsafe { hms_call_loan(call, len, buffer, data, error) })
}

/// `replyLoan(call, buffer, owner, length, contentType, metadata?)`: gives away the first bytes; the `Buffer` is detached.
pub fn reply_loan(arguments: &Arguments) -> Result<Value> {
    let (call, owner, len) =
        (hms_call_t { id: arguments.handle(0) }, arguments.handle(2), arguments.number(3)? as usize);
    let (content_type, metadata) = (ContentType::of(arguments, 4)?, arguments.pairs(5)?);
    let options = hms_reply_options_t {
        struct_size: size_of::<hms_reply_options_t>() as u32,
        content_type: content_type.number,
        content_type_text: content_type.text(),
        metadata: metadata.ptr(),
        metadata_count: metadata.len(),
    };
    if !arguments.js.detach(arguments.value(1)) {
        return Err(invalid(
            "the loan was moved elsewhere: it can be given away only from where it was lent",
        ));
    }
    let mut body = hms_buffer_t { owner, len, ..hms_buffer_t::EMPTY };
    // SAFETY: views that are valid for the call; the buffer's bytes are found by its owner. A caller that went away is no
    // failure.
    ignore(|error| unsafe { hms_call_reply_buffer(call, &mut body, &options, error) });
    Ok(arguments.js.undefined())
}

/// `release(buffer, owner)`: detaches the `Buffer` and releases its memory. What was moved elsewhere is released there.
pub fn release(arguments: &Arguments) -> Result<Value> {
    if arguments.js.detach(arguments.value(0)) {
        release_owner(arguments.handle(1));
    }
    Ok(arguments.js.undefined())
}

/// `detach(buffer)`
pub fn detach(arguments: &Arguments) -> Result<Value> {
    arguments.js.detach(arguments.value(0));
    Ok(arguments.js.undefined())
}
