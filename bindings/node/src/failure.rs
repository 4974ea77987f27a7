//! Failures of the core on their way to JavaScript.

use std::ffi::CStr;

use hmsffi_sys::*;

use crate::environment::Environment;
use crate::js::Value;

/// Why a function of the addon did not work: an error of the core, ours to close.
pub struct Failure(pub hms_error_t);

pub type Result<T> = std::result::Result<T, Failure>;

/// Calls a function of the core that reports its failure through an out parameter.
pub fn core(call: impl FnOnce(*mut hms_error_t) -> hms_status_t) -> Result<()> {
    let mut error = hms_error_t { id: 0 };
    match call(&mut error) {
        HMS_STATUS_OK => Ok(()),
        _ => Err(Failure(error)),
    }
}

/// The same where nobody can be told.
pub fn ignore(call: impl FnOnce(*mut hms_error_t) -> hms_status_t) {
    call(std::ptr::null_mut());
}

pub fn failed(code: hms_status_t, message: &str) -> Failure {
    let mut error = hms_error_t { id: 0 };
    // SAFETY: the view is valid for the call.
    unsafe { hms_error_new(code, message.into(), &mut error) };
    Failure(error)
}

pub fn invalid(message: &str) -> Failure {
    failed(HMS_STATUS_INVALID_ARGUMENT, message)
}

/// # Safety
/// The view must be valid, as views of the core are.
pub unsafe fn str_of<'a>(view: hms_str_t) -> &'a str {
    if view.len == 0 {
        return "";
    }
    // SAFETY: promised by the caller; the core hands out UTF-8.
    unsafe { std::str::from_utf8_unchecked(std::slice::from_raw_parts(view.ptr.cast(), view.len)) }
}

/// # Safety
/// As [`str_of`].
pub unsafe fn bytes_of<'a>(data: *const u8, len: usize) -> &'a [u8] {
    if len == 0 {
        return &[];
    }
    // SAFETY: promised by the caller.
    unsafe { std::slice::from_raw_parts(data, len) }
}

impl Environment {
    /// The package's error for one of the core, which it owns from here on. None = it could not be made: an exception is
    /// pending instead.
    pub fn error(&self, error: hms_error_t) -> Option<Value> {
        let js = self.js;
        // SAFETY: an open error of ours; its views live as long.
        unsafe {
            let details = (0..hms_error_detail_count(error)).flat_map(|index| {
                let (mut key, mut value) = (hms_str_t::EMPTY, hms_str_t::EMPTY);
                hms_error_detail_at(error, index, &mut key, &mut value);
                [js.text(str_of(key)), js.text(str_of(value))]
            });
            let details = js.array(details);
            let cause = match hms_error_cause(error) {
                none if none.id == 0 => js.undefined(),
                cause => self.error(cause)?,
            };
            let (mut schema, mut data) = (hms_str_t::EMPTY, hms_buffer_t::EMPTY);
            let is_typed =
                hms_error_data(error, &mut schema, &mut data, std::ptr::null_mut()) == HMS_STATUS_OK;
            let bytes = match is_typed {
                true => js.buffer(bytes_of(data.data, data.len)),
                false => js.undefined(),
            };
            hms_buffer_release(&mut data);
            let parts = [
                self.own(error.id),
                js.int(hms_error_code(error)),
                js.text(str_of(hms_error_message(error))),
                js.text(str_of(hms_error_source(error))),
                js.text(str_of(hms_error_stack(error))),
                details,
                cause,
                js.text(str_of(schema)),
                bytes,
            ];
            js.call(js.kept(self.callbacks.error), &parts)
        }
    }

    /// Throws a failure to the JavaScript that called.
    pub fn throw(&self, failure: Failure) {
        let Failure(error) = failure;
        if let Some(error) = self.error(error) {
            self.js.throw(error);
        }
    }
}

/// The text of a panic, for INTERNAL.
pub fn panicked(panic: &(dyn std::any::Any + Send)) -> Failure {
    let text = panic
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("no message");
    failed(HMS_STATUS_INTERNAL, &format!("hmsffi met a bug of its own: {text}"))
}

pub fn c_text(text: *const std::ffi::c_char) -> &'static str {
    // SAFETY: static texts of the core.
    unsafe { CStr::from_ptr(text) }.to_str().unwrap_or("")
}
